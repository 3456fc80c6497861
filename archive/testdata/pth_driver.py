"""Tells which .pth files would run code, by site.py itself.

Reads one base64 text a line, and writes true or false: whether site.addpackage
executes a line of it under any of several encodings. Nothing is executed.
"""
import base64
import io
import json
import locale
import os
import site
import sys
import tempfile

executed = []
site.exec = executed.append


class Files:
    """Stands in for the io module of site, with the encoding of another locale."""

    open_code = staticmethod(io.open_code)

    def __init__(self, encoding):
        self.encoding = encoding

    def TextIOWrapper(self, file, encoding=None):  # "locale" from Python 3.10 on
        return io.TextIOWrapper(file, encoding=self.encoding)


with tempfile.TemporaryDirectory() as folder:
    errors, sys.stderr = sys.stderr, io.StringIO()
    for line in sys.stdin:
        executed.clear()
        with open(os.path.join(folder, "x.pth"), "wb") as f:
            f.write(base64.b64decode(line))
        for encoding in "utf-8", "latin-1", "cp1252", "cp932", "gbk":
            site.io = Files(encoding)
            locale.getencoding = lambda: encoding
            try:
                site.addpackage(folder, "x.pth", set())
            except UnicodeDecodeError:
                pass
        print(json.dumps(bool(executed)), flush=True)
