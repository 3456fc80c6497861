# Runs at every start of this environment's Python: from thresher-guard.pth up
# to Python 3.14, as _thresher_start.py from 3.15 on (PEP 829). It must cost
# next to nothing: up to 3.14 it is compiled anew each time, so every word
# counts. _thresher_guard.py in the same directory does the rest; where that is
# missing, pip ends with the error of the import.
import sys

# Stands first in sys.meta_path to see what is imported: pip in a process that
# was not called as pip, and the makers of environments.
thresher = lambda name, path=None, target=None: (
    __import__("_thresher_guard").find_spec(thresher, name, path, target)
    if name in ("", "pip._internal.cli.main", "venv", "virtualenv.run.session") else None)
thresher.find_spec = thresher
sys.meta_path.insert(0, thresher)

# pip, pip3.11, -mpip, bin/pip, site-packages/pip and so on. A pip that this
# does not know is seen when it imports itself.
for word in sys.orig_argv:
    if word.rstrip(".0123456789").endswith(("pip", "-runner__.py", "pip/__main__.py")):
        thresher("")
        break
