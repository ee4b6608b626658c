"""Child processes that end with this process, and a way to recognise a process again."""

import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import IO

_LEASH = Path(__file__).with_name("leash.py")
_Started = Future["subprocess.Popen[bytes]"]


class _Starter(threading.Thread):
    """Starts processes on request and lives as long as this process.

    The kernel sends the parent-death signal when the *thread* that started the child ends, and `start` may
    well be called from a short-lived one. (An executor would not do: it ends its threads before `atexit`.)
    """

    def __init__(self) -> None:
        super().__init__(name="renling-starter", daemon=True)
        self._orders: queue.SimpleQueue[tuple[list[str], Path, IO[bytes], _Started]] = queue.SimpleQueue()

    def order(self, command: list[str], folder: Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        started: _Started = Future()
        self._orders.put((command, folder, log, started))
        return started.result()

    def run(self) -> None:
        while True:
            command, folder, log, started = self._orders.get()
            try:
                started.set_result(_popen(command, folder, log))
            except Exception as error:  # whatever it is, it belongs to the one who ordered
                started.set_exception(error)


_choosing = threading.Lock()
_starter: _Starter | None = None


def start(command: list[str], *, folder: Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start a program that gets SIGTERM when this process ends, in whatever way it ends.

    It runs in a session of its own: Ctrl-C in the terminal reaches us, and we stop it in order. The files it
    makes are readable by their owner only.

    Parameters
    ----------
    command
        The program's absolute path and its arguments.
    folder
        The working folder.
    log
        Takes its standard output and error.

    Raises
    ------
    OSError
        It could not be started. (A program that is missing ends with exit code 1 and a line in the log.)
    """
    global _starter
    with _choosing:
        # None yet, or we are a fork of the process that has it.
        if _starter is None or not _starter.is_alive():
            _starter = _Starter()
            _starter.start()
        starter = _starter
    return starter.order(command, folder, log)


def born(pid: int) -> str | None:
    """Return the moment a process started (kernel ticks since boot), or None when it does not run.

    A process id is used again some day; together with this moment it names one process. A process that
    has ended but was not waited for by its parent counts as not running.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the program's name before it may contain blanks and brackets
    state, start_time = fields[0], fields[19]
    return None if state in "ZX" else start_time


def _popen(command: list[str], folder: Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,
    )
