"""What choosing each match of a need would cost everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from graph.model.times import city_date
from graph.snapshot import Snapshot
from matching.candidates import find_candidates
from matching.night.problem import NightProblem
from matching.optimizer.choosing import costs_of_choosing
from matching.scoring import DEFAULT, NEED_BY_DATE, tiers, urgency_weights, value_parts
from matching.sentences import Sentence, said

_SECONDS = 20.0  # for a city that is no flow; what is not proved by then is not told


@dataclass(frozen=True, slots=True)
class Cost:
    """What the best plan for everything open loses where a match is chosen, exactly.

    Parameters
    ----------
    urgency
        Of the first tier: what others are left with unserved. A need by date, raised today, weighs `NEED_BY_DATE`.
    rest
        Of the second tier: level, nearness, same community. Below 0 where the loss in the first is made up for here.
    """

    urgency: int
    rest: int

    @property
    def words(self) -> Sentence:
        """The same in words."""
        if self.urgency:
            return said("cost_urgency", points=f"{self.urgency:,}", one=f"{NEED_BY_DATE:,}")
        return said("cost_rest", points=self.rest) if self.rest else said("cost_nothing")


def costs(snapshot: Snapshot, need: str, resources: Sequence[str], *, now: datetime) -> dict[str, Cost | None]:
    """Return what choosing each resource for a need would cost the best plan for all that is open now.

    It is the night's problem, with nothing kept back: what is asked for by day may use all there is.

    Parameters
    ----------
    snapshot
        Of the whole city.

    Returns
    -------
    dict
        By resource; None where no plan has the pair, or where it was not proved in time.
    """
    candidates = find_candidates(snapshot, city_date(now), at=now)
    table = NightProblem(
        snapshot,
        candidates,
        value_parts(candidates),
        urgency_weights(snapshot, now),
        DEFAULT,
        kept_back=0.0,
        apart=True,
    )
    mine = table.problem.need[: len(table.fresh)] == table.need_ids.index(need) if need in table.need_ids else []
    wanted = set(resources)
    rows = {table.resource_ids[int(table.problem.resource[row])]: row for row in np.flatnonzero(mine).tolist()}
    rows = {resource: row for resource, row in rows.items() if resource in wanted}
    found = costs_of_choosing(table.problem, list(rows.values()), time_limit=_SECONDS)
    by_resource = dict(zip(rows, found, strict=True))
    return {
        resource: None if by_resource.get(resource) is None else Cost(*tiers(by_resource[resource] or 0, table.step))
        for resource in resources
    }
