"""Answers the Go tests' questions about archives with zipfile and tarfile.

Reads a JSON object {"name", "content"} a line, the content in base64, and
writes one a line. Names travel as latin-1 of their bytes.
"""
import base64
import hashlib
import io
import json
import sys
import tarfile
import warnings
import zipfile

warnings.simplefilter("ignore")


def raw(text):
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def digest(read):
    try:
        return hashlib.sha256(read()).hexdigest()
    except Exception as error:
        return "error: %r" % error


def read_zip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [
            {"name": raw(info.filename), "size": info.file_size, "sum": digest(lambda: archive.read(info))}
            for info in archive.infolist()
        ]


def read_tar(name, content):
    # The modes of pip's untar_file.
    mode = "r"
    if name.endswith((".gz", ".tgz")):
        mode = "r:gz"
    elif name.endswith((".tar.bz2", ".tbz")):
        mode = "r:bz2"
    members = []
    with tarfile.open(fileobj=io.BytesIO(content), mode=mode, encoding="utf-8") as archive:
        for member in archive.getmembers():
            answer = {"name": raw(member.name), "size": member.size, "link": "", "sum": ""}
            answer["kind"] = (
                "file" if member.isreg() else "folder" if member.isdir() else "symlink" if member.issym()
                else "link" if member.islnk() else "device" if member.isdev() else "?"
            )
            if member.issym() or member.islnk():
                answer["link"] = raw(member.linkname)
            if member.isreg():
                answer["sum"] = digest(lambda: archive.extractfile(member).read())
            members.append(answer)
    return members


for line in sys.stdin:
    question = json.loads(line)
    content = base64.b64decode(question["content"] or "")
    try:
        if question["name"].endswith((".zip", ".whl")):
            answer = {"members": read_zip(content)}
        else:
            answer = {"members": read_tar(question["name"], content)}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
