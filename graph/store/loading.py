"""Nodes and relationships written in bulk, as the schema declares them; writing twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from graph.elements import Node, Relationship
from graph.schema import SEEDING
from graph.store.errors import Erased, NotFound, Unsettled
from graph.store.transaction import Transaction, chunks
from graph.store.vault import Vault

_GRIDS = """
UNWIND $ids AS id MATCH (a:Area {id: id}) OPTIONAL MATCH (a)-[:PART_OF]->(g:Area) WHERE g.kind = 'grid'
RETURN id, coalesce(g.name, a.name) AS name"""
_LOCK_PEOPLE = "UNWIND $ids AS id MATCH (p:Person {id: id}) SET p.lock = $nonce RETURN id, p.erased AS erased"
_ROWS = 1000  # rows a query: short enough not to hold locks for long


Rows = list[tuple[str, str, Mapping[str, Any]]]
"""(key of the start, key of the end, properties) of relationships."""


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a store's schema has come to.

    Parameters
    ----------
    declared
        Names the constraints and indexes that were made (`declaring.digest`).
    """

    version: int
    declared: str | None


class Thing(Protocol):
    """What a node is written for."""

    @property
    def id(self) -> str:
        """The key of its node."""
        ...


T = TypeVar("T", bound=Thing)


class Loading:
    """Writes what is not there yet; what is there stays as it is, edits included.

    A thing and its relationships are written in one transaction, so what is there already is complete.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._since: datetime | None = None
        self._made: dict[str, set[str]] = {}  # label → keys of the nodes made in this very transaction
        self._seen: dict[str, set[str]] = {}  # … and of those that were there

    def beginning(self, at: datetime) -> Loading:
        """Let the lasting relationships that are written from here on begin at a moment; return this."""
        self._since = at
        return self

    def nodes(self, node: Node, values: Iterable[Mapping[str, Any]], owners: Sequence[str] | None = None) -> int:
        """Write nodes that do not exist yet.

        Parameters
        ----------
        owners
            Whose key seals each node's personal properties; None where nothing is personal.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        SchemaViolation
            A value that the schema does not allow; nothing is written.
        """
        values = list(values)
        there = self.existing(node, [value[node.key] for value in values])
        rows = [row for row in zip(values, owners or [""] * len(values), strict=True) if row[0][node.key] not in there]
        if owners is None:
            encoded = [node.encode(value) for value, _ in rows]
        else:
            sealers = Vault(self._transaction).sealers(owner for _, owner in rows)
            encoded = [node.encode(value, sealers[owner]) for value, owner in rows]
        for part in chunks(encoded, _ROWS):
            self._transaction.create(node.label, part)
        self._made.setdefault(node.label, set()).update(row[node.key] for row in encoded)
        self._seen.setdefault(node.label, set()).update(there)
        return len(encoded)

    def made(self, node: Node, things: Iterable[T]) -> list[T]:
        """Return those of the things whose node was made in this transaction; the others keep what they have."""
        keys = self._made.get(node.label, set())
        return [thing for thing in things if thing.id in keys]

    def existing(self, node: Node, keys: Sequence[str]) -> set[str]:
        """Return those of these keys of which a node exists."""
        query = f"UNWIND $keys AS key MATCH (n:{node.label} {{{node.key}: key}}) RETURN key"
        return {row["key"] for part in chunks(keys, _ROWS) for row in self._transaction.rows(query, keys=list(part))}

    def lock_people(self, ids: Iterable[str]) -> None:
        """Lock people, so that nobody is erased while something of theirs is being written.

        Raises
        ------
        Erased
            One of them was erased.
        """
        for part in chunks(sorted(set(ids)), _ROWS):
            for row in self._transaction.rows(_LOCK_PEOPLE, ids=list(part), nonce=self._transaction.nonce):
                if row["erased"]:
                    raise Erased("this person was erased; nothing is kept of them any more", person=row["id"])

    def relationships(
        self,
        relationship: Relationship,
        start: Node,
        end: Node,
        rows: Rows,
    ) -> int:
        """Join nodes that are not joined yet; return how many were not.

        Parameters
        ----------
        rows
            (key of the start, key of the end, properties).

        Raises
        ------
        NotFound
            An end does not exist; nothing is written.
        SchemaViolation
            A property that the schema does not allow; nothing is written.
        """
        if (start, end) not in relationship.pairs:
            raise ValueError(f"{relationship.type} does not join {start.label} to {end.label}")
        starts, ends = self._made.get(start.label, set()), self._made.get(end.label, set())
        new: dict[tuple[str, str], dict[str, Any]] = {}
        perhaps: dict[tuple[str, str], dict[str, Any]] = {}
        for a, b, properties in rows:
            if relationship.lasting:
                properties = {"since": self._since, **properties}
            # Nothing can join a node that was made a moment ago, so there is no need to look.
            (new if a in starts or b in ends else perhaps).setdefault((a, b), relationship.encode(properties))
        join = f"(a)-[r:{relationship.type}]->(b)"
        for part in _parts(new):
            self._join(f"CREATE {join} SET r += row.properties", relationship, start, end, part)
        made = len(new)
        for part in _parts(perhaps):
            joined = self._joined_already(relationship, start, end, part)
            if joined < len(part):
                self._join(f"MERGE {join} ON CREATE SET r += row.properties", relationship, start, end, part)
            made += len(part) - joined
        return made

    def _join(
        self, write: str, relationship: Relationship, start: Node, end: Node, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        query = (
            f"UNWIND $rows AS row MATCH (a:{start.label} {{{start.key}: row.start}}) "
            f"MATCH (b:{end.label} {{{end.key}: row.end}}) {write} RETURN count(*) AS found"
        )
        answer = self._transaction.one(query, rows=rows)
        if answer is not None and answer["found"] == len(rows):
            return
        missing = self._missing(start, {row["start"] for row in rows}) + self._missing(
            end, {row["end"] for row in rows}
        )
        if all(key in self._made.get(label, ()) or key in self._seen.get(label, ()) for label, key in missing):
            raise Unsettled(f"{relationship.type}: {len(missing)} ends")
        raise NotFound(f"{relationship.type}: a {start.label} or {end.label} of these does not exist")

    def _joined_already(
        self, relationship: Relationship, start: Node, end: Node, rows: Sequence[Mapping[str, Any]]
    ) -> int:
        """Return how many are joined; where not all are, lock the starts.

        Two who join the same old nodes at once would both do it on the embedded store. New nodes need no lock:
        there two makers meet in the key's constraint.
        """
        joined = self._transaction.one(
            f"UNWIND $rows AS row MATCH (a:{start.label} {{{start.key}: row.start}})-[:{relationship.type}]->"
            f"(b:{end.label} {{{end.key}: row.end}}) RETURN count(DISTINCT [row.start, row.end]) AS joined",
            rows=[{"start": row["start"], "end": row["end"]} for row in rows],
        )
        if joined is not None and joined["joined"] == len(rows):
            return len(rows)
        lock = f"UNWIND $keys AS key MATCH (n:{start.label} {{{start.key}: key}}) SET n.lock = $nonce"
        self._transaction.do(lock, keys=sorted({row["start"] for row in rows}), nonce=self._transaction.nonce)
        return int(joined["joined"]) if joined is not None else 0

    def _missing(self, node: Node, keys: set[str]) -> list[tuple[str, str]]:
        return [(node.label, key) for key in keys - self.existing(node, sorted(keys))]

    def names(self, node: Node, ids: Iterable[str]) -> dict[str, str]:
        """Return the name of each node of these keys."""
        query = f"UNWIND $ids AS id MATCH (n:{node.label} {{{node.key}: id}}) RETURN id, n.name AS name"
        return {row["id"]: row["name"] for row in self._transaction.rows(query, ids=sorted(set(ids)))}

    def grid_names(self, areas: Iterable[str]) -> dict[str, str]:
        """Return of each area its grid's name where it is a building, else its own: as far as a card may say."""
        rows = self._transaction.rows(_GRIDS, ids=sorted(set(areas)))
        return {row["id"]: row["name"] for row in rows}

    def schema_state(self) -> SchemaState | None:
        """Return what the store's schema has come to; None in an empty store."""
        query = "MATCH (s:Schema {id: 'renling'}) RETURN s.version AS version, s.declared AS declared"
        answer = self._transaction.one(query)
        return None if answer is None else SchemaState(**answer)

    def note_schema(self, state: SchemaState) -> None:
        """Note what the store's schema has come to."""
        query = "MERGE (s:Schema {id: 'renling'}) SET s.version = $version, s.declared = $declared"
        self._transaction.do(query, version=state.version, declared=state.declared)

    def seeding(self, city: str, settings: str) -> str:
        """Note with which settings a generated city is loaded; return those that it was first loaded with."""
        self.nodes(SEEDING, [{"id": city, "settings": settings}])
        answer = self._transaction.one("MATCH (s:Seeding {id: $id}) RETURN s.settings AS settings", id=city)
        return settings if answer is None else str(answer["settings"])


def _parts(found: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[Sequence[Mapping[str, Any]]]:
    return chunks([{"start": a, "end": b, "properties": p} for (a, b), p in found.items()], _ROWS)
