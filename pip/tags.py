# Prints which wheels an interpreter takes, and how its pip reads what is
# installed, as JSON. Started as `python -I -S -B -c <this> PIP-FOLDER SITE...`.
import sys

sys.path.insert(0, sys.argv[1])
# Where `_manylinux` may lie, which has a say in it (PEP 513).
sys.path.extend(sys.argv[2:])

import json

from pip import __version__
from pip._internal.utils.compatibility_tags import get_supported

try:
    from pip._internal.metadata import select_backend

    importlib = select_backend().__name__.endswith("importlib")
except ImportError:  # before pip 22.2
    importlib = False

json.dump(
    {
        "pip": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "tags": [str(tag) for tag in get_supported()],
        "importlib": importlib,
    },
    sys.stdout,
)
