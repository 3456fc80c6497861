package typosquat

// modules are the top-level modules of the standard library that are no popular
// project, of Python 3.10 to 3.13 (sys.stdlib_module_names of 3.10, which has
// those removed since, and of 3.13).
var modules = []string{
	"gc", "io", "nt", "os", "re", "uu",
	"abc", "aifc", "antigravity", "array", "ast", "asynchat", "asyncore", "atexit", "audioop",
	"base64", "bdb", "binascii", "binhex", "bisect", "builtins", "bz2", "calendar", "cgi", "cgitb",
	"chunk", "cmath", "cmd", "code", "codecs", "codeop", "collections", "colorsys", "compileall",
	"concurrent", "contextlib", "copy", "copyreg", "cprofile", "crypt", "csv", "ctypes", "curses",
	"dbm", "decimal", "difflib", "dis", "distutils", "doctest", "encodings", "ensurepip", "errno",
	"faulthandler", "fcntl", "filecmp", "fileinput", "fnmatch", "fractions", "ftplib", "functools",
	"genericpath", "getopt", "getpass", "gettext", "glob", "grp", "gzip", "hashlib", "heapq", "hmac",
	"html", "http", "idlelib", "imaplib", "imghdr", "imp", "inspect", "itertools", "json", "keyword",
	"lib2to3", "linecache", "locale", "lzma", "mailbox", "mailcap", "marshal", "math", "mimetypes",
	"mmap", "modulefinder", "msilib", "msvcrt", "netrc", "nis", "nntplib", "ntpath", "nturl2path",
	"numbers", "opcode", "operator", "optparse", "ossaudiodev", "pdb", "pickle", "pickletools",
	"pipes", "pkgutil", "platform", "plistlib", "poplib", "posix", "posixpath", "pprint", "profile",
	"pstats", "pty", "pwd", "py-compile", "pyclbr", "pydoc", "pydoc-data", "pyexpat", "queue",
	"quopri", "random", "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select",
	"selectors", "shelve", "shlex", "shutil", "signal", "site", "smtpd", "smtplib", "sndhdr", "socket",
	"socketserver", "spwd", "sqlite3", "sre-compile", "sre-constants", "sre-parse", "ssl", "stat",
	"string", "stringprep", "struct", "subprocess", "sunau", "symtable", "sys", "sysconfig", "syslog",
	"tabnanny", "tarfile", "telnetlib", "tempfile", "termios", "textwrap", "threading", "time",
	"timeit", "tkinter", "token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc", "tty",
	"turtle", "turtledemo", "types", "unicodedata", "unittest", "urllib", "venv", "warnings", "wave",
	"weakref", "webbrowser", "winreg", "winsound", "xdrlib", "xml", "xmlrpc", "zipapp", "zipfile",
	"zipimport", "zlib", "zoneinfo",
}
