# Lets a real pip read command lines up to the point where it has collected its
# requirements: `python -I collect.py PLACE`, where PLACE is the directory or
# wheel that holds the pip package. Each line of standard input is a case as
# JSON: {"argv", "environ": [[name, value]…], "dir", "prefix"}; each line of
# standard output is what that pip made of it.
import contextlib
import importlib.machinery
import io
import json
import os
import sys
import tempfile

place = sys.argv[1]
answers = os.dup(1)


class PipFinder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "pip":
            return importlib.machinery.PathFinder.find_spec(name, [place], target)
        return None


sys.meta_path.insert(0, PipFinder)

import optparse
import subprocess

import pip._internal.cli.main as main
import pip._internal.cli.main_parser as main_parser
import pip._internal.cli.req_command as req_command
import pip._internal.commands as commands
import pip._internal.commands.download
import pip._internal.commands.install
import pip._internal.commands.uninstall
import pip._internal.commands.wheel
from pip._internal.req.req_install import InstallRequirement

try:
    import pip._internal.commands.lock
except ImportError:
    pass
for optional in ("pip._internal.req.req_set", "pip._internal.utils.pylock"):
    with contextlib.suppress(ImportError):
        importlib.import_module(optional)

# A new release of pip is nobody's business here.
with contextlib.suppress(ImportError):
    self_check = importlib.import_module("pip._internal.self_outdated_check")
    for module in [self_check, req_command, sys.modules.get("pip._internal.cli.index_command")]:
        for name in list(vars(module)) if module else []:
            if name.startswith("pip_self_version_check"):
                setattr(module, name, lambda *_, **__: None)

report = None


def finish(**answer):
    global report
    sys.stdout.flush()
    os.write(report, json.dumps(answer).encode())
    os._exit(0)


def describe(req):
    link = req.link.url if req.link else None
    hashes = []
    options = getattr(req, "hash_options", None)
    if options is None:
        options = (getattr(req, "options", None) or {}).get("hashes", {})
    for algorithm, digests in options.items():
        hashes.extend(algorithm + ":" + digest for digest in digests)
    return {
        "name": req.req.name if req.req else None,
        "specifier": str(req.req.specifier) if req.req else "",
        "url": link,
        "extras": sorted(req.extras),
        "applies": bool(req.match_markers()),
        "constraint": bool(req.constraint),
        "editable": bool(req.editable),
        "hashes": sorted(hashes),
    }


def plain(value):
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    names = getattr(value, "__slots__", None) or getattr(value, "__dict__", {})
    if names:
        return {
            name: plain(getattr(value, name))
            for name in names
            if not name.startswith("_")
        }
    return str(value)


def child_values():
    # What a pip that this one starts in a build environment begins with.
    command = commands.create_command("install")
    try:
        values = command.parser.get_default_values()
    except SystemExit as ended:
        return {"exit": ended.code}
    except Exception as refused:
        return {"exit": str(refused)}
    return {name: plain(value) for name, value in vars(values).items()}


def collected(self, requirements, options, finder, args):
    scope = finder.search_scope if finder is not None else None
    finish(
        outcome="requirements",
        command=self.name,
        requirements=[describe(req) for req in requirements],
        indexes=list(scope.index_urls) if scope else [],
        find_links=list(scope.find_links) if scope else [],
        no_index=None if not hasattr(scope, "no_index") else bool(scope.no_index),
        trusted=sorted(finder.trusted_hosts) if finder is not None else [],
        options={name: plain(value) for name, value in vars(options).items()},
        args=args,
        child=child_values(),
    )


requirement_command = req_command.RequirementCommand
if hasattr(requirement_command, "populate_requirement_set"):
    populate = requirement_command.populate_requirement_set

    def populate_then_stop(self, requirement_set, args, options, finder, *rest, **named):
        found = []
        requirement_set.add_requirement = lambda req, *_, **__: found.append(req) or ([], None)
        populate(self, requirement_set, args, options, finder, *rest, **named)
        collected(self, found, options, finder, args)

    requirement_command.populate_requirement_set = populate_then_stop
else:
    collect = requirement_command.get_requirements

    def collect_then_stop(self, args, options, finder, *rest, **named):
        found = []
        requirement_set = getattr(req_command, "RequirementSet", None)
        if requirement_set is not None:
            # Up to 20.1 the set already merges and drops.
            requirement_set.add_requirement = lambda self, req, *_, **__: (
                found.append(req) or ([], None)
            )
        requirements = collect(self, args, options, finder, *rest, **named)
        if requirement_set is not None:
            requirements = found
        collected(self, requirements, options, finder, args)

    requirement_command.get_requirements = collect_then_stop

removed = []
InstallRequirement.uninstall = lambda self, *_, **__: removed.append(self)
run_uninstall = pip._internal.commands.uninstall.UninstallCommand.run


def uninstall_then_stop(self, options, args):
    run_uninstall(self, options, args)
    finish(
        outcome="requirements",
        command="uninstall",
        requirements=[describe(req) for req in removed],
        indexes=[],
        find_links=[],
        no_index=False,
        trusted=[],
        options={},
        args=args,
        child={},
    )


pip._internal.commands.uninstall.UninstallCommand.run = uninstall_then_stop

if hasattr(main_parser, "subprocess"):

    class Reinvoked:
        SubprocessError = subprocess.SubprocessError

        @staticmethod
        def run(words, *_, **__):
            finish(outcome="reinvoke", interpreter=words[0], argv=words[2:])

    main_parser.subprocess = Reinvoked

create = commands.create_command
harmless = ("install", "download", "wheel", "lock", "uninstall")


def create_or_stop(name, **named):
    if name not in harmless:
        finish(outcome="other-command", command=name)
    return create(name, **named)


commands.create_command = create_or_stop
if hasattr(main, "create_command"):
    main.create_command = create_or_stop


def run_case(case, output):
    global report
    report = output
    os.chdir(case["dir"])
    os.environ.clear()
    for name, value in case["environ"]:
        os.environ[name] = value
    sys.argv = ["pip"] + case["argv"]
    sys.prefix = case["prefix"]
    if case.get("base"):
        sys.base_prefix = case["base"]
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        status = 0
        try:
            status = main.main()
        except SystemExit as ended:
            status = ended.code if ended.code is not None else 0
        except BaseException:
            # As the interpreter does with what nobody caught.
            import traceback

            traceback.print_exc()
            status = 1
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        err.seek(0)
        message = err.read().decode("utf-8", "replace")
        if isinstance(status, str):
            status = 1
        finish(outcome="exit", rc=status, stderr=message[-600:])


for line in sys.stdin:
    case = json.loads(line)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        run_case(case, write)
    os.close(write)
    pieces = []
    while True:
        piece = os.read(read, 1 << 16)
        if not piece:
            break
        pieces.append(piece)
    os.close(read)
    os.waitpid(child, 0)
    os.write(answers, b"".join(pieces).replace(b"\n", b" ") + b"\n")
