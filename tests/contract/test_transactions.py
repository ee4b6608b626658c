"""Work in one transaction: all of it or nothing, tried again where that is safe."""

import time

import pytest
from neo4j.exceptions import Neo4jError, TransientError

from graph.engine import Dialect, Engine
from graph.model.needs import Need
from graph.store import (
    Conflict,
    Graph,
    Store,
    attempts,
)
from tests.contract.worlds import EAST, read, write
from tests.worlds import (
    WEEK,
    fill,
    fingerprint,
    key,
    need,
    properties,
)


def test_nothing_is_half_written_when_work_fails_in_the_middle(store: Store, engine: Engine) -> None:
    fill(store, need())
    before = fingerprint(engine)

    def work(graph: Graph) -> None:
        graph.needs.create(need("second"))
        [counters] = graph.needs.lock(["leak"]).values()
        counters.reserved += 1
        graph.needs.set_counters([counters])
        graph.resources.lock_buckets([("wang-time", WEEK)])
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write(store, work)
    assert fingerprint(engine) == before


def test_work_that_is_interrupted_is_run_again_from_the_start_and_has_one_effect(store: Store, engine: Engine) -> None:
    fill(store, need())
    attempts: list[str] = []

    def work(graph: Graph) -> None:
        [counters] = graph.needs.lock(["leak"]).values()
        counters.rev += 1
        graph.needs.set_counters([counters])
        attempts.append("")
        if len(attempts) < 3:
            raise a_deadlock()

    write(store, work)
    assert len(attempts) == 3
    assert properties(engine, "Need", "leak")["rev"] == 2


def a_deadlock() -> Neo4jError:
    """Return the error that both stores raise when two writers meet."""
    error = Neo4jError._hydrate_neo4j(code="Neo.TransientError.Transaction.DeadlockDetected", message="met")
    assert isinstance(error, TransientError)
    return error


def test_who_keeps_meeting_others_gives_up_in_the_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_CONFLICT_PATIENCE", 0.3)

    def work(graph: Graph) -> None:
        raise a_deadlock()

    started = time.monotonic()
    with pytest.raises(Conflict):
        write(store, work)
    assert 0.3 <= time.monotonic() - started < 3


def test_an_error_of_the_query_itself_is_not_tried_again(store: Store) -> None:
    attempts: list[str] = []

    def work(graph: Graph) -> None:
        attempts.append("")
        graph.loading._transaction.rows("THIS IS NO CYPHER")

    with pytest.raises(Neo4jError):
        write(store, work)
    assert len(attempts) == 1


def test_a_whole_transaction_sent_again_under_its_key_changes_nothing(store: Store, engine: Engine) -> None:
    fill(store)
    used = key()

    def work(graph: Graph) -> Need:
        graph.needs.create(need())
        return graph.needs.get("leak")

    def send() -> Need:
        return store.write_once(work, scope=EAST, key=used, again=lambda g, made: g.needs.get(made))

    first = send()
    before = fingerprint(engine)
    assert send() == first
    assert fingerprint(engine) == before


def test_what_only_reads_may_not_write_to_a_neo4j(store: Store, engine: Engine) -> None:
    if engine.dialect is Dialect.EMBEDDED:
        pytest.skip("the embedded store does not tell reading from writing")
    fill(store)
    with pytest.raises(Neo4jError):
        read(store, lambda g: g.needs.create(need()))


def test_everything_done_by_the_writers_is_seen_within_their_own_transaction(store: Store) -> None:
    fill(store)

    def work(graph: Graph) -> Need:
        graph.needs.create(need())
        return graph.needs.get("leak")

    assert write(store, work, EAST).id == "leak"
