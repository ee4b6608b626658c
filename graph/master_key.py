"""Where the master keys come from: the environment, or a file in the data folder."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.sealing import KEY_BYTES, KeyProblem, MasterKeys, parse_keys

FILE = "secret.key"


def load_keys(data: Path, configured: str | None = None) -> MasterKeys:
    """Return the master keys: the configured ones, else the data folder's, made at the first start.

    Parameters
    ----------
    configured
        32 bytes in base64, or several such with commas between them, the current one first; None to use
        `secret.key` in the data folder, which has one a line.

    Raises
    ------
    KeyProblem
        A key is not 32 bytes in base64.
    """
    if configured is None:
        _make(data)
        configured = (data / FILE).read_text()
    return MasterKeys(*parse_keys(configured.replace(",", "\n").split()))


@contextmanager
def rotating(data: Path) -> Iterator[None]:
    """Keep every other rotation out; the lock ends with the process that holds it.

    Raises
    ------
    KeyProblem
        Another one is at work.
    """
    with (data / f"{FILE}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise KeyProblem("another `renling key rotate` is at work on this data folder") from None
        yield


def add_key(data: Path) -> None:
    """Put a new current key into the data folder's file, before those that are there.

    Raises
    ------
    KeyProblem
        There is no such file.
    """
    path = data / FILE
    if not path.exists():
        raise KeyProblem(f"there is no {FILE} in the data folder; give the new key in RENLING_MASTER_KEY")
    _replace(path, f"{_new()}\n{path.read_text().strip()}\n")


def drop_old_keys(data: Path) -> None:
    """Leave only the current key in the data folder's file; what an older one wrapped opens no more."""
    path = data / FILE
    _replace(path, path.read_text().split()[0] + "\n")


def _new() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _make(data: Path) -> None:
    path = data / FILE
    data.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    # Complete before it has its name: two first starts at once agree on one key.
    fresh = _written(path, _new())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # somebody else was first
    finally:
        fresh.unlink(missing_ok=True)


def _replace(path: Path, text: str) -> None:
    _written(path, text).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _written(path: Path, text: str) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return fresh
