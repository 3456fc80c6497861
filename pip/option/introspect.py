# Prints every option of one pip release as JSON, without reading any
# configuration: {"version", "commands": [{"name", "ignores_venv", "options"}],
# "line_options"}. Started as `python -I -c <this> DIRECTORY`, where DIRECTORY
# holds the `pip` package (or is a wheel of it).
import importlib
import json
import os
import sys

# Behind the standard library, so that nothing lying beside pip replaces it.
sys.path.append(sys.argv[1])
sys.modules.pop("pip", None)
for place in list(sys.path):
    if place != sys.argv[1] and os.path.isdir(os.path.join(place, "pip")):
        sys.path.remove(place)

import pip

if not os.path.abspath(pip.__file__).startswith(os.path.abspath(sys.argv[1])):
    raise SystemExit("another pip was imported: " + pip.__file__)


def describe(option):
    default = option.default
    if not isinstance(default, (bool, int, float)) and option.type != "choice":
        default = None
    if isinstance(default, (tuple, list, set, dict)):
        default = None
    return {
        "names": list(option._short_opts) + list(option._long_opts),
        "action": option.action,
        "dest": option.dest,
        "type": option.type,
        "choices": list(option.choices or []),
        "default": default,
    }


def options_of(parser):
    found = list(parser.option_list)
    for group in parser.option_groups:
        found.extend(group.option_list)
    return [describe(option) for option in found]


main_parser = importlib.import_module("pip._internal.cli.main_parser")
commands = importlib.import_module("pip._internal.commands")
req_file = importlib.import_module("pip._internal.req.req_file")

result = [
    {
        "name": "<global>",
        "ignores_venv": False,
        "options": options_of(main_parser.create_main_parser()),
    }
]
for name in commands.commands_dict:
    command = commands.create_command(name)
    result.append(
        {
            "name": name,
            "ignores_venv": bool(command.ignore_require_venv),
            "options": options_of(command.parser),
        }
    )
line_options = [
    describe(option())
    for option in req_file.SUPPORTED_OPTIONS + req_file.SUPPORTED_OPTIONS_REQ
]
json.dump(
    {"version": pip.__version__, "commands": result, "line_options": line_options},
    sys.stdout,
)
