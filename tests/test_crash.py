"""The store killed under a crowd of writers, again and again: nothing acknowledged is lost, nothing is half-written.

`renling serve` stands in front of it and comes back by itself. The crowd: people over HTTP, each with an idempotency
key that is sent again until it is answered or given up, and one process that loads needs and runs nights.
"""

import base64
import contextlib
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.security.keys import create_key
from graph.engine import Engine, connect
from graph.model.actors import EVERYTHING, Role
from graph.model.times import SystemClock, city_date
from graph.store import LeaseHeld, LeaseLost, Store
from graph.store.needs import write_needs
from matching.errors import WrongState
from matching.use_cases.nightly import nightly
from tests.stores import embedded_away, private_neo4j
from tests.web import Served, serve
from tests.worlds import MASTER_KEY, MASTERS, OPERATOR, WANG_TIME, Address, add, broken, fill, need, raw

PEOPLE = 3  # who work over HTTP at once
BATCH = 20  # needs loaded in one transaction
PATIENCE = 120.0  # seconds until everybody must have got on
ROUNDS = [
    pytest.param(3, marks=pytest.mark.timeout(900)),
    pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(7200)]),
]
CLOCK = SystemClock()


@dataclass
class Crowd:
    """What was acknowledged to whom, and what should never have been said."""

    over: threading.Event = field(default_factory=threading.Event)
    needs: list[str] = field(default_factory=list)
    moves: list[tuple[str, int, str]] = field(default_factory=list)  # (assignment, rev, state)
    batches: list[int] = field(default_factory=list)
    nights: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def done(self) -> tuple[int, int, int]:
        return len(self.needs), len(self.moves), len(self.batches)


# ── the crowd ────────────────────────────────────────────────────────────────────────────────────────────────


class Person(threading.Thread):
    """Records a need, offers it, and says yes or no to the offer, over and over."""

    def __init__(self, name: str, base: str, key: str, crowd: Crowd) -> None:
        super().__init__(name=name, daemon=True)
        self._client = httpx.Client(
            base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        )
        self._crowd = crowd
        self._chance = random.Random(name)

    def run(self) -> None:
        number = 0
        while not self._crowd.over.is_set():
            number += 1
            time.sleep(0.1)
            self._one(f"{self.name}.{number}", answer=("accept", "decline")[number % 2])

    def _one(self, title: str, answer: str) -> None:
        body = {"title": title, "text": "漏水", "area": "east-1", "requires": [{"capability": "plumbing"}]}
        made = self._post("/needs", body)
        if made is None:
            return
        self._crowd.needs.append(made["id"])
        offered = self._post("/assignments", {"need": made["id"], "resource": "by-day"})
        if offered is None:
            return
        self._crowd.moves.append((offered["id"], offered["rev"], offered["state"]))
        said = {"side": "provider"} | ({"reason": "busy"} if answer == "decline" else {})
        moved = self._post(f"/assignments/{offered['id']}/{answer}", said)
        if moved is not None:
            self._crowd.moves.append((moved["id"], moved["rev"], moved["state"]))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Send it until it is answered; None where it is refused, or given up unanswered."""
        headers = {"Idempotency-Key": str(uuid4())}
        gives_up = self._chance.random() < 0.3
        while not self._crowd.over.is_set():
            try:
                answer = self._client.post(path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self._crowd.wrong.append(f"{path}: {type(error).__name__}")
                return None
            if answer.status_code in (200, 201):
                made: dict[str, Any] = answer.json()
                return made
            if answer.status_code == 409:  # the night was faster
                return None
            if answer.status_code != 503:
                self._crowd.wrong.append(f"{path}: {answer.status_code} {answer.text}")
                return None
            if gives_up:
                return None
            time.sleep(0.5)
        return None


def load_and_match(address: Address, said: Connection) -> None:
    """Load batches of needs and run nights, in a process of its own; say each that is done."""
    with address.connect() as engine:
        store = Store(engine, MASTERS, patience=PATIENCE)
        for number in range(100_000):
            needs = [need(f"load-{number}-{i}") for i in range(BATCH if number < 20 else 2)]
            store.write(partial(_load, needs=needs), scope=EVERYTHING)
            said.send(("batch", number))
            with contextlib.suppress(LeaseHeld, LeaseLost, WrongState):  # a killed night's lease, or a lost reply
                night = city_date(CLOCK.now())
                report = nightly(store, area="city", night=night, by=OPERATOR, clock=CLOCK)
                said.send(("night", report.plan.id))
            time.sleep(0.5)


def _load(graph: Any, needs: list[Any]) -> None:
    write_needs(graph.loading, needs)


def listen(said: Connection, crowd: Crowd) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            kind, what = said.recv()
            (crowd.batches if kind == "batch" else crowd.nights).append(what)


@contextlib.contextmanager
def at_work(served: Served, store: Store, address: Address) -> Iterator[Crowd]:
    """Let everybody work until the block is left."""
    key, _ = create_key(store, name="crowd", role=Role.STREET, area="street", provider=None, days=1, clock=CLOCK)
    crowd = Crowd()
    people = [Person(f"p{i}", served.base, key, crowd) for i in range(PEOPLE)]
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=load_and_match, args=(address, theirs), daemon=True)
    process.start()
    theirs.close()
    listener = threading.Thread(target=listen, args=(ours, crowd), daemon=True)
    try:
        for thread in (listener, *people):
            thread.start()
        yield crowd
    finally:
        crowd.over.set()
        for one in people:
            one.join(PATIENCE)
        process.kill()  # it may be anywhere: what it was doing is whole or absent
        process.join()
        listener.join()


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def gets_on(crowd: Crowd) -> None:
    """Wait until each kind of writer has had something acknowledged again."""
    before = crowd.done
    until(lambda: all(now > then for now, then in zip(crowd.done, before, strict=True)), f"{before} and no further")


# ── the services ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Running:
    """A service before a store, and the store by itself."""

    served: Served
    engine: Engine
    address: Address
    away: Callable[[], AbstractContextManager[None]]


@contextlib.contextmanager
def embedded_service(folder: Path) -> Iterator[Running]:
    data = folder / "data"
    with (
        serve(data, "--port", "0", RENLING_MASTER_KEY=KEY) as served,
        connect("embedded", data=data) as engine,  # attached: `serve` alone starts it again
    ):
        yield Running(served, engine, Address("embedded", data), partial(embedded_away, data))


@contextlib.contextmanager
def neo4j_service(folder: Path) -> Iterator[Running]:
    data = folder / "data"
    with private_neo4j(folder) as own, serve(data, "--port", "0", RENLING_MASTER_KEY=KEY, **own.settings) as served:
        user, password = own.settings["RENLING_STORE_USER"], own.settings["RENLING_STORE_PASSWORD"]
        yield Running(served, own.engine, Address(own.engine.address, data, user, password), own.away)


KEY = base64.b64encode(MASTER_KEY).decode()


def says_away(served: Served) -> bool:
    return httpx.get(f"{served.base}/readyz", timeout=30, trust_env=False).status_code == 503


# ── the test ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("service", [embedded_service, neo4j_service], ids=["embedded", "neo4j"])
def test_a_store_killed_under_a_crowd_has_all_that_was_acknowledged_and_nothing_half_written(
    tmp_path: Path, rounds: int, service: Callable[[Path], AbstractContextManager[Running]]
) -> None:
    chance = random.Random(rounds)
    with service(tmp_path) as running:
        store = Store(running.engine, MASTERS, patience=PATIENCE)
        until(lambda: not says_away(running.served), "it does not start")
        fill(store)
        add(store, replace(WANG_TIME, id="by-day", capacity=100_000), replace(WANG_TIME, id="by-night", capacity=999))
        with at_work(running.served, store, running.address) as crowd:
            for _ in range(rounds):
                gets_on(crowd)
                time.sleep(chance.uniform(0, 0.3))
                with running.away():
                    until(lambda: says_away(running.served), "nobody was told that the store is away")
                until(lambda: not says_away(running.served), "it does not come back")
                holds(store, running.engine, crowd)
            gets_on(crowd)
        assert crowd.wrong == []
        assert crowd.nights
        holds(store, running.engine, crowd)
        whole_or_absent(running.engine)
        assert broken(store) == []
        assert "Traceback" not in running.served.log.read_text()


def holds(store: Store, engine: Engine, crowd: Crowd) -> None:
    """Check that all that was acknowledged until now is there."""
    needs, moves, batches = list(crowd.needs), list(crowd.moves), list(crowd.batches)
    store.ping()
    found = raw(engine, "UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->() RETURN id", ids=needs)
    assert len(found) == len(needs) == len(set(needs))
    events = [f"{assignment}|{rev}" for assignment, rev, _ in moves]
    there = raw(engine, "UNWIND $ids AS id MATCH (e:Event {id: id}) RETURN e.after AS state", ids=events)
    assert sorted(row["state"] for row in there) == sorted(state for *_, state in moves)
    loaded = raw(
        engine,
        "UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->() RETURN count(n) AS n",
        ids=[f"load-{number}-0" for number in batches],
    )
    assert loaded[0]["n"] == len(batches)


def whole_or_absent(engine: Engine) -> None:
    """Check what nobody was told of, too."""
    needs = raw(
        engine,
        "MATCH (n:Need) OPTIONAL MATCH (n)-[r:REQUIRES]->() OPTIONAL MATCH (e:Event {subject: n.id, verb: 'record'}) "
        "RETURN n.id AS id, n.title AS title, count(DISTINCT r) AS requires, count(DISTINCT e) AS events",
    )
    recorded = [row for row in needs if not row["id"].startswith("load-")]
    assert all((row["requires"], row["events"]) == (1, 1) for row in recorded)
    assert len({row["title"] for row in recorded}) == len(recorded), "a request sent again had a second effect"
    batches: dict[str, int] = {}
    for row in needs:
        if row["id"].startswith("load-"):
            number = row["id"].split("-")[1]
            batches[number] = batches.get(number, 0) + 1
            assert row["requires"] == 1
    assert all(count == (BATCH if int(number) < 20 else 2) for number, count in batches.items())
    halves = raw(engine, "MATCH (k:IdempotencyKey) WHERE k.outcome IS NULL RETURN k.id AS id")
    assert halves == []
    outcomes = raw(
        engine,
        "MATCH (k:IdempotencyKey) OPTIONAL MATCH (n:Need {id: k.outcome}) "
        "OPTIONAL MATCH (a:Assignment {id: k.outcome}) "
        "WITH k, n, a WHERE n IS NULL AND a IS NULL RETURN k.id AS id",
    )
    assert outcomes == []
