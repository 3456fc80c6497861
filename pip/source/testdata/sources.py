# Prints what the pip in the wheel given makes of requirement sources: for each
# JSON line {"dir", "env", "args"} on standard input one line with the
# requirements and the finder's state, or how pip would end. Started as
# `python -I sources.py WHEEL`.
import contextlib
import io
import json
import logging
import os
import ssl
import sys

sys.path.insert(0, sys.argv[1])
sys.argv = ["pip"]
logging.disable(logging.CRITICAL)

import pip  # noqa: E402
from pip._internal.commands import create_command  # noqa: E402
from pip._internal import exceptions  # noqa: E402
from pip._internal.cli import req_command  # noqa: E402
from pip._internal.exceptions import CommandError, InstallationError  # noqa: E402
from pip._internal.network import session as network_session  # noqa: E402

# No connection is made: reading the certificates would take most of the time,
# and so would starting the programs that describe the machine.
ssl.SSLContext.load_verify_locations = lambda *args, **kwargs: None
network_session.user_agent = lambda: "pip"


# Before 20.1 there was none.
NetworkConnectionError = getattr(exceptions, "NetworkConnectionError", OSError)


class Collected:
    """Keeps requirements in order, where pips before 20.2 merge them at once."""

    def __init__(self, **kwargs):
        self.unnamed_requirements = []
        self.requirements = {}

    @property
    def all_requirements(self):
        return self.unnamed_requirements

    def add_requirement(self, req):
        self.unnamed_requirements.append(req)


def requirements_of(command, rest, options, finder, session):
    if hasattr(command, "get_requirements"):
        if hasattr(req_command, "RequirementSet"):
            req_command.RequirementSet = Collected
        return command.get_requirements(rest, options, finder, session)
    collected = Collected()
    command.populate_requirement_set(collected, rest, options, finder, session, None)
    return collected.unnamed_requirements


def hashes_of(req):
    if hasattr(req, "hash_options"):
        return req.hash_options or {}
    return req.options.get("hashes", {})


def describe(req):
    parsed = req.req
    return {
        "name": parsed.name if parsed is not None else "",
        "specifier": str(parsed.specifier) if parsed is not None else "",
        "extras": sorted(req.extras),
        "marker": str(req.markers) if req.markers is not None else "",
        "applies": bool(req.match_markers()),
        "url": req.link.url if req.link is not None else "",
        "editable": bool(req.editable),
        "constraint": bool(req.constraint),
        "hashes": sorted(
            "%s:%s" % (algorithm, digest)
            for algorithm, digests in hashes_of(req).items()
            for digest in digests
        ),
        "settings": {
            key: "\n".join(value) if isinstance(value, list) else value
            for key, value in (getattr(req, "config_settings", None) or {}).items()
        },
    }


def collect(args):
    command = create_command("install")
    # The lists that pip's options start from are shared by all parsers.
    for option in command.parser.option_list_all:
        if isinstance(option.default, list):
            option.default.clear()
    with command.main_context():
        options, rest = command.parse_args(args)
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        requirements = requirements_of(command, rest, options, finder, session)
        return {
            "requirements": [describe(r) for r in requirements],
            "indexes": finder.index_urls,
            "find_links": finder.find_links,
            "hosts": [host for host, _ in session.pip_trusted_origins],
            "require_hashes": bool(options.require_hashes),
            "no_binary": sorted(finder.format_control.no_binary),
            "only_binary": sorted(finder.format_control.only_binary),
        }


def answer(case):
    os.chdir(case["dir"])
    os.environ.clear()
    os.environ.update(case["env"])
    usage = io.StringIO()
    try:
        with contextlib.redirect_stderr(usage):
            return collect(case["args"])
    except (InstallationError, CommandError, NetworkConnectionError, OSError) as error:
        return {"status": 1, "message": str(error), "kind": type(error).__name__}
    except SystemExit as error:
        return {"status": error.code, "message": usage.getvalue(), "kind": "exit"}
    except Exception as error:
        if type(error).__name__ == "InvalidEggFragment":
            return {"status": 1, "message": str(error), "kind": type(error).__name__}
        return {"status": 2, "message": str(error), "kind": type(error).__name__}


def environment():
    from pip._vendor.packaging.markers import default_environment

    return default_environment()


print(json.dumps({"pip": pip.__version__, "markers": environment()}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
