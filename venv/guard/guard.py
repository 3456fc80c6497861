# The guard of one environment: sends every pip in it through thresher. It is
# imported by the start-up lines of thresher-guard.pth (start.py), and only when
# pip or what makes environments is being imported: that is the first thing that
# a pip does, however it was called. Its last function, find_spec, is where they
# enter.
#
# What it must withstand: a variable that anyone can set never lets an install
# pass. A pip goes on as plain pip only where its parent process is the living
# thresher, or where thresher became this very process for a command that
# installs nothing.
import os
import sys

THRESHER = @THRESHER@  # the program, put in when the guard is written
HERE = os.path.dirname(os.path.abspath(__file__))

# Each pip that goes through thresher counts one; so many nested ones are no
# build but a circle, such as a program that /proc does not show as itself.
DEEPEST = 16

INSTALLING = ("install", "download", "wheel", "lock")

# The commands that install, download and build nothing, and what may stand
# before a command. Whatever else there is may install.
HARMLESS = (
    "cache", "check", "completion", "config", "debug", "freeze", "hash", "help", "index", "inspect", "list", "search",
    "show", "uninstall",
)
FLAGS = (
    "-h", "--help", "-v", "-vv", "-vvv", "--verbose", "-V", "--version", "-q", "-qq", "-qqq", "--quiet", "--debug",
    "--isolated", "--require-virtualenv", "--require-venv", "--no-input", "--no-color", "--no-cache-dir",
    "--disable-pip-version-check", "--no-python-version-warning",
)
WITH_VALUE = (
    "--log", "--log-file", "--local-log", "--proxy", "--retries", "--timeout", "--default-timeout", "--exists-action",
    "--trusted-host", "--cert", "--client-cert", "--cache-dir", "--use-feature", "--use-deprecated", "--python",
    "--keyring-provider", "--resume-retries", "--no-proxy-env",
)


def installs(arguments):
    """Tell whether a pip command may install, download or build."""
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in FLAGS or word.startswith("--") and word.partition("=")[0] in WITH_VALUE and "=" in word:
            continue
        if word in WITH_VALUE:
            rest = rest[1:]
            continue
        if word.startswith("-"):
            # An option not known here: which word is the command cannot be told.
            return any(word in INSTALLING for word in arguments)
        return word not in HARMLESS
    return False


def plainly_harmless(arguments):
    """Tell the commands that can go on without asking thresher, which would
    start Python anew: only where no option before the command needs reading.
    uninstall is not among them, as outside an environment it is refused."""
    return len(arguments) == 1 and arguments[0] in ("--version", "-V", "--help", "-h") or (
        len(arguments) > 0 and arguments[0] in HARMLESS and arguments[0] != "uninstall")


def is_own_pip(path):
    """Tell whether pip would come from beside the guard: `python -m pip` takes
    a pip folder of the working directory, which may do anything."""
    for finder in sys.meta_path:
        if getattr(finder, "__name__", "") == "PathFinder":
            spec = finder.find_spec("pip", path)
            return spec is not None and spec.origin == os.path.join(HERE, "pip", "__init__.py")
    return False


# --- was this Python called as pip? -----------------------------------------

# Python's own options that take a value (Python/getopt.c of CPython 3.15).
VALUE_OPTIONS = "cmWX"
PIP_MODULES = ("pip", "pip.__main__", "pip.__pip-runner__")


def command_line():
    """Give the words that this process was started with."""
    words = getattr(sys, "orig_argv", None)
    if words is not None:
        return list(words)
    try:
        with open("/proc/self/cmdline", "rb") as cmdline:
            return [os.fsdecode(word) for word in cmdline.read().split(b"\0")[:-1]]
    except OSError:
        pass
    if os.name == "nt":
        return windows_command_line()
    # macOS with Python 3.8 or 3.9. Words with blanks are cut in two, which
    # changes nothing about the question below.
    import subprocess
    output = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(os.getpid())], stdout=subprocess.PIPE).stdout
    return os.fsdecode(output).split()


def windows_command_line():
    import ctypes
    from ctypes import wintypes
    get = ctypes.windll.kernel32.GetCommandLineW
    get.restype = wintypes.LPCWSTR
    split = ctypes.windll.shell32.CommandLineToArgvW
    split.argtypes = [wintypes.LPCWSTR, ctypes.POINTER(ctypes.c_int)]
    split.restype = ctypes.POINTER(wintypes.LPWSTR)
    count = ctypes.c_int()
    words = split(get(), ctypes.byref(count))
    return [words[i] for i in range(count.value)]


def pip_arguments(words):
    """Give pip's own arguments, or None where the words do not call pip."""
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word == "--check-hash-based-pycs":
            rest = rest[1:]
            continue
        if not word.startswith("-") or word == "-":
            return rest if is_pip_script(word) else None
        if word.startswith("--"):
            continue
        # A cluster of short options; the first that takes a value ends it.
        for i, letter in enumerate(word[1:], 1):
            if letter not in VALUE_OPTIONS:
                continue
            value = word[i + 1:]
            if not value:
                if not rest:
                    return None
                value = rest.pop(0)
            if letter == "m":
                return rest if value in PIP_MODULES else None
            if letter == "c":
                return None
            break
    return None


def is_pip_script(path):
    """Tell whether a script or directory on the command line is pip."""
    name = os.path.basename(path.rstrip("/\\")).lower()
    if name == "__pip-runner__.py":
        return True
    if name == "__main__.py":
        return is_pip_script(os.path.dirname(os.path.abspath(path)))
    if name.startswith("pip") and name.endswith((".whl", ".pyz")):
        return True  # pip's wheel or zipapp, run as it is
    if os.path.isdir(path):
        return os.path.isfile(os.path.join(path, "__pip-runner__.py")) or os.path.isdir(os.path.join(path, "_internal"))
    for ending in (".exe", "-script.py", ".py"):
        if name.endswith(ending):
            name = name[:-len(ending)]
    if name.rstrip(".0123456789") != "pip":
        # A wheel with pip in it is run as pip-24.0-py3-none-any.whl/pip.
        return False
    try:
        with open(path, "rb") as script:
            start = script.read(1 << 20)  # a launcher of Windows has its script behind 100 kB of program
    except OSError:
        return True
    # A program of another purpose that is called pip as well is left alone.
    return any(words in start for words in (b"from pip", b"import pip", b"pip==", b"'pip'", b'"pip"', b"PK\x03\x04"))


# --- is this the pip that thresher itself started? ---------------------------

def is_thresher(pid):
    """Tell whether a process runs the program that this guard belongs to."""
    try:
        if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
            return os.path.samefile(program_of(pid), THRESHER)
        if os.name == "nt":
            return os.path.samefile(windows_program_of(pid), THRESHER)
        return os.path.samestat(os.stat("/proc/%d/exe" % pid), os.stat(THRESHER))
    except PermissionError:
        return bears_name(pid)
    except (OSError, ValueError, AttributeError):
        return False


def bears_name(pid):
    """Tell by its name whether a process runs thresher, where the link to its
    program cannot be followed: from within the sandbox. Elsewhere that link is
    closed for programs of other users and for those that closed themselves; the
    kernel gives both to another owner."""
    try:
        if os.stat("/proc/%d" % pid).st_uid != os.geteuid():
            return False
        with open("/proc/%d/comm" % pid) as file:
            name = file.read().strip()
    except (OSError, ValueError, AttributeError):
        return False
    return name in (os.path.basename(THRESHER)[:15], "pip", "pip3") or name.startswith("pip3.")


def program_of(pid):
    """Give the path of a process's program on macOS, where there is no /proc."""
    try:
        import ctypes
        buffer = ctypes.create_string_buffer(4096)
        length = ctypes.CDLL(None).proc_pidpath(pid, buffer, len(buffer))
        if length > 0:
            return os.fsdecode(buffer.raw[:length])
    except (ImportError, AttributeError, OSError):
        pass
    import subprocess
    output = subprocess.run(["/bin/ps", "-o", "comm=", "-p", str(pid)], stdout=subprocess.PIPE).stdout
    return os.fsdecode(output).strip()


def windows_program_of(pid):
    import ctypes
    from ctypes import wintypes
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        raise OSError("no such process")
    try:
        buffer = ctypes.create_unicode_buffer(32768)
        size = wintypes.DWORD(len(buffer))
        if not kernel.QueryFullProcessImageNameW(wintypes.HANDLE(handle), 0, buffer, ctypes.byref(size)):
            raise OSError("no program")
        return buffer.value
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))


def runs_any_program(pid):
    """Tell whether a thresher is `thresher run`, whose program may say of itself
    whatever it likes: its parent is no shim that waits for a pip."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as cmdline:
            words = [os.fsdecode(word) for word in cmdline.read().split(b"\0")[:-1]]
    except OSError:
        if os.name == "nt":
            return False  # where the words of others cannot be read
        import subprocess
        output = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], stdout=subprocess.PIPE).stdout
        words = os.fsdecode(output).split()
    name = os.path.basename(words[0] if words else "")
    if name in ("pip", "pip3") or name[:5] == "pip3." and name[5:].isascii() and name[5:].isdigit():
        return False  # under these names it is the shim
    return [word for word in words[1:] if not word.startswith("-")][:1] == ["run"]


def started_by_thresher():
    value = os.environ.get("THRESHER_RUN", "")
    if not (value.isascii() and value.isdigit()) or len(value) > 10:
        return False
    pid = int(value)
    # On Windows an environment's python.exe starts the base one, so that
    # thresher is not the parent; there the living process is all that counts.
    if os.name != "nt" and os.getppid() != pid:
        return False
    return is_thresher(pid) and not runs_any_program(pid)


def passed_by_thresher(arguments):
    return os.environ.get("THRESHER_PASS") == str(os.getpid()) and not installs(arguments)


# --- what a guarded pip does -------------------------------------------------

def say(text):
    sys.stderr.write("thresher: " + text + "\n")
    sys.stderr.flush()


def program_is_gone():
    return not os.path.isfile(THRESHER) or not os.access(THRESHER, os.X_OK)


def stop_without_program(arguments):
    """Say that thresher is gone; tell whether the command has to stop."""
    say("this environment is guarded by %s, which is gone: install thresher again, or take the guard out; fix: rm %s" % (
        THRESHER, os.path.join(HERE, "thresher-guard.pth")))
    return installs(arguments)


def environment_for_thresher():
    environment = dict(os.environ)
    hops = environment.get("THRESHER_HOPS", "0")
    hops = int(hops) if hops.isascii() and hops.isdigit() and len(hops) < 4 else 0
    if hops >= DEEPEST:
        say("pip has been started within pip %d times; stopped" % hops)
        return None
    environment["THRESHER_HOPS"] = str(hops + 1)
    environment["THRESHER_INTERPRETER"] = sys.executable
    environment.pop("THRESHER_PASS", None)
    environment.pop("THRESHER_RUN", None)
    return environment


def flush():
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def leave(status):
    try:
        flush()
    finally:
        # An exception could be caught by what imports pip.
        os._exit(status)


def called(finder, path):
    """Called when pip is imported, which may be because it was called. A pip
    that may go on as it is is left alone from then on; one that may not is
    replaced by thresher, and this does not return. path is sys.path as it was."""
    if started_by_thresher():
        sys.meta_path.remove(finder)
        return
    arguments = pip_arguments(command_line())
    if arguments is None:
        return
    if passed_by_thresher(arguments):
        sys.meta_path.remove(finder)
        return
    if program_is_gone():
        if stop_without_program(arguments):
            leave(125)
        sys.meta_path.remove(finder)
        return
    if plainly_harmless(arguments) and is_own_pip(path):
        sys.meta_path.remove(finder)
        return
    environment = environment_for_thresher()
    if environment is None:
        leave(125)
    try:
        if os.name == "nt":
            # There exec would let the caller go on before pip has ended.
            leave(run_thresher(arguments, environment))
        restore_signals()
        flush()
        os.execve(THRESHER, ["pip"] + arguments, environment)
    except OSError as error:
        say("cannot run %s: %s" % (THRESHER, error))
        leave(125)


def restore_signals():
    """Undo what Python did to signals for itself: exec would hand it on."""
    import _signal as signal  # built in
    for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def run_thresher(arguments, environment):
    import subprocess
    return subprocess.call(["pip"] + list(arguments), executable=THRESHER, env=environment)


# --- pip inside another program, and the makers of environments ---------------

class Loader:
    """Loads a module by its own loader, and lets change() have it then."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return None

    def execute(self, module):
        if hasattr(self.loader, "exec_module"):
            self.loader.exec_module(module)
        else:  # zipimporter up to Python 3.9
            exec(self.loader.get_code(module.__name__), module.__dict__)

    def exec_module(self, module):
        self.execute(module)
        # The module is left to its own loader, which other programs ask for
        # its source.
        module.__spec__.loader = module.__loader__ = self.loader
        self.change(module)

    def __getattr__(self, name):
        return getattr(self.loader, name)


class PipLoader(Loader):
    """Stands for pip._internal.cli.main in a process that was not called as
    pip: runpy.run_module("pip"), pip.main(), a script of another name."""

    def exec_module(self, module):
        def entry(name):
            def guarded(args=None):
                arguments = list(sys.argv[1:] if args is None else args)
                if started_by_thresher() or not installs(arguments) or is_ensurepip(arguments):
                    self.execute(module)  # puts pip's own in place
                    return getattr(module, name)(args)
                return main_by_thresher(arguments)
            return guarded
        module.main = entry("main")
        module.cli = entry("cli")  # what scripts call from pip 26.3 on


def main_by_thresher(arguments):
    """Run a pip command as a thresher of its own; give its exit status."""
    if program_is_gone():
        stop_without_program(arguments)
        return 125
    environment = environment_for_thresher()
    if environment is None:
        return 125
    return run_thresher(arguments, environment)


class CommandLoader(Loader):
    """Loads what pip's commands are made of, for a program that runs one of
    them past pip's own main: create_command("install").main([...])."""

    def change(self, module):
        main = module.Command.main

        def guarded_main(self, args):
            arguments = [self.name] + list(args)
            if started_by_thresher() or self.name not in INSTALLING or is_ensurepip(arguments):
                return main(self, args)
            return main_by_thresher(arguments)
        module.Command.main = guarded_main


def is_ensurepip(arguments):
    """Tell ensurepip, which installs the wheels that come with Python: every
    wheel that this command can see is one of those, byte for byte."""
    if arguments[:1] != ["install"] or "--no-index" not in arguments or arguments.count("--find-links") != 1:
        return False
    known = ("--no-cache-dir", "--no-index", "--upgrade", "--user", "-v", "-vv", "-vvv", "-q", "pip", "setuptools")
    rest = arguments[1:]
    directory = None
    while rest:
        word = rest.pop(0)
        if word in ("--find-links", "--root") and rest:
            value = rest.pop(0)
            directory = value if word == "--find-links" else directory
        elif word not in known:
            return False
    try:
        import ensurepip
        import sysconfig
        places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR"),
                  "/usr/share/python-wheels"]
        names = os.listdir(directory)
        return bool(names) and all(any(same_content(directory, place, name) for place in places if place) for name in names)
    except (ImportError, OSError, TypeError):
        return False


def same_content(directory, place, name):
    try:
        with open(os.path.join(directory, name), "rb") as one, open(os.path.join(place, name), "rb") as other:
            return one.read() == other.read()
    except OSError:
        return False


def guard_environment(directory, *words):
    """Have thresher guard an environment that was just made."""
    if program_is_gone():
        return  # said when pip is called
    import subprocess
    environment = dict(os.environ, THRESHER_INTERPRETER=sys.executable)
    result = subprocess.run([THRESHER, "guard", *words, "--", os.fspath(directory)], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.returncode != 0:
        sys.stderr.write(os.fsdecode(result.stderr))
        say("%s is not guarded; fix: thresher guard %s" % (directory, directory))


class VenvLoader(Loader):
    def change(self, module):
        builder = module.EnvBuilder
        create, upgrade = builder.create, getattr(builder, "upgrade_dependencies", None)

        def guarded_create(self, env_dir):
            result = create(self, env_dir)
            guard_environment(env_dir, "--made")
            return result
        builder.create = guarded_create
        if upgrade is not None:
            # --upgrade-deps has the new environment's pip install.
            def guarded_upgrade(self, context):
                guard_environment(context.env_dir)
                return upgrade(self, context)
            builder.upgrade_dependencies = guarded_upgrade


class VirtualenvLoader(Loader):
    def change(self, module):
        session = module.Session
        run = session.run

        def guarded_run(self):
            result = run(self)
            guard_environment(self.creator.dest, "--made")
            return result
        session.run = guarded_run


LOADERS = {
    "pip._internal.cli.main": PipLoader, "pip._internal.cli.base_command": CommandLoader,
    "venv": VenvLoader, "virtualenv.run.session": VirtualenvLoader,
}


def without_working_directory(path):
    """Give sys.path without what `python -m pip` puts first: what is imported
    on the way to thresher is not to come from a checkout."""
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    return [entry for entry in path if entry not in ("", here)]


def find_spec(thresher, name, path, target):
    """Find a module as Python would without the guard, and stand before it."""
    if name.startswith("pip"):
        # __pip-runner__.py has a finder of its own for pip, and not for what
        # is in it.
        everything = sys.path[:]
        sys.path[:] = without_working_directory(everything)
        try:
            called(thresher, everything)
        finally:
            sys.path[:] = everything
        if name == "pip" or thresher not in sys.meta_path:
            return None
    for finder in sys.meta_path:
        if finder is thresher or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LOADERS[name](spec.loader)
            return spec
    return None
