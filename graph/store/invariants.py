"""What must always hold: counts taken anew from the assignments, and the shape of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from graph import schema
from graph.model.areas import PARENTS
from graph.sealing import SEALED
from graph.store.transaction import Transaction

_BUCKETS = """
MATCH (b:Bucket) OPTIONAL MATCH (b)<-[:USES]-(a:Assignment)
WITH b, sum(CASE WHEN a.state = 'offered' THEN a.quantity ELSE 0 END) AS reserved,
  sum(CASE WHEN a.state IN ['active', 'delivered', 'confirmed'] THEN a.quantity ELSE 0 END) AS taken
WHERE b.reserved <> reserved OR b.taken <> taken OR b.reserved + b.taken > b.capacity
RETURN b.id AS id, b.capacity AS capacity, b.reserved AS reserved, b.taken AS taken,
  reserved AS counted_reserved, taken AS counted_taken LIMIT 100"""
_NEEDS = """
MATCH (n:Need) OPTIONAL MATCH (n)<-[:SERVES]-(a:Assignment)
WITH n, sum(CASE WHEN a.state = 'offered' THEN a.quantity ELSE 0 END) AS reserved,
  sum(CASE WHEN a.state IN ['active', 'delivered', 'confirmed'] THEN a.quantity ELSE 0 END) AS taken
WHERE n.reserved <> reserved OR n.taken <> taken OR n.reserved + n.taken > n.quantity
RETURN n.id AS id, n.quantity AS capacity, n.reserved AS reserved, n.taken AS taken,
  reserved AS counted_reserved, taken AS counted_taken LIMIT 100"""
_HALVES = """
MATCH (a:Assignment) OPTIONAL MATCH (a)-[s:SERVES]->(:Need) OPTIONAL MATCH (a)-[u:USES]->(:Bucket)
WITH a, count(DISTINCT s) AS serves, count(DISTINCT u) AS uses WHERE serves <> 1 OR uses <> 1
RETURN a.id AS id, serves, uses LIMIT 100"""
_LIVE_KEYS = """
MATCH (a:Assignment) WHERE (a.state IN ['offered', 'active']) <> (a.live_key IS NOT NULL)
RETURN a.id AS id, a.state AS state LIMIT 100"""
_EVENTLESS = """
MATCH (a:Assignment) OPTIONAL MATCH (e:Event {subject: a.id})
WITH a, count(e) AS events WHERE events <> a.rev RETURN a.id AS id, a.rev AS rev, events LIMIT 100"""
_AREAS_OF_NEEDS = """
MATCH (n:Need) OPTIONAL MATCH (n)-[i:IN_AREA]->(:Area)
WITH n, count(i) AS areas WHERE areas <> 1 RETURN n.id AS id, areas LIMIT 100"""
_REQUIRE_NOTHING = """
MATCH (n:Need) OPTIONAL MATCH (n)-[r:REQUIRES]->(:Capability)
WITH n, count(r) AS required WHERE required = 0 RETURN n.id AS id LIMIT 100"""
_DELIVERED = """
MATCH (n:Need) WHERE n.delivered > n.taken
RETURN n.id AS id, n.delivered AS delivered, n.taken AS taken LIMIT 100"""
_PROVIDERS = """
MATCH (r:Resource) OPTIONAL MATCH (p)-[l:LISTS]->(r)
WITH r, count(l) AS providers, min(p.id) AS provider WHERE providers <> 1 OR provider <> r.provider
RETURN r.id AS id, providers, r.provider AS named LIMIT 100"""
_PARENTS = """
MATCH (a:Area) OPTIONAL MATCH (a)-[p:PART_OF]->(:Area)
WITH a, count(p) AS parents WHERE parents <> CASE WHEN a.kind = 'city' THEN 0 ELSE 1 END
RETURN a.id AS id, a.kind AS kind, parents LIMIT 100"""
_UNDER_WRONG_KIND = """
MATCH (a:Area)-[:PART_OF]->(o:Area) WHERE NOT (a.kind + '<' + o.kind) IN $allowed
RETURN a.id AS id, a.kind AS kind, o.id AS parent, o.kind AS parent_kind LIMIT 100"""
_IS_A = "MATCH (c:Capability)-[:IS_A]->(general:Capability) RETURN c.id AS id, general.id AS general"
_BORDERS = """
MATCH (a:Area)-[b:BORDERS]->(o:Area) WITH a, o, count(b) AS times WHERE a.id >= o.id OR times > 1
RETURN a.id AS id, o.id AS other, times LIMIT 100"""
_ERASED_STILL_IN = """
MATCH (p:Person) WHERE p.erased = true
OPTIONAL MATCH (p)-[:LISTS]->(r:Resource) WHERE r.state = 'listed'
OPTIONAL MATCH (p)-[j:JOINED]->(:Team) WHERE j.until IS NULL
WITH p, count(DISTINCT r) AS listed, count(DISTINCT j) AS joined WHERE listed + joined > 0
RETURN p.id AS id, listed, joined LIMIT 100"""
_BORDERS_OF_KINDS = """
MATCH (a:Area)-[:BORDERS]->(o:Area) WHERE a.kind <> o.kind
RETURN a.id AS id, a.kind AS kind, o.id AS other, o.kind AS other_kind LIMIT 100"""
_SINGLE = """
MATCH (n:{start}) OPTIONAL MATCH (n)-[r:{type}]->(:{end}) WHERE r.until IS NULL
WITH n, count(r) AS live WHERE live > 1 OR live < $least RETURN n.id AS id, live LIMIT 100"""
_SINGLE_OF = (
    ("Person", "LIVES_IN", "Area", 1),
    ("Household", "LIVES_IN", "Area", 1),
    ("Person", "BELONGS_TO", "Household", 0),
    ("Organisation", "LOCATED_IN", "Area", 0),
    ("Team", "LOCATED_IN", "Area", 0),
    ("PartyOrganisation", "UNDER", "PartyOrganisation", 0),
)
"""What one has only one of at a time, however many there were before; and how many at least."""
_IN_CLEAR = """
MATCH (n:{label}) WHERE n.{name} IS NOT NULL AND NOT n.{name} STARTS WITH $sealed RETURN n.{key} AS id LIMIT 100"""
_WITHOUT_KEY = """
MATCH (n:{label}) WHERE n.{name} STARTS WITH $sealed
WITH n, substring(n.{name}, 3, size(n.{name}) - 4 - size(last(split(n.{name}, ':')))) AS owner
OPTIONAL MATCH (k:DataKey {{id: owner}})
WITH n, owner, count(k) AS found WHERE found = 0 RETURN n.{key} AS id, owner LIMIT 100"""
"""A sealed text is `v2:owner:…`; a key that was destroyed is still there, empty."""
_ERASED_KEYS = """
MATCH (p:Person) MATCH (k:DataKey {id: p.id}) WHERE p.erased = (k.wrapped IS NOT NULL)
RETURN p.id AS id, p.erased AS erased LIMIT 100"""

Progress = Callable[[str, int, int], None]
"""Told (what, done, of how many)."""

_CARDS = (
    ("need", "MATCH (n:Need) WHERE n.card IS NULL OR NOT n.card STARTS WITH n.title RETURN n.id AS id LIMIT 100"),
    (
        "resource",
        "MATCH (r:Resource) WHERE r.card IS NULL OR NOT r.card STARTS WITH r.title RETURN r.id AS id LIMIT 100",
    ),
)


class Invariants:
    """Checks over the whole graph; meant for `renling doctor` and for the end of every test."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def broken(self, progress: Progress = lambda *_: None) -> list[str]:
        """Return a sentence for each thing that does not hold; empty where all is well."""
        sentences: list[str] = []
        checks = (
            self._counts,
            self._assignments,
            self._cards,
            self._places,
            self._capabilities,
            self._live,
            self._sealed,
        )
        for number, check in enumerate(checks):
            progress("check", number, len(checks))
            sentences.extend(check())
        progress("check", len(checks), len(checks))
        return sentences

    def _counts(self) -> Iterator[str]:
        for what, query in (("bucket", _BUCKETS), ("need", _NEEDS)):
            for row in self._rows(query):
                yield (
                    f"{what} {row['id']}: {row['reserved']} reserved and {row['taken']} taken of "
                    f"{row['capacity']}, but its assignments say {row['counted_reserved']} and {row['counted_taken']}"
                )
        for row in self._rows(_DELIVERED):
            yield f"need {row['id']}: {row['delivered']} delivered, and only {row['taken']} taken"

    def _assignments(self) -> Iterator[str]:
        for row in self._rows(_HALVES):
            yield f"assignment {row['id']}: serves {row['serves']} needs and uses {row['uses']} buckets, not one each"
        for row in self._rows(_LIVE_KEYS):
            yield f"assignment {row['id']}: {row['state']}, and its live key says otherwise"
        for row in self._rows(_EVENTLESS):
            yield f"assignment {row['id']}: {row['rev']} changes, {row['events']} events"

    def _cards(self) -> Iterator[str]:
        for what, query in _CARDS:
            for row in self._rows(query):
                yield f"{what} {row['id']}: its card does not begin with its title, so a search misses it"

    def _places(self) -> Iterator[str]:
        for row in self._rows(_AREAS_OF_NEEDS):
            yield f"need {row['id']}: lies in {row['areas']} areas, not in one"
        for row in self._rows(_REQUIRE_NOTHING):
            yield f"need {row['id']}: requires no capability, so nothing can be matched with it"
        for row in self._rows(_PROVIDERS):
            yield f"resource {row['id']}: is listed by {row['providers']}, not by its one provider {row['named']}"
        for row in self._rows(_PARENTS):
            yield f"area {row['id']}: a {row['kind']} that is part of {row['parents']} areas"
        allowed = [f"{kind}<{above}" for kind, parents in PARENTS.items() for above in parents]
        for row in self._rows(_UNDER_WRONG_KIND, allowed=allowed):
            yield f"area {row['id']}: a {row['kind']} that is part of {row['parent']}, a {row['parent_kind']}"
        for row in self._rows(_BORDERS):
            yield f"area {row['id']}: borders {row['other']} {row['times']} times, or with the higher id first"
        for row in self._rows(_BORDERS_OF_KINDS):
            yield f"area {row['id']}: a {row['kind']} that borders {row['other']}, a {row['other_kind']}"

    def _capabilities(self) -> Iterator[str]:
        order: TopologicalSorter[str] = TopologicalSorter()
        for row in self._rows(_IS_A):
            order.add(row["id"], row["general"])
        try:
            order.prepare()
        except CycleError as error:
            yield f"capabilities {' IS_A '.join(reversed(error.args[1]))}: in a circle"

    def _live(self) -> Iterator[str]:
        for row in self._rows(_ERASED_STILL_IN):
            yield (
                f"person {row['id']}: was erased, and lists {row['listed']} resources and is in {row['joined']} teams; "
                "erase them again"
            )
        for start, type_, end, least in _SINGLE_OF:
            for row in self._rows(_SINGLE.format(start=start, type=type_, end=end), least=least):
                yield f"{start} {row['id']}: {row['live']} {type_} in force, not one"

    def _sealed(self) -> Iterator[str]:
        sealed = f"{SEALED}:"
        for node in schema.NODES:
            for name in node.secrets:
                own = {"label": node.label, "name": name, "key": node.key}
                for row in self._rows(_IN_CLEAR.format(**own), sealed=sealed):
                    yield f"{node.label} {row['id']}: {name} is personal, and is not sealed"
                for row in self._rows(_WITHOUT_KEY.format(**own), sealed=sealed):
                    yield f"{node.label} {row['id']}: {name} can't be opened, there is no data key of {row['owner']}"
        for row in self._rows(_ERASED_KEYS):
            told = "erased, and the data key is still there" if row["erased"] else "the data key is destroyed"
            yield f"Person {row['id']}: {told}"

    def _rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._transaction.rows(query, **parameters)
