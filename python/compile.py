# Compiles Python sources to bytecode as pip does. Started as
# `python -I -S -B -c <this>`: no package has a word in it. Reads their paths and
# writes, for each that could be compiled, its place among them and the path of the
# bytecode; all end with a NUL.
import compileall
import contextlib
import importlib.util
import io
import os
import sys
import warnings

warnings.filterwarnings("ignore")
compiled = []
for place, name in enumerate(sys.stdin.buffer.read().split(b"\0")[:-1]):
    path = os.fsdecode(name)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if not compileall.compile_file(path, force=True, quiet=True):
                continue
        bytecode = importlib.util.cache_from_source(path)
    except Exception:  # a source that no compiler takes is used as it is
        continue
    compiled.append(b"%d\0%s\0" % (place, os.fsencode(bytecode)))
sys.stdout.buffer.write(b"".join(compiled))
