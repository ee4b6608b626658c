"""The embedded store beside Neo4j: the demo city loaded, its night, and claims racing for capacity."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.engine import Engine, connect
from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.assignments import Side
from graph.model.ids import new_id
from graph.model.plans import PlannedPair
from graph.model.times import SystemClock, city_date
from graph.sealing import MasterKeys
from graph.store import Graph, Store
from matching.use_cases.nightly import nightly
from matching.use_cases.offers import offer_pairs
from seeds.load import load
from seeds.tongchuan import build
from tests.stores import open_neo4j

SCALE = 0.1
CLIENTS, CLAIMS = 8, 25
CLOCK = SystemClock()
OPERATOR = Actor("operator:bench", Role.OPERATOR)


@contextmanager
def took(row: dict[str, float], name: str) -> Iterator[None]:
    """Note how long a block takes."""
    started = time.perf_counter()
    yield
    row[name] = time.perf_counter() - started


def measure(engine: Engine) -> dict[str, float]:
    """Return seconds, and claims a second, of one store."""
    row: dict[str, float] = {}
    store = Store(engine, MasterKeys(bytes(32)), patience=60)
    store.migrate()
    city = build(scale=SCALE, now=CLOCK.now())
    day = city_date(CLOCK.now())
    with took(row, "load, s"):
        load(store, city)
    with took(row, "load again, s"):
        load(store, city)
    top = city.areas[0].id
    with took(row, "snapshot, s"):
        store.read(lambda graph: graph.snapshots.read(top, day), scope=EVERYTHING)
    with took(row, "night, s"):
        report = nightly(store, area=None, night=day, by=OPERATOR, clock=CLOCK)
    row["pairs offered"] = report.plan.written
    row["claims a second"] = claims(store, [n.id for n in city.needs], [r.id for r in city.resources])
    assert store.read(lambda graph: graph.invariants.broken(), scope=EVERYTHING) == []
    return row


def claims(store: Store, needs: list[str], resources: list[str]) -> float:
    """Return how many offers a second several clients make on few hot pairs, granted and refused."""

    def one(client: int) -> None:
        for i in range(CLAIMS):
            pair = PlannedPair(needs[(client + i) % 4], 1, resources[i % 4], 1, f"bench-{client}-{i % 7}", 1, {})

            def work(graph: Graph, pair: PlannedPair = pair) -> int:
                offered = offer_pairs(
                    graph,
                    [pair],
                    name=lambda _: new_id(),
                    waiting_for=frozenset({Side.PROVIDER}),
                    plan=None,
                    by=OPERATOR,
                    at=CLOCK.now(),
                )
                return len(offered.written)

            store.write(work, scope=EVERYTHING)

    clients = [threading.Thread(target=one, args=(i,)) for i in range(CLIENTS)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return CLIENTS * CLAIMS / (time.perf_counter() - started)


def run() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as folder:
        with connect("embedded", data=Path(folder) / "embedded") as engine:
            embedded = measure(engine)
        with open_neo4j(Path(folder) / "neo4j") as engine:
            neo4j = measure(engine)
    print(f"Tongchuan at scale {SCALE}:\n\n| | embedded | Neo4j | embedded / Neo4j |\n|---|---|---|---|")
    for name, ours in embedded.items():
        print(f"| {name} | {ours:.2f} | {neo4j[name]:.2f} | {ours / neo4j[name]:.2f} |")
