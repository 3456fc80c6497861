# Runs at every start of this environment's Python: from thresher-guard.pth up
# to Python 3.14, as _thresher_start.py from 3.15 on (PEP 829). It must cost
# next to nothing: up to 3.14 it is compiled anew each time, so every word
# counts. It stands first in sys.meta_path to see when pip or what makes
# environments is imported; _thresher_guard.py in the same directory does the
# rest, and where that is missing the import fails.
import sys

thresher = lambda name, path=None, target=None: (
    __import__("_thresher_guard").find_spec(thresher, name, path, target)
    if name in {"pip", "pip._internal.cli.main", "venv", "virtualenv.run.session"} else None)
thresher.find_spec = thresher
sys.meta_path.insert(0, thresher)
