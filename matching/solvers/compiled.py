"""Functions compiled by numba, kept on the disk so that nobody waits for them twice.

Only modules that need speed import this, and they are imported late: loading numba takes longer than many a solve.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _of_these_sources() -> str:
    """Return a name for the present state of the modules here.

    numba keeps a function until its own file changes, though it may have taken in one of another file.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# Where nobody may write there, as in an installed package, numba falls back to the user's own cache.
_CACHE = Path(__file__).parent / "__pycache__" / f"compiled-{_of_these_sources()}"
numba.config.CACHE_DIR = str(_CACHE)  # type: ignore[attr-defined]


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function on arrays and numbers; other threads run beside it."""
    return numba.njit(cache=True, nogil=True)(function)
