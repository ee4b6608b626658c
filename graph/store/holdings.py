"""What is reserved or taken already: by which needs, when, and how much each resource gave before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from graph.model.resources import bucket_id
from graph.model.times import Period
from graph.snapshot import Ints
from graph.store.columns import ints
from graph.store.transaction import Transaction

_BUCKETS = "MATCH (b:Bucket) WHERE b.period IN $periods AND b.reserved + b.taken > 0 RETURN b.id AS id"
_HELD = """
UNWIND $ids AS id MATCH (b:Bucket {id: id})<-[:USES]-(a:Assignment) WHERE a.state IN $states
RETURN collect(a.need) AS need, collect(a.resource) AS resource, collect(a.quantity) AS quantity"""
_HELD_BY = """
UNWIND $ids AS id MATCH (a:Assignment {need: id})-[:USES]->(b:Bucket)
WHERE a.state IN $states AND b.period IN $periods
RETURN collect(a.need) AS need, collect(a.resource) AS resource, collect(a.quantity) AS quantity"""
_VISITS = """
UNWIND $ids AS id MATCH (b:Bucket {resource: id})<-[:USES]-(a:Assignment)-[:SERVES]->(n:Need)
WHERE a.state IN $states AND n.appointed IS NOT NULL AND NOT n.id IN $needs
RETURN collect(b.resource) AS resource, collect(n.appointed) AS begins, collect(n.duration) AS duration"""
_HOLDING = ["offered", "active", "delivered", "confirmed"]
_LOADS = """
MATCH (b:Bucket) WHERE b.period IN $periods AND b.reserved + b.taken > 0
RETURN b.resource AS resource, b.reserved + b.taken AS units"""
_LOADS_OF = """
UNWIND $ids AS id MATCH (b:Bucket {id: id})
RETURN collect(b.resource) AS resource, collect(b.reserved + b.taken) AS units"""


class Holdings:
    """What a snapshot needs to know of buckets and their assignments."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def of_periods(self, periods: Sequence[str]) -> list[tuple[str, str, int]]:
        """Return (need, resource, units) of all that is held in some periods."""
        ids = sorted(row["id"] for row in self._transaction.rows(_BUCKETS, periods=list(periods)))
        columns = self._transaction.columns(_HELD, ids, states=_HOLDING)
        return sorted(zip(columns["need"], columns["resource"], columns["quantity"], strict=True))

    def of_needs(self, needs: Sequence[str], periods: Sequence[str]) -> list[tuple[str, str, int]]:
        """Return the same of some needs."""
        columns = self._transaction.columns(_HELD_BY, needs, periods=list(periods), states=_HOLDING)
        return sorted(zip(columns["need"], columns["resource"], columns["quantity"], strict=True))

    def busy(self, needs: Sequence[str], resource_row: Mapping[str, int]) -> tuple[tuple[int, int, int], ...]:
        """Return (row of the resource, from, until) of the appointed visits for others than these needs."""
        found = self._transaction.columns(_VISITS, list(resource_row), states=_HOLDING, needs=list(needs))
        visits = zip(found["resource"], found["begins"], found["duration"], strict=True)
        return tuple(sorted((resource_row[r], begins, begins + max(1, m) * 60_000) for r, begins, m in visits))

    def loads(self, resources: Sequence[str], day: date, *, few: bool) -> Ints:
        """Return the units that each resource gave in the week or month before that of a day.

        Parameters
        ----------
        few
            Look each bucket up by itself: a whole city's are read in one go.
        """
        periods = [Period.WEEK.of(day - timedelta(days=7)), Period.MONTH.of(day.replace(day=1) - timedelta(days=1))]
        if few:
            ids = [bucket_id(resource, period) for resource in resources for period in periods]
            found = self._transaction.columns(_LOADS_OF, ids)
            units = dict(zip(found["resource"], found["units"], strict=True))
        else:
            units = {row["resource"]: row["units"] for row in self._transaction.rows(_LOADS, periods=periods)}
        return ints(units.get(resource, 0) for resource in resources)
