"""Clients that act at the same moment: threads of this process, or other processes with drivers of their own."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from graph.engine import Dialect, Engine
from graph.model.refusals import Refusal
from graph.store import Store
from tests.worlds import MASTERS, Address, raw

PROCESSES = 4
_AHEAD = 0.05  # seconds in which everybody gets ready
_BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*) > 0 AS blocked"

Act = Callable[[Store], Any]
"""What a client does; for other processes a module's function or a `partial` of one."""


@dataclass(frozen=True)
class Outcome:
    """What came of one act: what it returned, or the name of the refusal and its `next`."""

    made: Any = None
    refused: str | None = None
    next: tuple[str, ...] = ()


AtOnce = Callable[[Sequence[Act]], list[Outcome]]
"""Does all acts at the same moment and returns their outcomes, in the order of the acts."""


def _attempt(store: Store, act: Act, at: float) -> Outcome:
    time.sleep(max(0.0, at - time.time()))
    try:
        return Outcome(act(store))
    except Refusal as refusal:
        return Outcome(refused=type(refusal).__name__, next=tuple(n["resource"] for n in refusal.more.get("next", [])))
    except Exception as error:  # a race must not end in anything else; the test shows it
        return Outcome(refused=f"{type(error).__name__}: {error}")


def _together(store: Store, acts: Sequence[Act], at: float) -> list[Outcome]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(lambda act: _attempt(store, act, at), acts))


def threads(store: Store) -> AtOnce:
    """Return a crew of as many threads as there are acts."""
    return lambda acts: _together(store, acts, time.time() + _AHEAD)


def _is_blocked(engine: Engine) -> bool:
    """Tell whether a transaction waits for a lock; on the embedded store none does, it is refused at commit."""
    return engine.dialect is Dialect.NEO4J and bool(raw(engine, _BLOCKED)[0]["blocked"])


@dataclass
class Between:
    """Somebody who acts in the middle of another's transaction.

    Attributes
    ----------
    held_back
        Whether they had to wait until the other one's transaction was over.
    outcome
        What came of their act; there when the block is left.
    """

    held_back: bool | None = None
    outcome: Outcome | None = None


@contextlib.contextmanager
def halfway(engine: Engine, subject: type, method: str, store: Store, act: Act) -> Iterator[Between]:
    """Let somebody act once, when a transaction of another has come out of a method of the store and goes on.

    The same transactions with the same queries, in one order that a missing lock can't stand.
    """
    between = Between()
    own = getattr(subject, method)
    acting: list[Future[Outcome]] = []
    with ThreadPoolExecutor(1) as pool:

        def pauses(*arguments: Any, **named: Any) -> Any:
            result = own(*arguments, **named)
            if between.held_back is None:
                between.held_back = False
                acting.append(pool.submit(_attempt, store, act, 0.0))
                while not acting[0].done() and not between.held_back:
                    time.sleep(0.02)
                    between.held_back = _is_blocked(engine)
            return result

        setattr(subject, method, pauses)
        try:
            yield between
        finally:
            setattr(subject, method, own)
            between.outcome = acting[0].result() if acting else None


@contextlib.contextmanager
def processes(address: Address) -> Iterator[AtOnce]:
    """Open a crew of `PROCESSES` processes that share the acts among them."""
    with ProcessPoolExecutor(
        PROCESSES, mp_context=multiprocessing.get_context("spawn"), initializer=_enter, initargs=(address,)
    ) as pool:

        def at_once(acts: Sequence[Act]) -> list[Outcome]:
            at = time.time() + 2 * _AHEAD
            shares = [pool.submit(_in_process, acts[i::PROCESSES], at) for i in range(min(PROCESSES, len(acts)))]
            outcomes: list[Outcome | None] = [None] * len(acts)
            for i, share in enumerate(shares):
                outcomes[i::PROCESSES] = share.result()
            return [o for o in outcomes if o is not None]

        at_once([_ping] * PROCESSES)  # everybody is there
        yield at_once


_store: Store | None = None


def _enter(address: Address) -> None:
    global _store
    _store = Store(address.connect(), MASTERS)


def _in_process(acts: Sequence[Act], at: float) -> list[Outcome]:
    assert _store is not None
    return _together(_store, acts, at)


def _ping(store: Store) -> None:
    store.ping()
    time.sleep(0.5)  # long enough that nobody does two
