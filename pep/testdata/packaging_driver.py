"""Answers the Go tests' questions with the packaging library inside a pip.

Called with the path of a pip wheel; reads one JSON object a line and writes one
JSON value a line.
"""
import json
import sys
import warnings

sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")

from pip._vendor.packaging import markers, requirements, specifiers, utils, version


def read_version(text):
    try:
        return version.Version(text)
    except version.InvalidVersion:
        return None


def describe_version(text):
    v = read_version(text)
    if v is None:
        return None
    return {
        "text": str(v), "public": v.public, "local": v.local or "", "major": str(v.major), "epoch": str(v.epoch),
        "release": [str(n) for n in v.release],
        "pre": v.is_prerelease, "dev": v.is_devrelease, "post": v.is_postrelease,
    }


def compare(a, b):
    a, b = read_version(a), read_version(b)
    if a is None or b is None:
        return None
    return (a > b) - (a < b)


def compare_any(a, b):
    # Only a pip before 24.1 has LegacyVersion.
    a, b = version.parse(a), version.parse(b)
    return (a > b) - (a < b)


def describe_specifiers(text):
    try:
        return {"text": str(specifiers.SpecifierSet(text))}
    except specifiers.InvalidSpecifier:
        return None


def contains(text, candidates, prereleases):
    s = specifiers.SpecifierSet(text)
    return [s.contains(c, prereleases=True if prereleases else bool(s.prereleases)) for c in candidates]


def describe_requirement(text):
    try:
        r = requirements.Requirement(text)
    except Exception as error:
        return {"error": repr(error)}
    return {
        "name": r.name, "extras": sorted(r.extras), "specifiers": str(r.specifier), "url": r.url or "",
        "marker": str(r.marker) if r.marker else "", "text": str(r),
    }


def evaluate(text, environment, extras):
    try:
        m = markers.Marker(text)
    except Exception as error:
        return {"error": repr(error)}
    try:
        printed = str(m)
    except ValueError:
        printed = None
    try:
        holds = any(m.evaluate(dict(environment, extra=e)) for e in extras or [""])
    except Exception as error:
        return {"text": printed, "undefined": repr(error)}
    return {"text": printed, "holds": holds}


def wheel(filename):
    from pip._internal.models.wheel import Wheel
    try:
        w = Wheel(filename)
        return {"name": utils.canonicalize_name(w.name), "version": w.version}
    except Exception as error:
        return {"error": repr(error)}


def sdist(filename, project):
    from pip._internal.index.package_finder import _extract_version_from_fragment
    from pip._internal.utils.filetypes import ARCHIVE_EXTENSIONS
    from pip._internal.utils.misc import splitext
    import re
    stem, extension = splitext(filename)
    if extension not in ARCHIVE_EXTENSIONS:
        return None
    found = _extract_version_from_fragment(stem, utils.canonicalize_name(project))
    if found:
        match = re.search(r"-py([123]\.?[0-9]?)$", found)
        if match:
            found = found[:match.start()]
    return found or None


QUESTIONS = {
    "version": describe_version, "compare": compare, "compare-any": compare_any,
    "specifiers": describe_specifiers, "contains": contains, "requirement": describe_requirement,
    "evaluate": evaluate, "wheel": wheel, "sdist": sdist, "canonical": utils.canonicalize_name,
}

for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(QUESTIONS[question["ask"]](*question["with"])))
