"""Needs, the latest first, a page at a time: as few of very many are read as a page takes.

Both stores walk the index over (raised_at, id) backwards and stop when a page is full, as long as what is asked for
is common. What is rare is read by another way: the needs below a small area one by one, the hits of a full-text index.
Which way is quicker shows after the newest thousand; every way gives the same page.
"""

from __future__ import annotations

from typing import Any

from graph.store.transaction import Transaction

FEW = 3000
"""An area with fewer needs is read whole: about 4 µs for each on the embedded store."""
LATEST = 1000
"""So many are met backwards in time before another way is taken."""
_AREAS = 2000  # in a larger area whether a need lies in it is looked up in the tree
_END = 2**62  # behind every time in milliseconds

_COUNTED = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(n:Need)
WITH n LIMIT $few RETURN count(n) AS found"""
_AREAS_BELOW = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) RETURN a.id AS id LIMIT $most"
# The condition on the id says nothing; without it Neo4j does not take the index over both. The embedded store takes it
# for an order by time only: ordered by id too, it reads every need and sorts them.
_BACKWARDS = "ORDER BY n.raised_at DESC"
_FLOOR = f"""
MATCH (n:Need) WHERE n.raised_at <= $at AND n.id IS NOT NULL
RETURN n.raised_at AS at {_BACKWARDS} SKIP $latest LIMIT 1"""
_BEHIND = "(n.raised_at < $at OR (n.raised_at = $at AND n.id < $behind))"
_LATEST = f"n.raised_at >= $floor AND n.raised_at <= $at AND n.id IS NOT NULL AND {_BEHIND}"
_BELOW = "EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) }"
_ONE_OF = "($areas IS NULL OR a.id IN $areas)"  # without the first half the embedded store begins at the areas
_WALK = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(n:Need)"
# Whether an area lies below another is looked up once an area, not once a need: many times quicker at city size.
_SIFT = f"MATCH (n)-[:IN_AREA]->(a:Area) WITH a, collect(n) AS needs WHERE {_BELOW} UNWIND needs AS n"
_RETURN = "RETURN n.id AS id, n.raised_at AS at"
_PAGE = f"{_RETURN} ORDER BY n.raised_at DESC, n.id DESC LIMIT $limit"


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
            return self._backwards("(n:Need)", where, given | {"floor": 0})
        whole = f"{_WALK} WHERE {_BEHIND} AND {where} {_PAGE}"
        if not rare and area is not None and self._few_below(area):
            return self._rows(whole, given)
        if start is not None:
            whole = f"{start} WHERE {_BEHIND} AND {where} {'' if area is None else _SIFT} {_PAGE}"
        if rare:
            return self._rows(whole, given)
        floor = self._transaction.one(_FLOOR, at=at, latest=LATEST)
        given["floor"] = 0 if floor is None else floor["at"]
        match = "(n:Need)"
        if area is not None:
            match = "(n:Need)-[:IN_AREA]->(a:Area)"
            given["areas"] = self._areas_below(area)
            where = f"{where} AND {_BELOW if given['areas'] is None else _ONE_OF}"
        rows = self._backwards(match, where, given)
        return rows if floor is None or len(rows) == limit else self._rows(whole, given)

    def _few_below(self, area: str) -> bool:
        row = self._transaction.one(_COUNTED, area=area, few=FEW)
        return row is None or row["found"] < FEW

    def _areas_below(self, area: str) -> list[str] | None:
        """Return the ids of an area and of those below it; None where they are too many to be listed."""
        found = [row["id"] for row in self._transaction.rows(_AREAS_BELOW, area=area, most=_AREAS + 1)]
        return None if len(found) > _AREAS else found

    def _backwards(self, match: str, where: str, given: dict[str, Any]) -> list[tuple[str, int]]:
        """Return a page, read in the order of time; those of the last moment in the order of their ids."""
        limit = given["limit"]
        query = f"MATCH {match} WHERE {_LATEST} AND {where} {_RETURN}"
        rows = self._rows(f"{query} {_BACKWARDS} LIMIT $more", given | {"more": limit + 1})
        if len(rows) > limit and rows[-1][1] == rows[-2][1]:  # the page ends among several of one moment
            last = rows[-1][1]
            of_last = "n.raised_at >= $last AND n.raised_at <= $last AND n.id IS NOT NULL"
            ties = self._rows(
                f"MATCH {match} WHERE {of_last} AND {_BEHIND} AND {where} {_PAGE}", given | {"last": last}
            )
            rows = [row for row in rows if row[1] > last] + ties
        return sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)[:limit]

    def _rows(self, query: str, parameters: dict[str, Any]) -> list[tuple[str, int]]:
        return [(row["id"], row["at"]) for row in self._transaction.rows(query, **parameters)]
