"""Work that can't be interrupted, done in a child process that can be ended.

The child is a fork: it has the arrays already, and writes its answer into memory that both share, so that nothing is
copied. It does nothing but that work, whatever other threads its parent has.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import threading
from collections.abc import Callable
from math import ceil

import numpy as np

from matching.deadline import Deadline
from matching.problem import Ints

_DONE, _NOTHING, _FAILED = b"d", b"n", b"f"
_FOR_THE_PARENT = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}  # which then ends the child
_LOOK = 0.02  # seconds between two looks at the deadline
_LONGEST = 2**31 - 2  # seconds that an alarm can be set to


class OutOfTime(Exception):
    """The time is over, or somebody wants it to stop."""


class ChildFailed(RuntimeError):
    """The work raised, or its process died: a bug here or in OR-Tools, or not enough memory."""


def run_in_a_child(work: Callable[[], Ints | None], length: int, deadline: Deadline) -> Ints | None:
    """Return what the work returns: numbers, shape (length,), or None.

    Raises
    ------
    OutOfTime
        The deadline came first; the child has been ended.
    ChildFailed
        There is no answer.
    """
    if deadline.over():
        raise OutOfTime
    left = deadline.left()
    shared = mmap.mmap(-1, 8 * max(1, length))
    hears, tells = os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PARENT)
    child = os.fork()
    if child == 0:
        _child(work, shared, tells, 0 if left > _LONGEST else ceil(left) + 1)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        answer = _answer(child, hears, deadline)
    finally:
        os.kill(child, signal.SIGKILL)  # it may have ended by itself, but waits to be asked
        # To give back a large process's memory takes a while, and nobody needs to wait for it.
        threading.Thread(target=os.waitpid, args=(child, 0), daemon=True).start()
        os.close(hears)
        os.close(tells)
    if answer == _NOTHING:
        return None
    if answer != _DONE:
        raise ChildFailed("minimum-cost flow: its process ended without an answer")
    # The numbers live as long as the array, which holds the shared memory.
    return np.frombuffer(shared, dtype=np.int64, count=length)


def _answer(child: int, hears: int, deadline: Deadline) -> bytes:
    """Wait for the child's word."""
    while not deadline.over():
        if select.select([hears], [], [], min(_LOOK, deadline.left()))[0]:
            return os.read(hears, 1)
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return _FAILED
    raise OutOfTime


def _child(work: Callable[[], Ints | None], shared: mmap.mmap, tells: int, seconds: int) -> None:
    """Do the work and end; never returns."""
    answer = _FAILED
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)  # ends by itself, should the parent be killed
        found = work()
        if found is None:
            answer = _NOTHING
        else:
            np.frombuffer(shared, dtype=np.int64)[: len(found)] = found
            answer = _DONE
    finally:
        os.write(tells, answer)
        os._exit(0)  # without what the parent does when it ends
