# Runs many commands of one pip in one process, up to what would be installed.
# Started as `python -I -S resolve.py PIP-FOLDER`; reads a JSON object a line with
# the site directory, the words of the command and the working directory, and
# answers each with what pip printed, its status, and what it would install.
import io
import json
import os
import sys

pip_folder = sys.argv[1]
sys.path.insert(0, pip_folder)
plain = list(sys.path)
os.environ["PIP_CONFIG_FILE"] = os.devnull
os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
stdin, stdout = sys.stdin, sys.stdout

from pip._internal.cli import main as entry
from pip._internal.commands import install

would = []


def pretend(requirements, *args, **kwargs):
    for item in list(requirements):
        would.append(getattr(item, "name", None) or item[0])
    return []


install.install_given_reqs = pretend
install.check_externally_managed = lambda: None
try:
    from pip._internal.metadata import select_backend

    importlib = select_backend().__name__.endswith("importlib")
except ImportError:
    importlib = False
from pip._internal.utils.compatibility_tags import get_supported

print(json.dumps({"tags": [str(tag) for tag in get_supported()], "importlib": importlib}), flush=True)
for line in stdin:
    task = json.loads(line)
    sys.path[:] = plain + [task["site"]]
    if not importlib:
        from pip._vendor import pkg_resources

        pkg_resources.working_set = pkg_resources.WorkingSet(sys.path)
    os.chdir(task["dir"])
    del would[:]
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        status = entry.main(task["args"])
    except SystemExit as end:
        status = end.code
    finally:
        said, complained = sys.stdout.getvalue(), sys.stderr.getvalue()
        sys.stdout, sys.stderr = stdout, sys.__stderr__
    print(json.dumps({"status": status, "would": would, "stdout": said, "stderr": complained}), flush=True)
