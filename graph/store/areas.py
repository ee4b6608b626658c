"""Areas and capabilities: what everything else hangs on. Both are public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph import schema
from graph.model.areas import Area, AreaKind
from graph.model.capabilities import Capability
from graph.store.errors import NotFound
from graph.store.loading import Loading, Rows
from graph.store.transaction import Transaction

_GET = """
MATCH (a:Area) WHERE a.id = $id OPTIONAL MATCH (a)-[:PART_OF]->(p:Area)
OPTIONAL MATCH (a)-[:WITHIN_COMPOUND]->(c:Area)
RETURN properties(a) AS area, p.id AS parent, c.id AS compound"""
_FIND = """
MATCH (a:Area {code: $code}) OPTIONAL MATCH (a)-[:PART_OF]->(p:Area)
RETURN properties(a) AS area, p.id AS parent, null AS compound"""
_CHILDREN = """
MATCH (p:Area {id: $parent})<-[:PART_OF]-(a:Area) WHERE a.id > $after AND ($kind IS NULL OR a.kind = $kind)
OPTIONAL MATCH (a)-[:WITHIN_COMPOUND]->(c:Area)
RETURN properties(a) AS area, p.id AS parent, c.id AS compound ORDER BY a.id LIMIT $limit"""
_ROOTS = """
MATCH (a:Area {kind: 'city'}) WHERE a.id > $after
RETURN properties(a) AS area, null AS parent, null AS compound ORDER BY a.id LIMIT $limit"""
_WITHIN = """
MATCH (a:Area {id: $id})-[:PART_OF*0..6]->(up:Area {id: $within}) RETURN count(up) AS found"""
_PATH = """
MATCH p = (a:Area {id: $id})-[:PART_OF*0..6]->(up:Area) RETURN up.id AS id, length(p) AS steps ORDER BY steps"""
_NAMES = "UNWIND $ids AS id MATCH (a:Area {id: id}) RETURN a.id AS id, a.name AS name"
_GRID = "MATCH (a:Area {id: $id})-[:PART_OF*0..1]->(g:Area {kind: 'grid'}) RETURN g.id AS id"
_CAPABILITIES = """
MATCH (c:Capability) OPTIONAL MATCH (c)-[:IS_A]->(d:Capability)
RETURN properties(c) AS capability, collect(d.id) AS is_a ORDER BY capability.id"""

_LOCK = "MATCH (a:Area {id: $id}) SET a.lock = $nonce"
_SET_LIMITS = "MATCH (a:Area {id: $id}) SET a += $row"
_CAPABILITY_LOCK = "MATCH (c:Capability) WITH c ORDER BY c.id SET c.lock = $nonce"
_RENAME = "MATCH (c:Capability {id: $id}) SET c.name = $name"


class Areas:
    """The area tree."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, area: str) -> Area:
        """Return an area by its id.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._transaction.one(_GET, id=area)
        if row is None:
            raise NotFound("no such area; GET /areas lists them", area=area)
        return _area(row)

    def find(self, id_or_code: str) -> Area:
        """Return an area by its id or its official code.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._transaction.one(_FIND, code=id_or_code)
        if row is None:
            return self.get(id_or_code)
        return _area(row)

    def children(self, parent: str | None, *, kind: AreaKind | None = None, after: str = "", limit: int) -> list[Area]:
        """Return the areas right below one (None: the cities), of a kind where one is given, by id, behind `after`."""
        rows = (
            self._transaction.rows(_ROOTS, after=after, limit=limit)
            if parent is None
            else self._transaction.rows(_CHILDREN, parent=parent, kind=kind, after=after, limit=limit)
        )
        return [_area(row) for row in rows]

    def path(self, area: str) -> list[str]:
        """Return the ids from an area up to its city, itself first; empty where there is no such area."""
        return [row["id"] for row in self._transaction.rows(_PATH, id=area)]

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of areas by id; those that do not exist are left out."""
        return {row["id"]: row["name"] for row in self._transaction.rows(_NAMES, ids=sorted(set(ids)))}

    def lock(self, area: str) -> Area:
        """Lock an area and return it, read under the lock.

        Raises
        ------
        NotFound
            There is none.
        """
        self._transaction.do(_LOCK, id=area, nonce=self._transaction.nonce)
        return self.get(area)

    def set_limits(self, area: Area) -> None:
        """Write an area's quota, floor and `rev`; the caller holds the lock."""
        values = {name: getattr(area, name) for name in ("quota", "floor", "rev")}
        self._transaction.do(_SET_LIMITS, id=area.id, row=schema.AREA.encode_changes(area.id, values))

    def grid_of(self, area: str) -> str:
        """Return a building's grid; any other area itself."""
        row = self._transaction.one(_GRID, id=area)
        return area if row is None else str(row["id"])

    def in_scope(self, area: str) -> bool:
        """Tell whether an area exists and lies in the transaction's scope."""
        within = self._transaction.scope.area or area
        row = self._transaction.one(_WITHIN, id=area, within=within)
        return row is not None and row["found"] > 0


def _area(row: Mapping[str, Any]) -> Area:
    values = schema.AREA.decode(row["area"])
    values["rev"] = values["rev"] or 0
    return Area(**values, parent=row["parent"], compound=row["compound"])


class Capabilities:
    """What can be asked and offered."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def all(self) -> list[Capability]:
        """Return every capability, by id; a few hundred."""
        return [
            Capability(**schema.CAPABILITY.decode(row["capability"]), is_a=tuple(sorted(row["is_a"])))
            for row in self._transaction.rows(_CAPABILITIES)
        ]

    def lock(self) -> dict[str, Capability]:
        """Lock the whole vocabulary and return it by id, read under the locks: two must not join a circle at once."""
        self._transaction.do(_CAPABILITY_LOCK, nonce=self._transaction.nonce)
        return {capability.id: capability for capability in self.all()}

    def create(self, capability: Capability) -> None:
        """Write a new capability; the caller holds the lock."""
        write_capabilities(Loading(self._transaction), [capability])

    def rename(self, capability: str, name: str) -> None:
        """Give a capability another name; the caller holds the lock."""
        row = schema.CAPABILITY.properties["name"].encode(name)
        self._transaction.do(_RENAME, id=capability, name=row)


def write_areas(loading: Loading, areas: Sequence[Area]) -> int:
    """Write areas that do not exist yet and hang them in the tree; return how many were new."""
    new = loading.nodes(schema.AREA, [{name: getattr(a, name) for name in schema.AREA.properties} for a in areas])
    areas = loading.made(schema.AREA, areas)
    loading.relationships(schema.PART_OF, schema.AREA, schema.AREA, [(a.id, a.parent, {}) for a in areas if a.parent])
    inside: Rows = [(a.id, a.compound, {}) for a in areas if a.compound]
    loading.relationships(schema.WITHIN_COMPOUND, schema.AREA, schema.AREA, inside)
    return new


def write_borders(loading: Loading, borders: Sequence[tuple[str, str]]) -> int:
    """Write which areas touch, each pair once, the lower id first; return how many were new."""
    ordered: Rows = [(min(pair), max(pair), {}) for pair in borders]
    return loading.relationships(schema.BORDERS, schema.AREA, schema.AREA, ordered)


def write_capabilities(loading: Loading, capabilities: Sequence[Capability]) -> int:
    """Write capabilities that do not exist yet and their order; return how many were new."""
    new = loading.nodes(
        schema.CAPABILITY,
        [{name: getattr(c, name) for name in schema.CAPABILITY.properties} for c in capabilities],
    )
    capabilities = loading.made(schema.CAPABILITY, capabilities)
    loading.relationships(
        schema.IS_A,
        schema.CAPABILITY,
        schema.CAPABILITY,
        [(c.id, general, {}) for c in capabilities for general in c.is_a],
    )
    return new
