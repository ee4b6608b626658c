"""Who comes forward with a need, and who with one for somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from graph.model.areas import Area, AreaKind
from graph.model.people import Household, Organisation, OrganisationKind, Person
from seeds.chance import pick, weighted_order
from seeds.tongchuan.homes import ADULT, ELDER, RETIRED
from seeds.tongchuan.land import Land
from seeds.tongchuan.patterns import Who

_FOCUS_WEIGHT = 4
_UNEVEN = 0.5  # log-normal: how far a grid's needs are from its population
_YEARS_TO_A_CHILD = (18, 40)
_TRIES = 5
_SPEAKING = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.OWNERS_COMMITTEE, OrganisationKind.UNIT)


class Askers:
    """Residents of one sort in the order in which they ask; everybody once before anybody twice."""

    def __init__(self, order: Sequence[Person], asked: set[str]) -> None:
        self._order = order
        self._asked = asked
        self._next = 0

    def next(self) -> Person | None:
        """Return who asks next; None where there is nobody of this sort."""
        if not self._order:
            return None
        while self._next < len(self._order) and self._order[self._next].id in self._asked:
            self._next += 1  # asked by another sort's turn
        person = self._order[self._next % len(self._order)]
        self._next += 1
        self._asked.add(person.id)
        return person


@dataclass(frozen=True, slots=True)
class Residents:
    """Who there is to need something.

    Parameters
    ----------
    helping
        People who list a resource or are in a team; they ask only where nobody else can.
    """

    people: Sequence[Person]
    households: Mapping[str, Household]
    organisations: Sequence[Organisation]
    helping: frozenset[str]

    def focus(self, person: Person) -> Household | None:
        """Return the household of a person, if it is kept in view."""
        household = self.households.get(person.household or "")
        return household if household and household.focus else None


class Crowd:
    """The residents in the order in which they come forward, and the grids in which something is amiss."""

    def __init__(self, chance: Random, land: Land, residents: Residents, year: int) -> None:
        self._chance = chance
        self._year = year
        self._grown: dict[str, list[Person]] = {grid.id: [] for grid in land.grids}
        for person in residents.people:
            if year - (person.birth_year or 0) >= ADULT:
                self._grown[land.above(person.lives_in or "", AreaKind.GRID).id].append(person)
        uneven = {grid.id: chance.lognormvariate(0, _UNEVEN) for grid in land.grids}
        self._grids = land.grids
        self._weights = list(accumulate(uneven[g.id] * (1 + len(self._grown[g.id])) for g in land.grids))
        self._sorts = self._sorted(land, residents, uneven)
        self._families: dict[str, list[Person]] = {}
        for person in residents.people:
            self._families.setdefault((person.name or "")[:1], []).append(person)
        self._speaking: dict[str, list[Organisation]] = {}
        for organisation in residents.organisations:
            if organisation.kind in _SPEAKING:
                community = land.above(organisation.located_in, AreaKind.COMMUNITY).id
                self._speaking.setdefault(community, []).append(organisation)

    def next(self, who: Who) -> Person | None:
        """Return who asks next for themselves; None where it is nobody's own, or nobody is left to ask."""
        if who not in self._sorts:
            return None
        return self._sorts[who].next() or self._sorts[Who.ADULT].next()  # a tiny city may have no such person

    def grid(self) -> Area:
        """Return a grid in which something is amiss, more often where many live."""
        return self._chance.choices(self._grids, cum_weights=self._weights)[0]

    def neighbour(self, grid: str) -> Person | None:
        """Return a grown-up of a grid, who tells of something amiss there."""
        return pick(self._chance, self._grown[grid]) if self._grown[grid] else None

    def child(self, person: Person) -> Person | None:
        """Return somebody who may be a person's grown-up child, wherever they live."""
        for _ in range(_TRIES):
            other = pick(self._chance, self._families[(person.name or "")[:1]])
            years = (other.birth_year or 0) - (person.birth_year or 0)
            if _YEARS_TO_A_CHILD[0] <= years <= _YEARS_TO_A_CHILD[1] and self._year - (other.birth_year or 0) >= ADULT:
                return other
        return None

    def organisation(self, community: str) -> Organisation | None:
        """Return a property company, owners' committee or unit of a community, which speaks for others."""
        there = self._speaking.get(community)
        return pick(self._chance, there) if there else None

    def _sorted(self, land: Land, residents: Residents, uneven: Mapping[str, float]) -> dict[Who, Askers]:
        """Return the askers of each sort; households in view come forward more often."""

        def age(person: Person) -> int:
            return self._year - (person.birth_year or 0)

        def weight(person: Person) -> float:
            grid = land.above(person.lives_in or "", AreaKind.GRID)
            return uneven[grid.id] * (_FOCUS_WEIGHT if residents.focus(person) else 1)

        with_children = {person.household for person in residents.people if age(person) < ADULT}
        asking = [p for p in residents.people if p.id not in residents.helping and age(p) >= ADULT]
        asking = weighted_order(self._chance, asking, [weight(person) for person in asking])
        sorts = {
            Who.ELDER: [p for p in asking if age(p) >= ELDER],
            Who.FAMILY: [p for p in asking if p.household in with_children],
            Who.PARENT: [p for p in asking if p.household in with_children and age(p) < RETIRED],
            Who.WORKER: [p for p in asking if age(p) < RETIRED],
            Who.ADULT: asking,
        }
        asked: set[str] = set()
        return {who: Askers(order, asked) for who, order in sorts.items()}
