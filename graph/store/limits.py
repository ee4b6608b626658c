"""What units and areas set: quotas a month, and least shares of what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.model.times import Period
from graph.snapshot import AreaColumns, Floor, NeedColumns, Quota, ResourceColumns
from graph.store.columns import ints
from graph.store.transaction import Transaction

_QUOTAS = "MATCH (n:%s) WHERE n.quota IS NOT NULL RETURN n.id AS id, n.quota AS quota ORDER BY id"
_FLOORS = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) WHERE a.floor > 0 RETURN a.id AS id, a.floor AS share ORDER BY id"""


class Limits:
    """Quotas and floors, as a snapshot has them."""

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


def _above(areas: AreaColumns, area: int) -> list[str]:
    """Return the ids from an area (row) up to its city."""
    path = []
    while area >= 0:
        path.append(str(areas.id[area]))
        area = int(areas.parent[area])
    return path
