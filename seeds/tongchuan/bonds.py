"""What went before: who has served whom, who is not to serve whom, which needs are kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from graph.model.areas import AreaKind
from graph.model.assignments import Assignment, AssignmentState
from graph.model.ids import natural_id
from graph.model.needs import Need, NeedState
from graph.model.people import Person
from graph.model.resources import Resource, bucket_id
from graph.model.times import Period, city_date
from graph.store.served import Served
from seeds.chance import pick, stream
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.land import Land

_SERVED = 0.4  # ours, of the needs of residents in whose community a volunteer could serve them
_RULED_OUT = 0.2
_APART = 0.05


@dataclass(frozen=True, slots=True)
class Bonds:
    """What a city's residents, volunteers and needs have to do with each other.

    Attributes
    ----------
    served
        Needs of last week, closed, each with its confirmed assignment.
    ruled_out
        A resident and a volunteer who is never to serve them.
    apart
        Two needs that do not go to one provider.
    """

    served: tuple[Served, ...]
    ruled_out: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str], ...]


def bind(
    land: Land,
    people: Sequence[Person],
    resources: Sequence[Resource],
    needs: Sequence[Need],
    *,
    seed: int,
    now: datetime,
) -> Bonds:
    """Return bonds between the residents who need something and the volunteers of their community."""
    chance = stream(CITY, seed, "bonds")
    home = {person.id: person.lives_in for person in people}
    listed: dict[tuple[str, str], list[Resource]] = {}
    for resource in resources:
        community = _community(land, home[resource.provider])
        for provided in resource.provides:
            listed.setdefault((community, provided.capability), []).append(resource)

    def could(need: Need) -> list[Resource]:
        found = listed.get((_community(land, need.area), need.requires[0].capability), [])
        return [resource for resource in found if resource.provider != need.person]

    local = [(need, could(need)) for need in needs if need.person and len(need.requires) == 1 and not need.group]
    local = [(need, found) for need, found in local if found]
    chance.shuffle(local)
    count = len(local)
    busy: set[str] = set()  # a volunteer served one of them last week, at most
    served, ruled_out = [], []
    local.sort(key=lambda row: len(row[1]) == 1)  # where there was a choice, that somebody knows them says more
    for need, found in local[: round(_SERVED * count)]:
        resource = max(found, key=lambda one: (one.id not in busy, -_level(one, need), one.id))  # not the best one
        if resource.id not in busy:
            busy.add(resource.id)
            served.append(_last_week(need, resource, now))
    for need, found in local[len(served) : len(served) + round(_RULED_OUT * count)]:
        if need.person is not None:
            ruled_out.append((need.person, pick(chance, found).provider))
    # Of those whom the fewest could serve, so that it matters.
    local.sort(key=lambda row: (len(row[1]), row[1][0].id, row[0].id))
    apart: list[tuple[str, str]] = []
    for (one, found), (other, same) in pairwise(local):
        if len(apart) < max(1, round(_APART * count)) and found == same and one.person != other.person:
            apart.append((one.id, other.id))
    return Bonds(tuple(served), tuple(dict.fromkeys(ruled_out)), tuple(apart))


def _level(resource: Resource, need: Need) -> int:
    return next(p.level for p in resource.provides if p.capability == need.requires[0].capability)


def _community(land: Land, area: str) -> str:
    """Return the community or village of an area; above them the area itself."""
    found = land.by_id[area]
    while found.kind not in (AreaKind.COMMUNITY, AreaKind.VILLAGE):
        if found.parent is None:
            return area
        found = land.by_id[found.parent]
    return found.id


def _last_week(need: Need, resource: Resource, now: datetime) -> Served:
    id_ = natural_id(need.id, "before")
    at = now - timedelta(days=7)
    past = replace(need, id=id_, raised_at=at - timedelta(days=2), due=None, appointed=None, quantity=1)
    past = replace(past, state=NeedState.CLOSED, taken=1, delivered=1)
    pair = Assignment(
        id=natural_id(id_, resource.id),
        need=id_,
        resource=resource.id,
        provider=resource.provider,
        bucket=bucket_id(resource.id, Period.WEEK.of(city_date(at))),
        quantity=1,
        state=AssignmentState.CONFIRMED,
        waiting_for=frozenset(),
        made_at=at,
        expires=at + timedelta(days=1),
    )
    return Served(past, pair, resource.capacity)
