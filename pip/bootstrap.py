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
READY = ("http://ready.thresher.invalid/", "https://ready.thresher.invalid/")

# Nothing that lies beside this file or in the working directory is imported.
sys.path[:] = [place for place in sys.path if place and os.path.abspath(place) != os.path.dirname(HERE)]
# The guard of the environment has nothing to do here, nor in pip's children
# that are started by this file as well. It is a function that is its own
# find_spec.
sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "find_spec", None) is not finder]

NAMED = {os.path.realpath(path) for path in SETTINGS["named"] or ()}
RUNNERS = ("__pip-runner__.py", "__env_pip__.zip")
IN_ZIP = os.path.join("__env_pip__.zip", "pip")  # how pip 21.1 to 22.1 start the zip file of themselves
BUILDS = SETTINGS["builds"]
REPOSITORY_PROGRAMS = ("git", "hg", "svn", "bzr")


def root_of(program):
    """Give the place from which the pip that is meant is imported."""
    name = os.path.basename(program)
    if name == "__pip-runner__.py":
        return os.path.dirname(os.path.dirname(os.path.abspath(program)))
    if name == "__env_pip__.zip":
        return program
    if program.endswith(IN_ZIP):
        return os.path.dirname(program)
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

import fnmatch
import functools
import hashlib
import hmac
import logging
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from urllib.parse import quote


def unproven(error):
    """End before pip's first word: thresher has another way, or stops."""
    sys.stderr.write("thresher: this pip cannot be followed: %s: %s\n" % (type(error).__name__, error))
    sys.stderr.flush()
    os._exit(125)


try:
    from pip._vendor import urllib3
    from pip._vendor.requests import sessions
    from pip._vendor.requests.adapters import HTTPAdapter
    from pip._vendor.requests.sessions import Session
    from pip._vendor.urllib3.connection import HTTPConnection
    from pip._vendor.urllib3.connectionpool import HTTPConnectionPool
    from pip._internal import req as requirements
    from pip._internal import wheel_builder
    from pip._internal.cache import WheelCache
    from pip._internal.exceptions import InstallationError
    from pip._internal.network import auth
    from pip._internal.network import session as session_module
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
ASKING = threading.local()


class WithoutGate(logging.Filter):
    """Keeps what urllib3 says of the way to the gate out of pip's --verbose."""

    def filter(self, record):
        return not getattr(ASKING, "now", False)


LOGGER = logging.getLogger("pip._vendor.urllib3.connectionpool")
for logger in (LOGGER, logging.getLogger("pip._vendor.urllib3.util.retry")):
    logger.addFilter(WithoutGate())


def ask(method, path, headers, body=None):
    """Ask the gate. The answer may take as long as the gate needs: pip's own
    --timeout and --retries hold between the gate and the index."""
    headers = dict(headers)
    headers["Thresher-Secret"] = SETTINGS["secret"]
    ASKING.now = True
    try:
        return POOL.urlopen(
            method, path, body=body, headers=headers, redirect=False, retries=False, assert_same_host=False,
            timeout=urllib3.Timeout(connect=None, read=None), preload_content=False, decode_content=False)
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise InstallationError("thresher's gate does not answer: %s" % error)
    finally:
        ASKING.now = False


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


class Failures(logging.Handler):
    """Tells the gate what pip says of its failure, for thresher to say why."""

    def emit(self, record):
        if record.levelno < logging.ERROR and "conflict is caused by" not in str(record.msg):
            return
        if getattr(ASKING, "now", False):
            return
        try:
            words = json.dumps(record.getMessage()).encode()
            answered("POST", "/-/failed", {"Content-Type": "application/json"}, words)
        except InstallationError:
            pass  # the gate has gone, and with it who would say it


# pip sets the root logger up anew, and leaves this one as it is.
logging.getLogger("pip").addHandler(Failures())


# --- what is wrapped ------------------------------------------------------------

def send_to_gate(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
    """Stands for HTTPAdapter.send."""
    headers = dict(request.headers)
    headers["Thresher-Url"] = request.url
    response = ask(request.method, "/-/fetch", headers, request.body)
    stop = response.headers.pop("Thresher-Stop", None)
    if stop is not None:
        response.close()
        raise InstallationError(stop)
    ticket = response.headers.pop("Thresher-Ticket", None)
    if ticket is not None:
        length = response.headers.get("Content-Length", "")
        response._fp = Checked(response._fp, ticket, int(length) if length.isdigit() else -1)
    where = urllib3.util.parse_url(request.url)
    LOGGER.debug(
        '%s://%s:%s "%s %s HTTP/1.1" %s %s', where.scheme, where.host, where.port or (443 if where.scheme == "https" else 80),
        request.method, where.request_uri, response.status, response.headers.get("Content-Length"))
    return self.build_response(request, response)


def may_be_cached(session, url):
    """Tell whether pip's cache could answer for an address with a file. What ends
    in a slash is a page, metadata counts from nowhere but its index, and of what
    comes by plain http pip keeps nothing."""
    path = url.partition("#")[0].partition("?")[0]
    return not path.endswith(("/", ".metadata")) and hasattr(session.get_adapter(url), "cache")


def wrap_session_send(original):
    @functools.wraps(original)
    def send(self, request, **options):
        request.headers["Thresher-Session"] = "1"
        if request.method == "GET":
            if may_be_cached(self, request.url) and answered("GET", "/-/cached", {"Thresher-Url": request.url})[0] == 200:
                response = original(self, request, **dict(options, allow_redirects=False))
                if not response.is_redirect:
                    return response
                # One that pip keeps for ever leads where the gate knows nothing of.
                response.close()
            # Neither a page nor a file that the gate has not read itself may
            # come from pip's cache.
            request.headers["Cache-Control"] = "no-cache"
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
    # pip's own reading of the address counts, in bytes: others unquote differently.
    path = "" if not link.lower().startswith("file:") else quote(os.fsencode(opened_path(link)))
    words = {"link": link, "path": path, "origin": origin, "requirement": requirement, "from": requested_by}
    status, answer = answered("POST", "/-/use", {"Content-Type": "application/json"}, json.dumps(words).encode())
    if status != 200:
        raise InstallationError(answer)


def path_of(link):
    """Give the path that a file URL names, links followed; None for another."""
    return os.path.realpath(opened_path(link)) if link.lower().startswith("file:") else None


def opened_path(link):
    """Give the path that pip opens for a file URL."""
    from pip._internal.utils.urls import url_to_path
    return os.path.abspath(url_to_path(link.partition("#")[0]))


def file_url(path):
    from pip._internal.utils.urls import path_to_url
    return path_to_url(path)


def wrap_prepare(original):
    @functools.wraps(original)
    def prepare(self, req, *rest, **options):
        link = req.link
        if link is not None:
            requested_by = getattr(req.comes_from, "req", None) or req.comes_from or ""
            if not link.url.lower().startswith(("http:", "https:")):
                origin = getattr(req, "cached_wheel_source_link", None)
                show(link.url, origin.url if origin is not None else "", str(req.req or ""), str(requested_by))
            elif self.download_dir:
                # What lies there already is taken without being fetched.
                there = os.path.join(self.download_dir, link.filename)
                if os.path.exists(there):
                    show(file_url(there), link.url, str(req.req or ""), str(requested_by))
        return original(self, req, *rest, **options)
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


def wrap_install(original):
    """Show the gate all wheels that are about to be installed, before the first
    file of them is."""
    @functools.wraps(original)
    def install(requirements, *rest, **options):
        wheels = []
        for req in requirements:
            path = getattr(req, "local_file_path", None)
            if req.link is None or not req.link.is_wheel or not path:
                continue
            source = getattr(req, "cached_wheel_source_link", None) or getattr(req, "original_link", None)
            wheels.append({
                "name": req.name, "path": quote(os.fsencode(os.path.abspath(path))), "link": req.link.url,
                "source": source.url if source is not None else "", "editable": bool(req.editable)})
        elsewhere = any(options.get(place) for place in ("root", "home", "prefix", "use_user_site"))
        status, answer = answered(
            "POST", "/-/install", {"Content-Type": "application/json"},
            json.dumps({"elsewhere": elsewhere, "wheels": wheels}).encode())
        if status != 200:
            raise InstallationError(answer)
        return original(requirements, *rest, **options)
    return install


def is_pip_program(word):
    return os.path.basename(word) in RUNNERS or word.endswith(IN_ZIP) or (
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
        else:
            self.thresher_build = build_of(args, options)
            options = with_own_proxy(self.thresher_build, options)
            if BUILDS["prefix"] or BUILDS["hidden"] or BUILDS["fetching"]:
                args, options = with_less(args, options)
        return original(self, args, *rest, **options)
    return start


# --- the sandbox of builds --------------------------------------------------------

def words_of(args, options):
    """Give the words that Popen runs, and the program that it looks for."""
    if options.get("shell"):
        shell = options.get("executable") or "/bin/sh"
        args = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
        return [shell, "-c"] + [os.fsdecode(word) for word in args], shell
    words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
    words = [os.fsdecode(word) for word in words]
    return words, os.fsdecode(options.get("executable") or words[0])


def build_of(args, options):
    """Give the folder of the source that a program builds, None for another
    kind of program."""
    words, _ = words_of(args, options)
    if any("setup.py" in word or os.path.basename(word) in ("_in_process.py", "in_process.py") for word in words):
        return os.path.realpath(os.fsdecode(options.get("cwd") or os.curdir))
    return None


def name_of(folder):
    """Give the canonical name of what pip unpacked into a folder (pip 20.0
    names it NAME, pip 20.3 and later NAME_HASH), None for another folder."""
    parts = folder.split(os.sep)
    for at, part in enumerate(parts[:-1]):
        if part.startswith("pip-install-"):
            name = re.sub(r"_[0-9a-f]{32}$", "", parts[at + 1])
            return re.sub(r"[-_.]+", "-", name).lower()
    return None


def with_own_proxy(folder, options):
    """Give a build the proxy under a name of its own, by which the gate knows
    whose build asks."""
    name = folder and (name_of(folder) or (BUILDS["names"] or {}).get(folder))
    if not name or not BUILDS["proxy"]:
        return options
    scheme, _, rest = BUILDS["proxy"].partition("://")
    login, _, host = rest.rpartition("@")
    user, _, secret = login.partition(":")
    password = hmac.new(secret.encode(), b"build\n" + name.encode(), hashlib.sha256).hexdigest()
    environment = dict(os.environ if options.get("env") is None else options["env"])
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        environment[variable] = "%s://%s-%s:%s@%s" % (scheme, user, name, password, host)
    return dict(options, env=environment)


def is_open(folder):
    """Tell whether what is built from a folder was let out of the sandbox."""
    if folder is None:
        return False
    name = name_of(folder)
    return (name is not None and any(fnmatch.fnmatchcase(name, pattern) for pattern in BUILDS["open"] or ())) or any(
        folder == own or folder.startswith(own + os.sep) for own in BUILDS["open_folders"] or ())


def installs_by_itself(words):
    """Tell whether setup.py writes to the environment itself, as pips before
    23.1 have it where there is no wheel."""
    return any("setup.py" in word for word in words) and ("install" in words or "develop" in words)


def with_less(args, options):
    """Give what starts a program where it sees less than pip does."""
    words, program = words_of(args, options)
    fetches = os.path.basename(program) in REPOSITORY_PROGRAMS and BUILDS["repositories"]
    environment = dict(os.environ if options.get("env") is None else options["env"])
    for name in (BUILDS["hidden"] or []) + ([] if fetches else BUILDS["fetching"] or []):
        environment.pop(name, None)
    options = dict(options, env=environment)
    prefix = BUILDS["prefix"]
    if not prefix or fetches or is_open(build_of(args, options)):
        return args, options
    if installs_by_itself(words) and BUILDS["installing"]:
        sys.stderr.write("thresher: setup.py installs by itself here, and may write to the environment\n")
        prefix = BUILDS["installing"]
    found = program if os.sep in program else shutil.which(program, path=environment.get("PATH"))
    if found is None:
        return args, options  # nothing is started
    # A pip that is started there cannot write to the cache of this one.
    environment["PIP_CACHE_DIR"] = os.path.join(tempfile.gettempdir(), "pip-cache")
    options.pop("shell", None)
    options.pop("executable", None)
    return prefix + [found] + words, options


def wrap_wheel_build(original):
    """Have a back end put its wheel into the run's own folder, where pip from
    26.0 on names one in its cache."""
    @functools.wraps(original)
    def build(*rest, **options):
        wanted = options.get("wheel_directory")
        if wanted is None:
            return original(*rest, **options)
        with tempfile.TemporaryDirectory() as own:
            built = original(*rest, **dict(options, wheel_directory=own))
            return built and shutil.move(built, os.path.join(wanted, os.path.basename(built)))
    return build


def wrap_wait(original):
    @functools.wraps(original)
    def wait(self, *rest, **options):
        status = original(self, *rest, **options)
        folder = getattr(self, "thresher_build", None)
        if status and folder is not None and BUILDS["failed"] and not is_open(folder):
            self.thresher_build = None
            with open(BUILDS["failed"], "a") as failed:
                failed.write(json.dumps({"name": name_of(folder), "folder": folder}) + "\n")
        return status
    return wait


def no_netrc(url, raise_errors=False):
    """Stands for get_netrc_auth: netrc is read by thresher, and its entries are
    put on by the gate."""
    return None


def wrap():
    for module in (sessions, auth):
        module.get_netrc_auth = no_netrc
    HTTPAdapter.send = send_to_gate
    Session.send = wrap_session_send(Session.send)
    Session.get_adapter = wrap_get_adapter(Session.get_adapter)
    RequirementPreparer.prepare_linked_requirement = wrap_prepare(RequirementPreparer.prepare_linked_requirement)
    lookup = "get_cache_entry" if hasattr(WheelCache, "get_cache_entry") else "get"
    setattr(WheelCache, lookup, wrap_cache(getattr(WheelCache, lookup)))
    requirements.install_given_reqs = wrap_install(requirements.install_given_reqs)
    subprocess.Popen.__init__ = wrap_popen(subprocess.Popen.__init__)
    subprocess.Popen.wait = wrap_wait(subprocess.Popen.wait)
    if BUILDS["prefix"]:
        for name in ("build_wheel_pep517", "build_wheel_editable"):
            if hasattr(wheel_builder, name):
                setattr(wheel_builder, name, wrap_wheel_build(getattr(wheel_builder, name)))


def prove():
    """Show the gate that what pip's own session sends, by either scheme, reaches
    it through both wraps."""
    if PipSession.send is not Session.send or PipSession.get_adapter is not Session.get_adapter:
        raise ImportError("pip's session sends by itself")
    # What pip says of itself takes it a while to find out.
    user_agent, session_module.user_agent = session_module.user_agent, lambda: "pip"
    try:
        with PipSession(retries=0) as session:
            session.auth, session.trust_env = None, False
            for place in READY:
                answer = session.get(place)
                if answer.status_code != 200 or answer.url != place:
                    raise ImportError("the gate did not see pip's session")
    finally:
        session_module.user_agent = user_agent


try:
    wrap()
    prove()
except Exception as error:
    unproven(error)
del sys.argv[0]
if PROGRAM == SETTINGS["program"]:
    sys.argv[0] = SETTINGS["argv0"]

from pip._internal.cli import main as entry

# Since 26.3 pip's scripts enter by cli(), which keeps what was just installed
# from being imported.
sys.exit(getattr(entry, "cli", entry.main)())
