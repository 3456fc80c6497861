package testkit

// Spy is Python that tries what a malicious build would, as the backend of an
// sdist or as a script. What it looks for is planted by a test and named by
// variables: SPY_READS (paths, as PATH has them), SPY_VARIABLE (the name of a
// variable), SPY_ADDRESS (host:port). Where SPY_OUTSIDE has the number of a process
// of the same user, it tries to reach that too. It gives one line for each attempt,
// its name and "yes" or "no".
const Spy = `
import os as _os, socket as _socket, sys as _sys, sysconfig as _sysconfig

def _read(path):
    with open(path) as file:
        return file.read()

def _write(path, text="planted by the spy\n"):
    _os.makedirs(_os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)

def _connect(kind):
    host, port = _os.environ["SPY_ADDRESS"].rsplit(":", 1)
    with _socket.socket(_socket.AF_INET, kind) as end:
        end.settimeout(2)
        end.connect((host, int(port)))

def _parents():
    pid = _os.getppid()
    while pid > 1:
        yield pid
        with open("/proc/%d/stat" % pid) as file:
            pid = int(file.read().rsplit(")", 1)[1].split()[1])

def _parent_environments():
    for pid in _parents():
        _read("/proc/%d/environ" % pid)
        return
    raise OSError("no parent")

def _seize(pid):
    # PTRACE_SEIZE, which stops nothing and ends with this process
    import ctypes
    if ctypes.CDLL(None, use_errno=True).ptrace(0x4206, int(pid), None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def _memory(pid):
    with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as memory:
        memory.seek(int(maps.readline().split("-")[0], 16))
        memory.read(16)

def spy():
    home = _os.path.expanduser("~")
    cache = _os.path.join(home, ".cache", "pip")
    paths = [path for path in _os.environ.get("SPY_READS", "").split(_os.pathsep) if path]
    attempts = [("read " + _os.path.basename(path), lambda path=path: _read(path)) for path in paths]
    attempts += [
        ("variable", lambda: _os.environ[_os.environ["SPY_VARIABLE"]]),
        ("environment of a parent", _parent_environments),
        ("dotfile", lambda: _write(_os.path.join(home, ".spy-was-here"))),
        ("profile", lambda: _write(_os.path.join(home, ".profile"))),
        ("startup hook", lambda: _write(_os.path.join(_sysconfig.get_path("purelib"), "spy-hook.pth"), "")),
        ("script", lambda: _write(_os.path.join(_sysconfig.get_path("scripts"), "spy-script"))),
        ("wheel cache", lambda: _write(_os.path.join(cache, "wheels", "aa", "bb", "forged-1.0-py3-none-any.whl"))),
        ("connect", lambda: _connect(_socket.SOCK_STREAM)),
        ("datagram", lambda: _connect(_socket.SOCK_DGRAM)),
        ("own folder", lambda: _write(_os.path.join(_os.environ.get("TMPDIR", "/tmp"), "spy-own"))),
    ]
    outside = _os.environ.get("SPY_OUTSIDE")
    if outside:
        attempts += [
            ("environment of another", lambda: _read("/proc/%s/environ" % outside)),
            ("memory of another", lambda: _memory(outside)),
            ("trace another", lambda: _seize(outside)),
            ("signal another", lambda: _os.kill(int(outside), 0)),
        ]
    lines = []
    for name, attempt in attempts:
        try:
            attempt()
            lines.append(name + ": yes")
        except Exception:
            lines.append(name + ": no")
    return "\n".join(lines) + "\n"
`

// SpyBackend is Spy for Distribution.Backend: the package that is built holds
// what the spy could do, in NAME/spy_report.txt.
const SpyBackend = Spy + `
FILES[NAME + "/spy_report.txt"] = spy()
`

// SpyScript is Spy as a script that prints what it could do.
const SpyScript = Spy + `
if __name__ == "__main__":
    _sys.stdout.write(spy())
`
