"""What would have to be otherwise so that somebody could serve a need now: the cheapest that the rules allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, isnan

from graph.model.needs import Need
from graph.model.plans import Change
from graph.store import Graph
from matching.fixes.changes import KINDS
from matching.sentences import Sentence, if_made, said
from matching.use_cases.explaining import Sight
from matching.use_cases.rooms import rooms_of


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes with which `resource` could serve the need now, beside everything that is promised."""

    resource: str
    changes: tuple[Change, ...]
    words: Sentence


def fix_of(graph: Graph, need: Need, sight: Sight, *, quantity: int) -> Fix | None:
    """Return the cheapest fix: fewest changes, then the least kind, then the smallest, then by id.

    Each is made of what the rules are about to count: with more capacity, a higher quota and the area listed, the same
    rules find the pair. What protects people is never given up: levels, certificates, verification, hours, a no, and
    what was ruled out stay as they are.

    Parameters
    ----------
    sight
        Of the need, with candidates wherever they are (`find_candidates(anywhere=True)`).

    Returns
    -------
    Fix or None
        None where nothing of the kind helps.
    """
    rooms = rooms_of(graph, sight)
    holding = {resource for mine, resource, _ in sight.snapshot.held if mine == need.id}
    names = {quota.id: quota.name for quota in rooms.quotas}
    listed = {entry.id: entry for entry in graph.resources.many(sorted({resource for resource, _ in rooms.keys}))}

    # A resource's list is public: it names the community, never the building in which somebody needs something.
    areas, place = sight.snapshot.areas, int(sight.snapshot.needs.area[0])
    community = int(areas.community[place])
    area = str(areas.id[community if community >= 0 else place])

    def changes(row: int) -> Iterator[Change]:
        resource = rooms.keys[row][0]
        if rooms.free[row] < quantity:  # where it was cut below what is promised, more of it is missing
            yield Change("capacity", resource, by=int(rooms.promised[row]) + quantity - listed[resource].capacity)
        for quota, units in rooms.short(row, quantity):
            yield Change("pool", quota.id, by=units)
        if not sight.candidates.within_reach[row]:
            minutes = sight.candidates.minutes[row]
            yield Change("candidate", resource, area=area, minutes=None if isnan(minutes) else ceil(minutes))

    found = [(rooms.keys[row][0], tuple(changes(row))) for row in range(len(rooms.keys))]
    found = [(resource, made) for resource, made in found if made and resource not in holding]
    if not found:
        return None

    def cost(one: tuple[str, tuple[Change, ...]]) -> tuple[object, ...]:
        resource, made = one
        return len(made), [KINDS.index(c.kind) for c in made], [_size(c) for c in made], resource

    resource, made = min(found, key=cost)
    names |= graph.areas.names([area]) | {resource: listed[resource].title}
    return Fix(resource, made, said("fix", changes=if_made(made, names=names)))


def _size(change: Change) -> int:
    """Return units, or minutes, of which less comes first; an unknown way comes last."""
    return change.by or (change.minutes if change.minutes is not None else 10**6)
