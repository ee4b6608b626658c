"""Become another program that the kernel ends together with its parent (Linux).

Run as a script, never imported: ``python -I -S leash.py PARENT_PID PROGRAM ARGUMENT...``. The request to the
kernel survives ``exec``, so nothing of Python stays behind. It is a program of its own, and not a
``preexec_fn``, because code that runs between fork and exec may deadlock when the parent has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    """Bind this process to its parent, then run the program given on the command line."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    # The parent may have died before the request was made: then no signal will ever come.
    if os.getppid() != parent:
        sys.exit("The program that wanted this one is gone.")
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
