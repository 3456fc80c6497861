# Prints what an interpreter is, as JSON, without reading any configuration.
# Started as `python -E -c <this>`.
import sys

# The working directory has no say in what is imported.
sys.path[:] = [place for place in sys.path if place]

import json
import os
import platform
import site
import sysconfig

paths = sysconfig.get_paths()
implementation = sys.implementation.version
full = "%d.%d.%d" % implementation[:3]
if implementation[3] != "final":
    full += implementation[3][0] + str(implementation[4])

json.dump(
    {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "version": "%d.%d.%d" % sys.version_info[:3],
        "site_packages": [paths["purelib"], paths["platlib"]] + getattr(site, "getsitepackages", list)(),
        "path": sys.path,
        "scripts": paths["scripts"],
        "user_base": site.getuserbase(),
        "user_site": site.getusersitepackages(),
        "user_enabled": bool(site.check_enableusersite()),
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
