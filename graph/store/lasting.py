"""Relationships that change over the years: the old one is closed, a new one opened, none is ever deleted."""

from __future__ import annotations

from datetime import datetime

from graph.elements import Node, Relationship
from graph.model.times import to_milliseconds
from graph.store.errors import NotFound
from graph.store.transaction import Transaction


def close(transaction: Transaction, relationship: Relationship, start: Node, key: str, at: datetime) -> None:
    """Close those in force that begin at a node; the caller holds the node's lock."""
    query = f"MATCH (a:{start.label} {{{start.key}: $key}})-[r:{relationship.type}]->() WHERE r.until IS NULL "
    transaction.do(query + "SET r.until = $at", key=key, at=to_milliseconds(at))


def open_(
    transaction: Transaction,
    relationship: Relationship,
    start: Node,
    key: str,
    end: Node,
    end_key: str,
    at: datetime,
) -> None:
    """Open one from a moment on, beside what was closed before, to the same end too.

    Raises
    ------
    NotFound
        An end does not exist.
    """
    if not relationship.lasting or (start, end) not in relationship.pairs:
        raise ValueError(f"{relationship.type} does not last between {start.label} and {end.label}")
    query = (
        f"MATCH (a:{start.label} {{{start.key}: $key}}) MATCH (b:{end.label} {{{end.key}: $end}}) "
        f"CREATE (a)-[r:{relationship.type} {{since: $at}}]->(b) RETURN b.{end.key} AS end"
    )
    if transaction.one(query, key=key, end=end_key, at=to_milliseconds(at)) is None:
        raise NotFound(f"{relationship.type}: there is no such {end.label}")
