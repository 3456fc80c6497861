"""Answers the Go tests' questions about metadata files with Python's readers.

Called with the path of a pip wheel; reads one base64 text a line and writes one
JSON value a line. Bytes travel as latin-1.
"""
import base64
import email
import importlib.metadata
import json
import sys
import warnings

sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")

from pip._vendor import pkg_resources

# The texts are asked for, not what packaging makes of them.
pkg_resources.Requirement = str
RAW = "utf-8", "surrogateescape"


class InMemory(importlib.metadata.Distribution):
    def __init__(self, text):
        self.text = text

    def read_text(self, filename):
        return self.text if filename == "METADATA" else None

    def locate_file(self, path):
        raise NotImplementedError


def raw(text):
    return text.encode(*RAW).decode("latin-1")


def split_requirements(values):
    found = []
    for value in values:
        try:
            found += map(str, pkg_resources.parse_requirements(value))
        except RuntimeError:  # what "next" of the oldest may raise
            pass
    return found


def answer(content):
    message = email.message_from_bytes(content)
    result = {"fields": [[name, raw(value)] for name, value in message._headers]}
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return result
    message = email.message_from_string(text)
    result["text_fields"] = [[name, raw(value)] for name, value in message._headers]
    values = message.get_all("Requires-Dist") or []
    result["name"], result["version"] = message["Name"] or "", message["Version"] or ""
    result["pkg_resources"] = split_requirements(values)
    result["pkg_resources_version"] = next(
        (line for line in pkg_resources.yield_lines(text) if line.lower().startswith("version:")), "")
    result["requires"] = values
    if text:
        result["importlib"] = InMemory(text).metadata.get_all("Requires-Dist") or []
    result["requires_txt"] = requires_txt(text)
    return result


def requires_txt(text):
    try:
        return [[section, lines] for section, lines in pkg_resources.split_sections(text)]
    except ValueError:
        return None


for line in sys.stdin:
    print(json.dumps(answer(base64.b64decode(line))), flush=True)
