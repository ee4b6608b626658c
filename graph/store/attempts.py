"""One transaction, and trying it again where that is safe."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ResultFailedError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.engine import Engine
from graph.engine.driver import abandon
from graph.store.errors import Conflict, LoginRefused, StoreAway, Unsettled

_CONFLICT_PATIENCE = 20.0  # seconds of meeting other writers before giving up
_LONGEST_PAUSE = 0.25  # seconds; without a cap the p99 of a hot claim is above a second, measured

T = TypeVar("T")


@contextmanager
def transaction(engine: Engine, access: str) -> Iterator[neo4j.Transaction]:
    """Yield a transaction, which is committed at the end, or rolled back where anything is raised.

    Raises
    ------
    KeyboardInterrupt
        Also where Ctrl-C came in the middle of the driver's work, and the driver made something else of it.
    """
    outer = sys.exception()  # what our caller is handling came before
    session = engine.driver.session(database=engine.database, default_access_mode=access, fetch_size=10_000)
    try:
        inner = session.begin_transaction()
        yield inner
        inner.commit()
    except BaseException as error:
        if _was_interrupted(error, outer):
            abandon(session)
            if isinstance(error, Exception):
                raise KeyboardInterrupt from error
        else:
            session.close()  # rolls back
        raise
    session.close()


def retrying(attempt: Callable[[], T], patience: float) -> T:
    """Return what an attempt returns; it is made again as long as others get in between, or the store is away.

    Parameters
    ----------
    patience
        Seconds to keep trying to reach a store that is away.

    Raises
    ------
    Conflict
        Other writers kept getting in between.
    StoreAway
        The store does not answer.
    LoginRefused
        It does not know our user.
    """
    started = time.monotonic()
    number = 0
    while True:
        try:
            return attempt()
        except AuthError as error:
            raise LoginRefused(
                "the store refuses our user or password; see RENLING_STORE_USER and RENLING_STORE_PASSWORD"
            ) from error
        except (Neo4jError, DriverError, OSError, Unsettled) as error:
            waited = time.monotonic() - started
            pause = min(_LONGEST_PAUSE, 0.005 * 2 ** min(number, 8))
            if _is_away(error):
                if waited > patience:
                    raise StoreAway("the store does not answer; `renling doctor` says why") from error
                pause = _LONGEST_PAUSE
            elif not _is_conflict(error):
                raise
            elif waited > _CONFLICT_PATIENCE:
                raise Conflict("too many others are changing the same; try again") from error
            number += 1
            time.sleep(random.uniform(0, pause))  # noqa: S311 — spreads retries, guards nothing


def _was_interrupted(error: BaseException, outer: BaseException | None) -> bool:
    """Return whether it is Ctrl-C, or what the driver made of it where it came in the middle of its work."""
    cause: BaseException | None = error
    while cause is not None and cause is not outer:
        if not isinstance(cause, Exception):
            return True
        cause = cause.__context__
    return False


def _is_away(error: Exception) -> bool:
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return True
    # The pool found no connection in time; the driver has no common class for these across versions.
    return "ConnectionAcquisition" in type(error).__name__


def _is_conflict(error: Exception) -> bool:
    # A ConstraintError is a conflict too: on the embedded store two makers of one node meet at commit. A result that
    # failed with another one of its transaction does not say why; that it was a deadlock was seen in races on Neo4j.
    return isinstance(error, ConstraintError | ResultFailedError | Unsettled) or (
        isinstance(error, Neo4jError | DriverError) and error.is_retryable()
    )
