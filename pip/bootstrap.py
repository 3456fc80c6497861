# Runs pip with the gate as its transport: `python bootstrap.py PIP WORD...`,
# where PIP is what would have been run: pip's script, its folder, its runner or
# its zip file. Every request of pip's session goes to the gate with its
# original URL, and what pip opens by itself (local files, wheels of its cache,
# repositories) is shown to the gate before it is used. pip starts only once the
# gate has seen that both ends of its session are wrapped.
import json
import os
import sys

VARIABLE = "THRESHER_TRANSPORT"
SETTINGS_TEXT = os.environ.pop(VARIABLE)
SETTINGS = json.loads(SETTINGS_TEXT)
HERE = os.path.abspath(__file__)
READY = "http://ready.thresher.invalid/"

# Nothing that lies beside this file or in the working directory is imported.
sys.path[:] = [place for place in sys.path if place and os.path.abspath(place) != os.path.dirname(HERE)]
# The guard of the environment has nothing to do here, nor in pip's children
# that are started by this file as well.
sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "thresher"]

NAMED = {os.path.realpath(path) for path in SETTINGS["named"] or ()}
RUNNERS = ("__pip-runner__.py", "__env_pip__.zip")


def root_of(program):
    """Give the place from which the pip that is meant is imported."""
    name = os.path.basename(program)
    if name == "__pip-runner__.py":
        return os.path.dirname(os.path.dirname(os.path.abspath(program)))
    if name == "__env_pip__.zip":
        return program
    if os.path.isdir(program):
        return os.path.dirname(os.path.abspath(program))
    return os.path.dirname(SETTINGS["package"])


class PipFinder:
    """Has pip come from one place, whatever else is called pip."""

    root = None

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "pip":
            return None
        from importlib.machinery import PathFinder
        return PathFinder.find_spec(name, [cls.root], target)


PROGRAM = sys.argv[1]
PipFinder.root = root_of(PROGRAM)
sys.meta_path.insert(0, PipFinder)

import functools
import hashlib
import hmac
import socket
import subprocess


def unproven(error):
    """End before pip's first word: thresher has another way, or stops."""
    sys.stderr.write("thresher: this pip cannot be followed: %s: %s\n" % (type(error).__name__, error))
    sys.stderr.flush()
    os._exit(125)


try:
    from pip._vendor import urllib3
    from pip._vendor.requests.adapters import HTTPAdapter
    from pip._vendor.requests.sessions import Session
    from pip._vendor.urllib3.connection import HTTPConnection
    from pip._vendor.urllib3.connectionpool import HTTPConnectionPool
    from pip._internal.cache import WheelCache
    from pip._internal.exceptions import InstallationError
    from pip._internal.network.session import PipSession
    from pip._internal.operations.prepare import RequirementPreparer
except Exception as error:
    unproven(error)


# --- the way to the gate ------------------------------------------------------

def connect():
    """Connect to the gate, which proves itself where another user of the
    machine could listen in its place."""
    if SETTINGS["socket"]:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(SETTINGS["socket"])
        return connection
    connection = socket.create_connection(("127.0.0.1", SETTINGS["port"]))
    nonce = os.urandom(16).hex()
    connection.sendall(("GET /-/proof HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nThresher-Nonce: %s\r\n\r\n" % (
        SETTINGS["port"], nonce)).encode())
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 64:
        part = connection.recv(4096)
        if not part or len(answer) > 8192:
            break
        answer += part
    proof = hmac.new(SETTINGS["secret"].encode(), b"gate\n" + nonce.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(answer.partition(b"\r\n\r\n")[2], proof.encode()):
        raise OSError("somebody else answers in the place of thresher's gate")
    return connection


class GateConnection(HTTPConnection):
    def _new_conn(self):
        return connect()


class GatePool(HTTPConnectionPool):
    ConnectionCls = GateConnection


POOL = GatePool("127.0.0.1", SETTINGS["port"], maxsize=16, block=False)


def ask(method, path, headers, body=None):
    """Ask the gate. The answer may take as long as the gate needs: pip's own
    --timeout and --retries hold between the gate and the index."""
    headers = dict(headers)
    headers["Thresher-Secret"] = SETTINGS["secret"]
    try:
        return POOL.urlopen(
            method, path, body=body, headers=headers, redirect=False, retries=False, assert_same_host=False,
            timeout=urllib3.Timeout(connect=None, read=None), preload_content=False, decode_content=False)
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise InstallationError("thresher's gate does not answer: %s" % error)


def answered(method, path, headers, body=None):
    """Ask the gate a question of the run's own; give the status and the words
    of the answer."""
    response = ask(method, path, headers, body)
    try:
        return response.status, response.read().decode("utf-8", "replace").strip()
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise InstallationError("thresher's gate does not answer: %s" % error)
    finally:
        response.release_conn()


class Checked:
    """The body of a large file, which is judged while it comes: its last byte
    is given out only once the gate has let the file through. A stop is an error
    that no pip catches, retries or resumes."""

    def __init__(self, body, ticket, length):
        self.body = body
        self.ticket = ticket
        self.length = length
        self.count = 0
        self.settled = False

    def __getattr__(self, name):
        return getattr(self.body, name)

    def settle(self):
        if self.settled:
            return
        self.settled = True
        status, words = answered("GET", "/-/verdict", {"Thresher-Ticket": self.ticket})
        if status != 200:
            raise InstallationError(words)
        if words != str(self.count):
            raise InstallationError("thresher's gate sent %s bytes, of which %d arrived" % (words, self.count))

    def seen(self, data, wanted):
        self.count += len(data)
        if self.count == self.length or not data and wanted != 0:
            self.settle()
        return data

    def take(self, read, amount):
        try:
            data = read() if amount is None else read(amount)
        except Exception:
            self.settle()
            raise
        return self.seen(data, amount)

    def read(self, amount=None):
        return self.take(self.body.read, amount)

    def read1(self, amount=-1):
        return self.take(self.body.read1, amount)

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)


# --- what is wrapped ------------------------------------------------------------

def send_to_gate(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
    """Stands for HTTPAdapter.send."""
    headers = dict(request.headers)
    headers["Thresher-Url"] = request.url
    headers["Thresher-For"] = REQUESTED_BY[-1].encode("ascii", "replace").decode().replace("\n", " ")
    response = ask(request.method, "/-/fetch", headers, request.body)
    stop = response.headers.pop("Thresher-Stop", None)
    if stop is not None:
        response.close()
        raise InstallationError(stop)
    ticket = response.headers.pop("Thresher-Ticket", None)
    if ticket is not None:
        length = response.headers.get("Content-Length", "")
        response._fp = Checked(response._fp, ticket, int(length) if length.isdigit() else -1)
    request.headers.pop("Thresher-Session", None)
    return self.build_response(request, response)


def wrap_session_send(original):
    @functools.wraps(original)
    def send(self, request, **options):
        if request.method == "GET":
            status, _ = answered("GET", "/-/cached", {"Thresher-Url": request.url})
            if status != 200:
                # Neither a page nor a file that the gate has not read itself
                # may come from pip's cache.
                request.headers["Cache-Control"] = "no-cache"
        request.headers["Thresher-Session"] = "1"
        return original(self, request, **options)
    return send


def wrap_get_adapter(original):
    @functools.wraps(original)
    def get_adapter(self, url):
        # Pages on this machine are pages: the gate judges them as well. pip
        # caches nothing of what it has by plain http.
        return original(self, "http://" if url.lower().startswith("file:") else url)
    return get_adapter


def show(link, origin="", requirement="", requested_by=""):
    """Show the gate what pip is about to use without fetching it."""
    if not origin and path_of(link) in NAMED:
        return
    words = {"link": link, "origin": origin, "requirement": requirement, "from": requested_by}
    status, answer = answered("POST", "/-/use", {"Content-Type": "application/json"}, json.dumps(words).encode())
    if status != 200:
        raise InstallationError(answer)


def path_of(link):
    """Give the path that a file URL names, links followed; None for another."""
    if not link.lower().startswith("file:"):
        return None
    from pip._internal.utils.urls import url_to_path
    return os.path.realpath(url_to_path(link.partition("#")[0]))


def file_url(path):
    from pip._internal.utils.urls import path_to_url
    return path_to_url(path)


# Who requires what pip is about to fetch, as pip writes it; the last counts.
REQUESTED_BY = [""]


def wrap_prepare(original):
    @functools.wraps(original)
    def prepare(self, req, *rest, **options):
        link = req.link
        requested_by = getattr(req.comes_from, "req", None) or req.comes_from or ""
        if link is not None:
            if not link.url.lower().startswith(("http:", "https:")):
                origin = getattr(req, "cached_wheel_source_link", None)
                show(link.url, origin.url if origin is not None else "", str(req.req or ""), str(requested_by))
            elif self.download_dir:
                # What lies there already is taken without being fetched.
                there = os.path.join(self.download_dir, link.filename)
                if os.path.exists(there):
                    show(file_url(there), link.url, str(req.req or ""), str(requested_by))
        REQUESTED_BY.append(str(requested_by))
        try:
            return original(self, req, *rest, **options)
        finally:
            REQUESTED_BY.pop()
    return prepare


def wrap_cache(original):
    @functools.wraps(original)
    def get(self, link, *rest, **options):
        entry = original(self, link, *rest, **options)
        found = getattr(entry, "link", entry)
        if found is not None and found is not link:
            show(found.url, link.url)
        return entry
    return get


def is_pip_program(word):
    return os.path.basename(word) in RUNNERS or (
        os.path.isdir(word) and os.path.isfile(os.path.join(word, "__main__.py")) and os.path.basename(word) == "pip")


def wrap_popen(original):
    @functools.wraps(original)
    def start(self, args, *rest, **options):
        # pip hands its indexes to the pips that it starts on their command
        # line, so that no variable could lead them to the gate.
        if isinstance(args, (list, tuple)) and len(args) > 2 and is_pip_program(os.fspath(args[1])):
            args = [args[0], HERE] + list(args[1:])
            environment = dict(os.environ if options.get("env") is None else options["env"])
            environment[VARIABLE] = SETTINGS_TEXT
            options["env"] = environment
        return original(self, args, *rest, **options)
    return start


def wrap():
    HTTPAdapter.send = send_to_gate
    Session.send = wrap_session_send(Session.send)
    Session.get_adapter = wrap_get_adapter(Session.get_adapter)
    RequirementPreparer.prepare_linked_requirement = wrap_prepare(RequirementPreparer.prepare_linked_requirement)
    lookup = "get_cache_entry" if hasattr(WheelCache, "get_cache_entry") else "get"
    setattr(WheelCache, lookup, wrap_cache(getattr(WheelCache, lookup)))
    subprocess.Popen.__init__ = wrap_popen(subprocess.Popen.__init__)


def prove():
    """Show the gate that a request of pip's own kind of session reaches it
    through both wraps."""
    if PipSession.send is not Session.send or PipSession.get_adapter is not Session.get_adapter:
        raise ImportError("pip's session sends by itself")
    with Session() as session:
        answer = session.get(READY)
    if answer.status_code != 200 or answer.url != READY:
        raise ImportError("the gate did not see pip's session")


try:
    wrap()
    prove()
except Exception as error:
    unproven(error)
del sys.argv[0]
if PROGRAM == SETTINGS["program"]:
    sys.argv[0] = SETTINGS["argv0"]

from pip._internal.cli.main import main

sys.exit(main())
