# Python 3.8 and 3.9 keep no copy of their command line. Where the system keeps
# none either, the guard looks closer at every start.
def words_of_this_process():
    if hasattr(sys, "orig_argv"):
        return sys.orig_argv
    try:
        with open("/proc/self/cmdline", "rb") as cmdline:
            return cmdline.read().decode("latin-1").split("\0")
    except OSError:
        return ["pip"]
