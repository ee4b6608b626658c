"""A new master key for the store: every data key is wrapped anew, what they sealed stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph.master_key import add_key, drop_old_keys, load_keys, rotating
from graph.model.actors import EVERYTHING
from graph.sealing import KeyProblem, MasterKeys
from graph.store.store import Store

_PAGE = 500  # data keys a transaction

Progress = Callable[[str, int, int], None]
"""Told (what, done, of how many)."""


def rewrap(store: Store, progress: Progress = lambda *_: None) -> int:
    """Wrap every data key under the current master key; return how many were not yet.

    Raises
    ------
    KeyProblem
        Some were wrapped by a master key that we do not have; those that we could are done.
    """
    done = 0
    of = store.read(lambda graph: graph.vault.count_of_others(), scope=EVERYTHING)
    progress("rewrap", done, of)
    while moved := store.write(lambda graph: graph.vault.rewrap(limit=_PAGE), scope=EVERYTHING):
        done += moved
        progress("rewrap", done, max(of, done))
    if left := store.read(lambda graph: graph.vault.count_of_others(), scope=EVERYTHING):
        raise KeyProblem(
            f"{left} data keys were wrapped by a master key that is not given; give it too, behind the new one"
        )
    return done


def rotate_file(data: Path, store_with: Callable[[MasterKeys], Store], progress: Progress = lambda *_: None) -> int:
    """Replace the data folder's master key: add a new one, rewrap, drop the old one; return how many were rewrapped.

    Stopped anywhere it is run again: where a new key has been added already, it goes on with that one.

    Raises
    ------
    KeyProblem
        There is no such file, or a key is missing; the old keys stay.
    """
    with rotating(data):
        before = load_keys(data)
        store_with(before).check_key()
        if not before.older:
            add_key(data)
            progress("add a key", 1, 1)
        done = rewrap(store_with(load_keys(data)), progress)
        drop_old_keys(data)
        progress("drop the old key", 1, 1)
    return done
