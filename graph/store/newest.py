"""Needs, the latest first, a page at a time: as few of very many are read as a page takes.

Both stores walk the index over (raised_at, id) backwards and stop when a page is full, as long as what is asked for
is common. What is rare is read by another way: the needs below a small area one by one, the hits of a full-text index.
Which way is quicker shows after the newest few thousand; every way gives the same page.
"""

from __future__ import annotations

from typing import Any

from graph.store.transaction import Transaction

FEW = 3000
"""An area with fewer needs is read whole.

At 100,000 needs the embedded store takes about 8 µs for each that lies below an area, and 25 µs for each that is met
backwards in time and looked up in the area tree: at this size a page of 50 costs about as much either way.
"""
LATEST = 2000
"""So many are met backwards in time before another way is taken."""
_END = 2**62  # behind every time in milliseconds

_COUNTED = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(n:Need)
WITH n LIMIT $few RETURN count(n) AS found"""
# The condition on the id says nothing; without it Neo4j does not take the index over both.
_FLOOR = """
MATCH (n:Need) WHERE n.raised_at <= $at AND n.id IS NOT NULL
RETURN n.raised_at AS at ORDER BY n.raised_at DESC, n.id DESC SKIP $latest LIMIT 1"""
_BEHIND = "(n.raised_at < $at OR (n.raised_at = $at AND n.id < $behind))"
_LATEST = f"n.raised_at >= $floor AND n.raised_at <= $at AND n.id IS NOT NULL AND {_BEHIND}"
_BELOW = "EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) }"
_WALK = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(n:Need)"
# Whether an area lies below another is looked up once an area, not once a need: many times quicker at city size.
_SIFT = f"MATCH (n)-[:IN_AREA]->(a:Area) WITH a, collect(n) AS needs WHERE {_BELOW} UNWIND needs AS n"
_PAGE = "RETURN n.id AS id, n.raised_at AS at ORDER BY n.raised_at DESC, n.id DESC LIMIT $limit"


class Newest:
    """Pages of needs in one transaction, whatever the scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def page(
        self,
        where: str,
        *,
        area: str | None,
        before: tuple[int, str] | None,
        limit: int,
        start: str | None = None,
        rare: bool = False,
        **parameters: Any,
    ) -> list[tuple[str, int]]:
        """Return the (id, milliseconds) of needs that meet a condition, the latest first.

        Parameters
        ----------
        where
            On `n`, with `parameters`. An equality in it makes the embedded store take that property's index instead of
            the order of time, so it says `($state IS NULL OR n.state = $state)`.
        area
            Only those that lie below it; None is everywhere.
        before
            (milliseconds, id) of the last one of the page before.
        start
            A quicker way to all that may meet the condition, ending with `n`; None where there is none.
        rare
            Nothing but `start` is quick.
        """
        at, behind = before or (_END, "")
        given = {**parameters, "area": area, "at": at, "behind": behind, "limit": limit}
        if start is None and area is None:
            return self._rows(f"MATCH (n:Need) WHERE {_LATEST} AND {where} {_PAGE}", given | {"floor": 0})
        whole = f"{_WALK} WHERE {_BEHIND} AND {where} {_PAGE}"
        if not rare and area is not None and self._few_below(area):
            return self._rows(whole, given)
        if start is not None:
            whole = f"{start} WHERE {_BEHIND} AND {where} {'' if area is None else _SIFT} {_PAGE}"
        if rare:
            return self._rows(whole, given)
        floor = self._transaction.one(_FLOOR, at=at, latest=LATEST)
        match, below = ("(n:Need)", "") if area is None else ("(n:Need)-[:IN_AREA]->(a:Area)", f" AND {_BELOW}")
        latest = f"MATCH {match} WHERE {_LATEST} AND {where}{below} {_PAGE}"
        rows = self._rows(latest, given | {"floor": 0 if floor is None else floor["at"]})
        return rows if floor is None or len(rows) == limit else self._rows(whole, given)

    def _few_below(self, area: str) -> bool:
        row = self._transaction.one(_COUNTED, area=area, few=FEW)
        return row is None or row["found"] < FEW

    def _rows(self, query: str, parameters: dict[str, Any]) -> list[tuple[str, int]]:
        return [(row["id"], row["at"]) for row in self._transaction.rows(query, **parameters)]
