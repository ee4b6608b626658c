"""What tests of the register do and ask."""

from typing import Any

from graph.engine import Engine
from graph.model.needs import Field
from graph.model.people import Team
from graph.store import Store
from matching.use_cases import teams
from tests.worlds import EAST_STAFF, FakeClock, key, raw

VESTS = Team("vests", "红马甲", Field.ELDER_CARE, located_in="east")


def events(engine: Engine, subject: str) -> list[tuple[Any, ...]]:
    """Return (seq, verb, before, after, reason, party) of everything that happened to a subject."""
    rows = raw(engine, "MATCH (e:Event {subject: $id}) RETURN properties(e) AS e", id=subject)
    found = [row["e"] for row in rows]
    return sorted(tuple(e.get(n) for n in ("seq", "verb", "before", "after", "reason", "party")) for e in found)


def lasting(engine: Engine, type_: str, start: str) -> list[tuple[str, Any, Any]]:
    """Return (end, since, until) of every relationship of a type, the earliest first."""
    query = f"MATCH (a {{id: $id}})-[r:{type_}]->(b) RETURN b.id AS b, r.since AS since, r.until AS until"
    rows = raw(engine, query, id=start)
    return sorted(((r["b"], r["since"], r["until"]) for r in rows), key=lambda r: (r[1] or 0, r[0]))


def add_vests(store: Store, clock: FakeClock) -> Team:
    return teams.add_team(store, VESTS, by=EAST_STAFF, key=key(), clock=clock)
