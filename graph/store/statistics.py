"""Needs counted, by the area in which they are and by one thing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from graph.model.people import VULNERABLE
from graph.store.transaction import Transaction

_BELOW = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area)<-[:IN_AREA]-(n:Need) "
_COUNT = """RETURN a.id AS area, %s AS value, count(n) AS needs, sum(n.quantity) AS asked,
  sum(n.reserved + n.taken) AS held"""
_KINDS = [str(kind) for kind in sorted(VULNERABLE)]
_VULNERABLE = f"""OPTIONAL MATCH (n)-[:FOR_SUBJECT]->(:Person)-[b:BELONGS_TO]->(h:Household)
WHERE b.until IS NULL AND ANY(kind IN h.focus WHERE kind IN {_KINDS})
OPTIONAL MATCH (n)-[:FOR_SUBJECT]->(k:Household) WHERE ANY(kind IN k.focus WHERE kind IN {_KINDS})
WITH a, n, CASE WHEN count(h) + count(k) > 0 THEN 'vulnerable' ELSE 'others' END AS value """
_VALUES: Mapping[str, str] = {
    "area": _COUNT % "''",
    "field": _COUNT % "n.field",
    "urgency": _COUNT % "n.urgency",
    "state": _COUNT % "n.state",
    "group": _VULNERABLE + _COUNT % "value",
    "capability": "MATCH (n)-[:REQUIRES]->(c:Capability) " + _COUNT % "c.id",
}
_TREE = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) MATCH (a)-[:PART_OF]->(p:Area) RETURN a.id AS id, p.id AS parent"""


class Counted(NamedTuple):
    """The needs right in one area (not below it) that share a value, and their units."""

    area: str
    value: str
    needs: int
    asked: int
    held: int


class Statistics:
    """Counts below an area that the caller has checked; one row an area and value, however many needs."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def needs(self, area: str, by: str) -> list[Counted]:
        """Count the needs below an area.

        Parameters
        ----------
        by
            `area`, `field`, `urgency`, `state`, `group` (`vulnerable` or `others`) or `capability`; a need that asks
            for two capabilities counts with each of them.
        """
        return [Counted(**row) for row in self._transaction.rows(_BELOW + _VALUES[by], area=area)]

    def parents(self, area: str) -> dict[str, str]:
        """Return the parent of every area below one, and its own where it has one."""
        return {row["id"]: row["parent"] for row in self._transaction.rows(_TREE, area=area)}
