"""Nodes and relationships written in bulk, as the schema declares them; writing twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.elements import Node, Relationship
from graph.schema import SEEDING
from graph.store.errors import NotFound, Unsettled
from graph.store.transaction import Transaction, chunks
from graph.store.vault import Vault

_GRIDS = """
UNWIND $ids AS id MATCH (a:Area {id: id}) OPTIONAL MATCH (a)-[:PART_OF]->(g:Area {kind: 'grid'})
RETURN id, coalesce(g.name, a.name) AS name"""
_ROWS = 1000  # rows a query: short enough not to hold locks for long


Rows = list[tuple[str, str, Mapping[str, Any]]]
"""(key of the start, key of the end, properties) of relationships."""


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a store's schema has come to.

    Parameters
    ----------
    declared
        Names the constraints and indexes that were made (`schema.digest`).
    """

    version: int
    declared: str | None


class Loading:
    """Writes what is not there yet; what is there stays as it is, edits included."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._made: set[tuple[str, str]] = set()  # (label, key) of what this transaction has made
        self._known: set[tuple[str, str]] = set()  # … and of what it has seen

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
        self._made |= {(node.label, row[node.key]) for row in encoded}
        self._known |= self._made | {(node.label, key) for key in there}
        return len(encoded)

    def existing(self, node: Node, keys: Sequence[str]) -> set[str]:
        """Return those of these keys of which a node exists."""
        query = f"UNWIND $keys AS key MATCH (n:{node.label} {{{node.key}: key}}) RETURN key"
        return {row["key"] for part in chunks(keys, _ROWS) for row in self._transaction.rows(query, keys=list(part))}

    def relationships(
        self,
        relationship: Relationship,
        start: Node,
        end: Node,
        rows: Rows,
    ) -> None:
        """Join nodes that are not joined yet.

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
        encoded: list[dict[str, Any]] = [
            {"start": a, "end": b, "properties": relationship.encode(properties)} for a, b, properties in rows
        ]
        query = (
            f"UNWIND $rows AS row MATCH (a:{start.label} {{{start.key}: row.start}}) "
            f"MATCH (b:{end.label} {{{end.key}: row.end}}) "
            f"MERGE (a)-[r:{relationship.type}]->(b) ON CREATE SET r += row.properties RETURN count(*) AS found"
        )
        for part in chunks(encoded, _ROWS):
            if self._joined_already(relationship, start, end, part):
                continue
            answer = self._transaction.one(query, rows=part)
            if answer is None or answer["found"] != len(part):
                missing = self._missing(start, [row["start"] for row in part])
                missing |= self._missing(end, [row["end"] for row in part])
                if missing <= self._known:
                    raise Unsettled(f"{relationship.type}: {len(missing)} ends")
                raise NotFound(f"{relationship.type}: a {start.label} or {end.label} of these does not exist")

    def _joined_already(
        self, relationship: Relationship, start: Node, end: Node, rows: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Tell whether all are joined; where they may be not, lock the old starts.

        Two who join the same old nodes at once would both do it on the embedded store. New nodes need no lock:
        there two makers meet in the key's constraint.
        """
        old = sorted({row["start"] for row in rows if (start.label, row["start"]) not in self._made})
        if not old:
            return False
        joined = self._transaction.one(
            f"UNWIND $rows AS row MATCH (a:{start.label} {{{start.key}: row.start}})-[:{relationship.type}]->"
            f"(b:{end.label} {{{end.key}: row.end}}) RETURN count(DISTINCT [row.start, row.end]) AS joined",
            rows=[{"start": row["start"], "end": row["end"]} for row in rows],
        )
        if joined is not None and joined["joined"] == len({(row["start"], row["end"]) for row in rows}):
            return True
        lock = f"UNWIND $keys AS key MATCH (n:{start.label} {{{start.key}: key}}) SET n.lock = $nonce"
        self._transaction.do(lock, keys=old, nonce=self._transaction.nonce)
        return False

    def _missing(self, node: Node, keys: Sequence[str]) -> set[tuple[str, str]]:
        return {(node.label, key) for key in set(keys) - self.existing(node, keys)}

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
