# Runs at every start of this environment's Python: from thresher-guard.pth up
# to Python 3.14, as _thresher_start.py from 3.15 on (PEP 829). It must cost
# next to nothing: up to 3.14 it is compiled anew each time, so every word
# counts. It stands first in sys.meta_path to see when pip or what makes
# environments is imported; _thresher_guard.py in the same directory does the
# rest, and where that is missing the import fails. It is looked for in
# `directory` alone, which stands before this: `python -m pip` would take one
# that lies in the working directory.
import sys

thresher = lambda name, path=None, target=None: (
    (sys.path.insert(0, directory), __import__("_thresher_guard"), sys.path.pop(0))[1].find_spec(thresher, name, path, target)
    if name in {"pip", "pip._internal.cli.main", "pip._internal.cli.base_command", "venv", "virtualenv.run.session"} else None)
thresher.find_spec = thresher
sys.meta_path.insert(0, thresher)
