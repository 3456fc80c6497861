# Runs a command for which the kernel has no landlock_create_ruleset (system call 444
# on every architecture), as in many containers.
#
#     without_landlock.py ENOSYS|EPERM COMMAND...
#
# ENOSYS is what an old kernel says and newer container engines do, EPERM what older
# ones do.
import ctypes
import errno
import os
import struct
import sys

ALLOW, FAIL = 0x7FFF0000, 0x00050000 | getattr(errno, sys.argv[1])
program = b"".join(struct.pack("HBBI", *line) for line in [
    (0x20, 0, 0, 0),  # load the number of the call
    (0x15, 0, 1, 444),
    (0x06, 0, 0, FAIL),
    (0x06, 0, 0, ALLOW),
])
code = ctypes.create_string_buffer(program)
described = struct.pack("HxxxxxxP", 4, ctypes.addressof(code))
kernel = ctypes.CDLL(None, use_errno=True)
for call in [(38, 1, 0, 0, 0), (22, 2, described, 0, 0)]:
    if kernel.prctl(*call):
        sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
