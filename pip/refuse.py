# Runs pip with the words given, but ends it where it would start to work:
# `python -c <this> PACKAGE COMMANDS ARGV0 WORD...`. PACKAGE is the directory
# of the pip package, COMMANDS the names of the commands that may be reached.
import sys

# The working directory has no say in what is imported.
sys.path[:] = [place for place in sys.path if place]

import importlib.machinery
import os

package, commands, *sys.argv = sys.argv[1:]
known = set(commands.split(","))


class PipFinder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "pip":
            return importlib.machinery.PathFinder.find_spec(
                name, [os.path.dirname(package)], target
            )
        return None


sys.meta_path.insert(0, PipFinder)


def disagree(*_, **__):
    sys.stdout.flush()
    sys.stderr.write(
        "thresher: pip takes this command line differently, so nothing was run\n"
    )
    sys.stderr.flush()
    os._exit(125)


import pip._internal.cli.main as main
import pip._internal.cli.main_parser as main_parser
import pip._internal.cli.req_command as req_command
import pip._internal.commands as all_commands

requirements = req_command.RequirementCommand
for method in ("get_requirements", "populate_requirement_set"):
    collect = getattr(requirements, method, None)
    if collect is not None:

        def stop(*arguments, _collect=collect, **named):
            _collect(*arguments, **named)
            disagree()

        setattr(requirements, method, stop)

create = all_commands.create_command


def create_known(name, **named):
    if name not in known:
        disagree()
    return create(name, **named)


all_commands.create_command = create_known
if hasattr(main, "create_command"):
    main.create_command = create_known

identify = getattr(main_parser, "identify_python_interpreter", None)
if identify is not None:

    def identify_none(python):
        if identify(python) is not None:
            disagree()
        return None

    main_parser.identify_python_interpreter = identify_none

sys.exit(main.main())
