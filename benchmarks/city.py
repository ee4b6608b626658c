"""The embedded store beside Neo4j at a city's size: loading, the optimizer's columns, pages, a search, a request."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.stores import CLOCK, OPERATOR, took
from graph.engine import Engine, connect
from graph.model.actors import EVERYTHING
from graph.model.areas import AreaKind
from graph.model.cards import CardKind
from graph.model.times import city_date
from graph.sealing import MasterKeys
from graph.store import Store
from matching.use_cases.cards import find_cards
from matching.use_cases.matches import request_match
from matching.use_cases.needs import list_needs
from seeds.city import City
from seeds.load import load
from seeds.tongchuan import build
from tests.stores import open_neo4j

WHOLE, SMALL = (1.0, 100_000), (0.05, 2_000)
"""(scale, needs)."""
ROUNDS = 5
WORDS = {
    "水管": "a rare word",
    "维修": "a word of every fifth card",
    "网格": "a word of every card",
    "水": "a character",
}


def measure(engine: Engine, city: City) -> dict[str, float]:
    """Return what one store takes for a city."""
    row: dict[str, float] = {}
    store = Store(engine, MasterKeys(bytes(32)), patience=60)
    store.migrate()
    with took(row, "load of the city, s"):
        load(store, city)
    top = city.areas[0].id
    with took(row, f"snapshot of {len(city.needs):,} needs into arrays, s"):
        store.read(lambda graph: graph.snapshots.read(top, city_date(CLOCK.now())), scope=EVERYTHING)
    street = _busiest_street(city)
    row["a page of a street's needs, ms"] = milliseconds(
        lambda: list_needs(store, area=street, state=None, urgency=None, before=None, limit=50, by=OPERATOR)
    )
    for word, what in WORDS.items():
        for where, area in (("everywhere", None), ("in a street", street)):

            def search(word: str = word, area: str | None = area) -> object:
                return find_cards(store, word, kind=CardKind.NEED, area=area, after=None, limit=50, by=OPERATOR)

            row[f"cards with {what} {where}, ms"] = milliseconds(search)
    need = next(n.id for n in city.needs if n.person is None)  # the operator sees no people
    row["a request for matches, ms"] = milliseconds(lambda: request_match(store, need, by=OPERATOR, clock=CLOCK))
    row["largest memory of the store, MB"] = _largest_memory(engine)
    row["largest memory of ours so far, MB"] = _peak(os.getpid())
    return row


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median of a few rounds, after one that the store plans its queries in."""
    work()
    rounds: dict[str, float] = {}
    for number in range(ROUNDS):
        with took(rounds, str(number)):
            work()
    return 1000 * median(rounds.values())


def _busiest_street(city: City) -> str:
    by_id = {area.id: area for area in city.areas}
    needs: dict[str, int] = {}
    for need in city.needs:
        area = by_id[need.area]
        while area.parent is not None and area.kind is not AreaKind.STREET:
            area = by_id[area.parent]
        needs[area.id] = needs.get(area.id, 0) + 1
    return max(needs, key=lambda area: needs[area])


def _largest_memory(engine: Engine) -> float:
    """Return the peak of the store's process, found by the port at which it listens; nan where it is elsewhere."""
    port = int(engine.address.rsplit(":", 1)[1])
    listening = {
        fields[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if (fields := line.split())[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            sockets = {str(handle.readlink()) for handle in (process / "fd").iterdir()}
        except OSError:  # gone, or not ours
            continue
        if sockets & {f"socket:[{inode}]" for inode in listening}:
            return _peak(int(process.name))
    return float("nan")


def _peak(process: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def run(*, small: bool = False) -> None:
    """Print a table."""
    scale, needs = SMALL if small else WHOLE
    started = time.perf_counter()
    city = build(scale=scale, needs=needs, now=CLOCK.now())
    made = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        with connect("embedded", data=Path(folder) / "embedded") as engine:
            embedded = measure(engine, city)
        with open_neo4j(Path(folder) / "neo4j") as engine:
            neo4j = measure(engine, city)
    print(
        f"Tongchuan at scale {scale} (made in {made:.1f} s): {len(city.people):,} people, "
        f"{len(city.resources):,} resources, {len(city.needs):,} needs:\n\n"
        "| | embedded | Neo4j | embedded / Neo4j |\n|---|---|---|---|"
    )
    for name, ours in embedded.items():
        print(f"| {name} | {ours:,.1f} | {neo4j[name]:,.1f} | {ours / neo4j[name]:.2f} |")
