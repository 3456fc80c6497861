# Prints what an interpreter is and which pip it has, as JSON, without reading
# any configuration. Started as `python -E -c <this>`.
import sys

# The working directory has no say in what is imported.
sys.path[:] = [place for place in sys.path if place]

import json
import os
import platform
import sysconfig

try:
    import pip
    from pip._internal.models.index import PyPI

    directory = os.path.dirname(os.path.abspath(pip.__file__))
    version = pip.__version__
    index = PyPI.simple_url
except ImportError:
    directory = version = index = ""

implementation = sys.implementation.version
full = "%d.%d.%d" % implementation[:3]
if implementation[3] != "final":
    full += implementation[3][0] + str(implementation[4])

json.dump(
    {
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "python": platform.python_version(),
        "site_packages": sysconfig.get_paths()["purelib"],
        "pip": directory,
        "pip_version": version,
        "default_index": index,
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": full,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "platform_python_implementation": platform.python_implementation(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    },
    sys.stdout,
)
