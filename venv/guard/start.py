# Runs at every start of this environment's Python: in thresher-guard.pth up to
# Python 3.14, as _thresher_start.py from 3.15 on (PEP 829). It must cost next
# to nothing, so it imports nothing and only asks whether pip is being called;
# _thresher_guard.py beside it does the rest.
import sys


def pip_is_called():
    words = getattr(sys, "orig_argv", None)
    if words is None:
        # Python 3.8 and 3.9 keep no copy of their command line.
        try:
            with open("/proc/self/cmdline", "rb") as cmdline:
                return b"pip" in cmdline.read()
        except OSError:
            return True
    for word in words[1:]:
        # pip, pip3.11, -mpip, bin/pip, pip.exe, site-packages/pip and so on
        if word.replace(".exe", "").rstrip(".0123456789").endswith(PIP):
            return True
    return False


PIP = (
    "pip", "pip-script.py", "pip.pyz", "pip.__main__", "pip/__main__.py", "pip\\__main__.py", "__pip-runner__.py",
    "pip.__pip-runner__", ".whl",
)

# What is looked at when it is imported: pip in a process that was not called
# as pip, and the makers of environments.
MODULES = ("pip._internal.cli.main", "venv", "virtualenv.run.session")


def load_guard():
    path = site_directory + "/_thresher_guard.py"
    try:
        with open(path, encoding="utf-8") as source:
            code = compile(source.read(), path, "exec")
    except OSError:
        sys.stderr.write("thresher: the guard in %s is broken: %s is missing; next: thresher guard %s\n" % (
            site_directory, path, sys.prefix))
        sys.stderr.flush()
        import os
        os._exit(125)
    guard = {"__name__": "_thresher_guard", "__file__": path}
    exec(code, guard)
    return guard


class ThresherFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in MODULES:
            return load_guard()["find_spec"](name, path, target)
        return None


def start():
    # site.py reads a virtual environment's .pth files twice up to Python 3.13,
    # and the guard of the user's site-packages may have come first.
    if hasattr(sys, "_thresher_guard"):
        return
    sys._thresher_guard = site_directory
    if pip_is_called() and load_guard()["stays_plain"]():
        return
    sys.meta_path.insert(0, ThresherFinder)
