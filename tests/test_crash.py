"""The store killed under a crowd of writers, again and again: nothing acknowledged is lost, nothing is half-written.

`renling serve` stands in front of it and comes back by itself. The crowd: people over HTTP, each with an idempotency
key that is sent again until it is answered or given up, a clerk who records, moves and erases people and edits a list
entry, somebody who replaces the master key again and again, and one process that loads needs and runs nights.
"""

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
from graph import schema
from graph.engine import Engine, connect
from graph.master_key import load_keys
from graph.model.actors import EVERYTHING, Role
from graph.model.resources import Provided
from graph.model.times import SystemClock, city_date
from graph.sealing import MasterKeys
from graph.store import LeaseHeld, LeaseLost, Store
from graph.store.needs import write_needs
from graph.store.rotation import rotate_file
from matching.errors import WrongState
from matching.use_cases.nightly import nightly
from tests.stores import embedded_away, private_neo4j
from tests.web import Served, serve
from tests.worlds import OPERATOR, WANG_TIME, Address, add, broken, fill, need, raw

PEOPLE = 2  # who work over HTTP at once
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
    recorded: list[tuple[str, int]] = field(default_factory=list)  # (person, rev)
    erased: list[str] = field(default_factory=list)
    edits: list[int] = field(default_factory=list)  # rev of the edited list entry
    rotations: list[str] = field(default_factory=list)  # name of the master key after each
    wrong: list[str] = field(default_factory=list)

    @property
    def done(self) -> tuple[int, ...]:
        return tuple(map(len, (self.needs, self.moves, self.batches, self.edits, self.rotations)))


# ── the crowd ────────────────────────────────────────────────────────────────────────────────────────────────


class Person(threading.Thread):
    """Records a need, offers it, and says yes or no to the offer, over and over."""

    def __init__(self, name: str, base: str, key: str, crowd: Crowd) -> None:
        super().__init__(name=name, daemon=True)
        self._client = httpx.Client(
            base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE, trust_env=False
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
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any], rev: int | None = None) -> dict[str, Any] | None:
        """Send it until it is answered; None where it is refused, or given up unanswered."""
        headers = {"Idempotency-Key": str(uuid4())} | ({} if rev is None else {"If-Match": f'"{rev}"'})
        gives_up = self._chance.random() < 0.3
        while not self._crowd.over.is_set():
            try:
                answer = self._client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self._crowd.wrong.append(f"{path}: {type(error).__name__}")
                return None
            if answer.status_code in (200, 201):
                made: dict[str, Any] = answer.json()
                return made
            if answer.status_code in (409, 412):  # the night, or what one gave up oneself, was faster
                return None
            if answer.status_code != 503:
                self._crowd.wrong.append(f"{path}: {answer.status_code} {answer.text}")
                return None
            if gives_up:
                return None
            time.sleep(0.5)
        return None


class Clerk(Person):
    """Records a person, moves them, erases them, and edits a list entry, over and over."""

    def _one(self, title: str, answer: str) -> None:
        made = self._post("/people", {"name": "王小明", "phone": "13900000008", "lives_in": "east-1"})
        if made is not None:
            self._crowd.recorded.append((made["id"], made["rev"]))
            moved = self._send("PATCH", f"/people/{made['id']}", {"lives_in": "west-1"}, made["rev"])
            if moved is not None:
                self._crowd.recorded.append((moved["id"], moved["rev"]))
            if self._post(f"/people/{made['id']}/erase", {"reason": "mistake"}) is not None:
                self._crowd.erased.append(made["id"])
        entry = self._client.get("/resources/edited")
        if entry.status_code == 200:
            changes = {"capacity": entry.json()["rev"] % 5 + 1}
            edited = self._send("PATCH", "/resources/edited", changes, entry.json()["rev"])
            if edited is not None:
                self._crowd.edits.append(edited["rev"])


def rotates(running: "Running", crowd: Crowd) -> None:
    """Replace the master key, over and over, as `renling key rotate` does; what was stopped is gone on with."""
    while not crowd.over.is_set():
        try:
            rotate_file(running.data, lambda masters: Store(running.engine, masters, patience=PATIENCE))
            crowd.rotations.append(load_keys(running.data).current)
        except Exception as error:
            crowd.wrong.append(f"rotation: {type(error).__name__}: {error}")
        crowd.over.wait(0.5)


def load_and_match(address: Address, data: Path, said: Connection) -> None:
    """Load batches of needs and run nights, in a process of its own; say each that is done."""
    with address.connect() as engine:
        store = opened(engine, data)
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
def at_work(running: "Running", store: Store) -> Iterator[Crowd]:
    """Let everybody work until the block is left."""
    served = running.served
    key, _ = create_key(store, name="crowd", role=Role.STREET, area="street", provider=None, days=1, clock=CLOCK)
    crowd = Crowd()
    people = [Person(f"p{i}", served.base, key, crowd) for i in range(PEOPLE)] + [
        Clerk("clerk", served.base, key, crowd)
    ]
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=load_and_match, args=(running.address, running.data, theirs), daemon=True
    )
    process.start()
    theirs.close()
    listener = threading.Thread(target=listen, args=(ours, crowd), daemon=True)
    keeper = threading.Thread(target=rotates, args=(running, crowd), daemon=True)
    try:
        for thread in (listener, keeper, *people):
            thread.start()
        yield crowd
    finally:
        crowd.over.set()
        for one in (keeper, *people):
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
    data: Path
    away: Callable[[], AbstractContextManager[None]]


@contextlib.contextmanager
def embedded_service(folder: Path) -> Iterator[Running]:
    data = folder / "data"
    with (
        serve(data, "--port", "0") as served,
        connect("embedded", data=data) as engine,  # attached: `serve` alone starts it again
    ):
        yield Running(served, engine, Address("embedded", data), data, partial(embedded_away, data))


@contextlib.contextmanager
def neo4j_service(folder: Path) -> Iterator[Running]:
    data = folder / "data"
    with private_neo4j(folder) as own, serve(data, "--port", "0", **own.settings) as served:
        user, password = own.settings["RENLING_STORE_USER"], own.settings["RENLING_STORE_PASSWORD"]
        yield Running(served, own.engine, Address(own.engine.address, data, user, password), data, own.away)


def opened(engine: Engine, data: Path) -> Store:
    """Return the store under the data folder's master key, whichever that is by then."""
    return Store(engine, load_keys(data), patience=PATIENCE, reload=partial(load_keys, data))


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
        store = opened(running.engine, running.data)
        until(lambda: not says_away(running.served), "it does not start")
        fill(store)
        add(store, replace(WANG_TIME, id="by-day", capacity=100_000), replace(WANG_TIME, id="by-night", capacity=999))
        add(store, replace(WANG_TIME, id="edited", capacity=1, provides=(Provided("wheelchair", 1),)))
        with at_work(running, store) as crowd:
            for _ in range(rounds):
                gets_on(crowd)
                time.sleep(chance.uniform(0, 0.3))
                with running.away():
                    until(lambda: says_away(running.served), "nobody was told that the store is away")
                until(lambda: not says_away(running.served), "it does not come back")
                holds(store, running.engine, crowd)
            gets_on(crowd)
        assert crowd.wrong == []
        assert crowd.nights and crowd.erased
        everything_opens(running.engine, load_keys(running.data))
        holds(store, running.engine, crowd)
        whole_or_absent(running.engine)
        assert broken(store) == []
        assert "Traceback" not in running.served.log.read_text()


def holds(store: Store, engine: Engine, crowd: Crowd) -> None:
    """Check that all that was acknowledged until now is there."""
    needs, moves, batches = list(crowd.needs), list(crowd.moves), list(crowd.batches)
    recorded, erased, edits = dict(crowd.recorded), list(crowd.erased), list(crowd.edits)
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
    people = raw(engine, "UNWIND $ids AS id MATCH (p:Person {id: id}) RETURN id, p.rev AS rev", ids=list(recorded))
    assert len(people) == len(recorded) and all(row["rev"] >= recorded[row["id"]] for row in people)
    gone = raw(
        engine,
        "UNWIND $ids AS id MATCH (p:Person {id: id}) MATCH (k:DataKey {id: id}) "
        "WHERE p.erased AND p.name IS NULL AND p.phone_hash IS NULL AND k.wrapped IS NULL RETURN id",
        ids=erased,
    )
    assert len(gone) == len(erased)
    if edits:
        assert raw(engine, "MATCH (r:Resource {id: 'edited'}) RETURN r.rev AS rev")[0]["rev"] >= max(edits)


def everything_opens(engine: Engine, masters: MasterKeys) -> None:
    """Check that one master key is left, which opens every name and every need's words but those of the erased."""
    assert not masters.older
    left = raw(engine, "MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL RETURN DISTINCT k.master AS m")
    assert {row["m"] for row in left} == {masters.current}
    store = Store(engine, masters)
    for node, name in ((schema.PERSON, "name"), (schema.NEED, "text")):
        query = f"MATCH (n:{node.label}) WHERE n.{name} IS NOT NULL RETURN n.id AS id, n.{name} AS {name}"
        rows = raw(engine, query)
        clear = store.read(lambda g, node=node, rows=rows: g.vault.open(node, rows), scope=EVERYTHING)
        assert len(rows) > 0 and all(one.get(name) for one in clear)


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
    unheard = raw(
        engine,
        "MATCH (s) WHERE s:Person OR s:Resource OPTIONAL MATCH (e:Event {subject: s.id}) "
        "WITH s, count(e) AS events WHERE events <> CASE WHEN s:Person THEN coalesce(s.events, 0) ELSE s.rev - 1 END "
        "RETURN s.id AS id, events",
    )
    assert unheard == [], "a change without its event, or the other way round"
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
        "OPTIONAL MATCH (a:Assignment {id: k.outcome}) OPTIONAL MATCH (p:Person {id: k.outcome}) "
        "OPTIONAL MATCH (r:Resource {id: k.outcome}) "
        "WITH k, n, a, p, r WHERE n IS NULL AND a IS NULL AND p IS NULL AND r IS NULL RETURN k.id AS id",
    )
    assert outcomes == []
