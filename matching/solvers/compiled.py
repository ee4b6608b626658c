"""Functions compiled by numba, kept on the disk so that nobody waits for them twice.

Only modules that need speed import this, and they are imported late: loading numba takes longer than many a solve.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

_P = ParamSpec("_P")
_R = TypeVar("_R")

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}
_INNER: dict[str, Any] = {"no_cpython_wrapper": True}


def _of_these_sources() -> str:
    """Return a name for the present state of the modules here.

    numba keeps a function until its own file changes, though it may have taken in one of another file.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        source = path.read_bytes()
        if b"solvers.compiled" in source or b"NamedTuple" in source:  # which they take as arguments
            digest.update(source)
    return digest.hexdigest()[:16]


# Where nobody may write there, as in an installed package, numba falls back to the user's own cache.
_CACHE = Path(__file__).parent / "__pycache__" / f"compiled-{_of_these_sources()}"
numba.config.CACHE_DIR = str(_CACHE)  # type: ignore[attr-defined]


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function on arrays and numbers; other threads run beside it.

    A constant that is passed to another compiled function makes it be compiled once more, just for that constant;
    `np.int64(…)` around it does not.
    """
    return cast(Callable[_P, _R], numba.njit(**_OPTIONS)(function))


def inner(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile a function that only other compiled ones call: in half the time."""
    return cast(Callable[_P, _R], numba.njit(**_OPTIONS, **_INNER)(function))
