"""Writes an index of empty packages.

usage: index.py DIRECTORY "NAME==VERSION[ REQUIREMENT]..."...
"""
import os
import sys
import zipfile

for words in sys.argv[2:]:
    release, *requires = words.split()
    name, version = release.split("==")
    module = name.replace("-", "_")
    folder = os.path.join(sys.argv[1], "simple", name.lower())
    stem = "%s-%s" % (module, version)
    info = stem + ".dist-info/"
    metadata = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    os.makedirs(folder, exist_ok=True)
    with zipfile.ZipFile(os.path.join(folder, stem + "-py3-none-any.whl"), "w") as wheel:
        wheel.writestr(module + ".py", "")
        wheel.writestr(info + "METADATA", metadata + "".join("Requires-Dist: %s\n" % r for r in requires))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: index\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\n%s = %s:main\n" % (name, module))
        wheel.writestr(info + "RECORD", "".join("%s,,\n" % f for f in wheel.namelist()) + info + "RECORD,,\n")
    with open(os.path.join(folder, "index.html"), "w") as page:
        files = sorted(f for f in os.listdir(folder) if f.endswith(".whl"))
        page.write("<!DOCTYPE html>" + "".join('<a href="%s">%s</a>' % (f, f) for f in files))
