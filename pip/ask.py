# Prints what a pip installation is, as JSON, without reading any
# configuration. Started as `python -I -c <this> PACKAGE`, where PACKAGE is the
# directory of a pip package that is not this interpreter's own, or empty.
import json
import os
import platform
import sys
import sysconfig

package = sys.argv[1]
if package:
    sys.path.append(os.path.dirname(package))
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
