"""Runs a program while a FUSE file system that never answers is mounted: hang.py FOLDER PROGRAM ARGUMENT..."""

import ctypes
import os
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
folder = sys.argv[1]
device = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % device
if libc.mount(b"hang", folder.encode(), b"fuse", 0, options) != 0:
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
# Nobody reads the device: whoever touches the folder waits until it is closed.
status = subprocess.run(sys.argv[2:]).returncode
libc.umount2(folder.encode(), 2)
sys.exit(status)
