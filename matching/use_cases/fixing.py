"""What would have to be otherwise so that somebody could serve a need now: the cheapest that the rules allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, isnan

from graph.model.needs import Need
from graph.store import Graph
from matching.fixes.changes import KINDS
from matching.sentences import Sentence, joined, said
from matching.use_cases.explaining import Sight
from matching.use_cases.rooms import rooms_of


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be otherwise.

    Parameters
    ----------
    kind
        `capacity`: a resource has more units; `pool`: a unit's or an area's quota is higher; `candidate`: a resource
        also goes to the need's community.
    subject
        Id of the resource, or of whose quota it is.
    by
        Units; None for `candidate`.
    area, minutes
        Of `candidate`: the community that it would reach, and the way on foot to the need where it is known.
    """

    kind: str
    subject: str
    by: int | None = None
    area: str | None = None
    minutes: int | None = None

    @property
    def size(self) -> int:
        """Of two of one kind, the smaller comes first: units, or minutes; an unknown way comes last."""
        return self.by or (self.minutes if self.minutes is not None else 10**6)


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
        return len(made), [KINDS.index(c.kind) for c in made], [c.size for c in made], resource

    resource, made = min(found, key=cost)
    names |= graph.areas.names([area])
    parts = [
        said(
            f"fix_{change.kind}",
            title=listed[resource].title,
            by=change.by,
            name=names.get(change.subject),
            area=names.get(area),
        )
        for change in made
    ]
    words = joined(parts, en=" and ", zh=",且")
    return Fix(resource, made, said("fix", changes=words))
