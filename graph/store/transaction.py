"""One transaction, as the subjects' classes use it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import neo4j

from graph.model.actors import Scope
from graph.sealing import MasterKeys

T = TypeVar("T")

PIECE = 5000
"""Ids of which columns are asked for at once: below the length at which the embedded store refuses a list."""


class Unscoped(Exception):
    """A query that shows people was about to run without an area: a mistake of ours."""


class Transaction:
    """Runs queries in one transaction of the store, inside one scope.

    Attributes
    ----------
    nonce
        Differs in every transaction. Writing it to a node takes that node's lock on Neo4j; it must not be
        computed from the node, or the lock is a shared one first and two writers deadlock.
    """

    def __init__(self, inner: neo4j.Transaction, scope: Scope, masters: MasterKeys) -> None:
        self._inner = inner
        self.scope = scope
        self.masters = masters
        self.nonce = secrets.token_hex(8)

    @property
    def people_area(self) -> str:
        """The area whose people this transaction may see; a query that shows people takes it.

        Raises
        ------
        Unscoped
            The scope is no area's: a provider's, or everything.
        """
        if self.scope.area is None:
            raise Unscoped("people are shown only within an area; this transaction has none")
        return self.scope.area

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return every row of a query's answer."""
        return [record.data() for record in self._inner.run(query, parameters)]

    def one(self, query: str, **parameters: Any) -> dict[str, Any] | None:
        """Return the first row, or None where there is none."""
        found = self.rows(query, **parameters)
        return found[0] if found else None

    def columns(self, query: str, ids: Sequence[str], **parameters: Any) -> dict[str, list[Any]]:
        """Return the columns that a query collects for `ids`, asked for some thousands at a time."""
        gathered: dict[str, list[Any]] = {}
        for piece in chunks(ids, PIECE) or [[]]:  # an empty piece still tells the columns' names
            answer = self.one(query, ids=list(piece), **parameters)
            for name, column in (answer or {}).items():
                gathered.setdefault(name, []).extend(column)
        return gathered

    def create(self, label: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make nodes of a label; what all of them have alike is sent once, which is quicker than once a row."""
        if not rows:
            return
        first, *others = rows
        alike = {k: v for k, v in first.items() if others and all(row.get(k) == v for row in others)}
        own = [{name: value for name, value in row.items() if name not in alike} for row in rows]
        self.do(f"UNWIND $rows AS row CREATE (n:{label}) SET n = row SET n += $alike", rows=own, alike=alike)

    def do(self, query: str, **parameters: Any) -> None:
        """Run a query for its effect."""
        self._inner.run(query, parameters).consume()


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return the items in runs of at most `size`."""
    return [items[i : i + size] for i in range(0, len(items), size)]
