"""Nodes and relationships written in bulk, as the schema declares them; writing twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.properties import Node
from graph.schema import SEEDING, Relationship
from graph.store.errors import NotFound
from graph.store.transaction import Transaction, chunks

_ROWS = 1000  # rows a query: short enough not to hold locks for long


class Loading:
    """Writes what is not there yet; what is there stays as it is, edits included."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def nodes(self, node: Node, values: Iterable[Mapping[str, Any]]) -> int:
        """Write nodes that do not exist yet.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        SchemaViolation
            A value that the schema does not allow; nothing is written.
        """
        seal = self._transaction.sealer.seal
        rows = [node.encode(value, seal) for value in values]
        query = (
            f"UNWIND $rows AS row OPTIONAL MATCH (n:{node.label} {{{node.key}: row.{node.key}}}) "
            f"WITH row, n WHERE n IS NULL CREATE (m:{node.label}) SET m = row RETURN count(m) AS new"
        )
        new = 0
        for part in chunks(rows, _ROWS):
            answer = self._transaction.one(query, rows=part)
            new += answer["new"] if answer else 0
        return new

    def relationships(
        self,
        relationship: Relationship,
        start: Node,
        end: Node,
        rows: Iterable[tuple[str, str, Mapping[str, Any]]],
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
        encoded = [{"start": a, "end": b, "properties": relationship.encode(properties)} for a, b, properties in rows]
        query = (
            f"UNWIND $rows AS row MATCH (a:{start.label} {{{start.key}: row.start}}) "
            f"MATCH (b:{end.label} {{{end.key}: row.end}}) "
            f"MERGE (a)-[r:{relationship.type}]->(b) ON CREATE SET r += row.properties RETURN count(*) AS found"
        )
        for part in chunks(encoded, _ROWS):
            answer = self._transaction.one(query, rows=part)
            if answer is None or answer["found"] != len(part):
                raise NotFound(f"{relationship.type}: a {start.label} or {end.label} of these does not exist")

    def schema_version(self) -> int | None:
        """Return the version that the store's schema has; None in an empty store."""
        answer = self._transaction.one("MATCH (s:Schema {id: 'renling'}) RETURN s.version AS version")
        return None if answer is None else int(answer["version"])

    def seeding(self, city: str, settings: str) -> str:
        """Note with which settings a generated city is loaded; return those that it was first loaded with."""
        self.nodes(SEEDING, [{"id": city, "settings": settings}])
        answer = self._transaction.one("MATCH (s:Seeding {id: $id}) RETURN s.settings AS settings", id=city)
        return settings if answer is None else str(answer["settings"])
