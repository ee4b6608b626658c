"""What units and areas set: quotas a month, and least shares of what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graph.model.resources import bucket_id
from graph.model.times import Period
from graph.snapshot import AreaColumns, Floor, NeedColumns, Quota, ResourceColumns
from graph.store.columns import ints
from graph.store.transaction import Transaction

_QUOTAS = "MATCH (n:%s) WHERE n.quota IS NOT NULL RETURN n.id AS id, n.quota AS quota ORDER BY id"
_FLOORS = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) WHERE a.floor > 0 RETURN a.id AS id, a.floor AS share ORDER BY id"""
_HOLDERS = (
    """UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(q:Organisation)
    WHERE r.period = 'month' AND q.quota IS NOT NULL RETURN r.id AS resource, q.id AS id""",
    """UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p)-[at:LIVES_IN|LOCATED_IN]->(:Area)
    -[:PART_OF*0..6]->(q:Area) WHERE r.period = 'month' AND at.until IS NULL AND q.quota IS NOT NULL
    RETURN r.id AS resource, q.id AS id""",
)
_MONTH = re.compile(r"\d{4}-\d{2}")
_LABELS = ("Organisation", "Area")
_LOCK = "UNWIND $ids AS id MATCH (q:%s {id: id}) SET q.lock = $nonce"
_READ = "UNWIND $ids AS id MATCH (q:%s {id: id}) RETURN q.id AS id, q.name AS name, q.quota AS units"
# From what is used in the month: few, where a street's people are many.
_OF_THE_MONTH = """
UNWIND $months AS month MATCH (b:Bucket) WHERE b.period = month AND b.reserved + b.taken > 0
MATCH (r:Resource {id: b.resource})<-[:LISTS]-"""
_USED = (
    _OF_THE_MONTH + "(q:Organisation) WHERE q.id IN $ids RETURN q.id AS id, month, sum(b.reserved + b.taken) AS used",
    _OF_THE_MONTH
    + """(p)-[at:LIVES_IN|LOCATED_IN]->(:Area)-[:PART_OF*0..6]->(q:Area) WHERE at.until IS NULL AND q.id IN $ids
    RETURN q.id AS id, month, sum(b.reserved + b.taken) AS used""",
)


@dataclass(slots=True)
class QuotaCounters:
    """What a decision under the lock needs to know of a quota; `used` is changed in place with what it decides.

    Parameters
    ----------
    buckets
        Ids of those asked about whose units it counts.
    """

    id: str
    name: str
    units: int
    used: int
    buckets: frozenset[str]


class Limits:
    """Quotas and floors: as a snapshot has them, and as an offer by day meets them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def quotas(self, providers: Sequence[str], resources: ResourceColumns, areas: AreaColumns) -> tuple[Quota, ...]:
        """Return the quotas of units and areas that have resources by the month.

        Parameters
        ----------
        providers
            Of each resource.
        """
        monthly = np.flatnonzero(resources.period == list(Period).index(Period.MONTH))
        members: dict[str, list[int]] = {}
        for row in monthly.tolist():
            for holder in (providers[row], *_above(areas, int(resources.area[row]))):
                members.setdefault(holder, []).append(row)
        return tuple(
            Quota(found["id"], found["quota"], ints(members[found["id"]]))
            for label in ("Organisation", "Area")
            for found in self._transaction.rows(_QUOTAS % label)
            if found["id"] in members
        )

    def lock(self, keys: Iterable[tuple[str, str]]) -> list[QuotaCounters]:
        """Lock the quotas of units, then of areas, that count some buckets, and return what is used of them.

        Always first, before needs and buckets, so that two writers never wait for each other. And before this
        transaction makes a bucket: from then on the embedded store shows it the index of buckets as it was, whoever
        commits.

        Parameters
        ----------
        keys
            (resource, name of the period).
        """
        asked = _monthly(keys)
        for label, holders in zip(_LABELS, self._holders(asked), strict=False):
            self._transaction.do(_LOCK % label, ids=sorted(holders), nonce=self._transaction.nonce)
        return self.used(asked)

    def used(self, keys: Iterable[tuple[str, str]]) -> list[QuotaCounters]:
        """Return the same without a lock."""
        asked = _monthly(keys)
        period = dict(asked)  # of each resource: one of the month has one here
        found = []
        for label, query, holders in zip(_LABELS, _USED, self._holders(asked), strict=False):
            if not holders:
                continue
            ids, months = sorted(holders), sorted({period[r] for mine in holders.values() for r in mine})
            used = {
                (row["id"], row["month"]): row["used"] for row in self._transaction.rows(query, ids=ids, months=months)
            }
            for row in self._transaction.rows(_READ % label, ids=ids):
                for month in months:
                    mine = frozenset(bucket_id(r, month) for r in holders[row["id"]] if period[r] == month)
                    if mine:
                        found.append(QuotaCounters(**row, used=used.get((row["id"], month), 0), buckets=mine))
        return found

    def _holders(self, keys: Sequence[tuple[str, str]]) -> list[dict[str, list[str]]]:
        """Return the resources that each unit's and each area's quota counts."""
        found = []
        for query in _HOLDERS if keys else ():
            holders: dict[str, list[str]] = {}
            for row in self._transaction.rows(query, ids=[resource for resource, _ in keys]):
                holders.setdefault(row["id"], []).append(row["resource"])
            found.append(holders)
        return found

    def floors(self, area: str, needs: NeedColumns, areas: AreaColumns) -> tuple[Floor, ...]:
        """Return the floors of an area and of those below it that have needs, the deepest first."""
        shares = {row["id"]: row["share"] for row in self._transaction.rows(_FLOORS, area=area)}
        members: dict[str, list[int]] = {}
        depth: dict[str, int] = {}
        for row, place in enumerate(needs.area.tolist() if shares else ()):
            above = _above(areas, place)
            for steps, holder in enumerate(above):
                if holder in shares:
                    members.setdefault(holder, []).append(row)
                    depth[holder] = len(above) - 1 - steps
        floors = [Floor(i, shares[i], depth[i], ints(rows)) for i, rows in members.items()]
        return tuple(sorted(floors, key=lambda floor: (-floor.depth, floor.id)))


def _monthly(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of a month, sorted: no quota counts the others."""
    return sorted({(resource, period) for resource, period in keys if _MONTH.fullmatch(period)})


def _above(areas: AreaColumns, area: int) -> list[str]:
    """Return the ids from an area (row) up to its city."""
    path = []
    while area >= 0:
        path.append(str(areas.id[area]))
        area = int(areas.parent[area])
    return path
