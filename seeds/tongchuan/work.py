"""Who works where, and who reports in to the community (双报到)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from graph.model.areas import AreaKind
from graph.model.people import Organisation, OrganisationKind, Person
from seeds.chance import stream
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.homes import RETIRED
from seeds.tongchuan.land import Land

_YOUNGEST = 20
_SHARE_OF_MEMBERS = 0.7  # of working age, who work for a unit or department
_SHARE_OF_OTHERS = 0.3  # for any organisation here; the rest work elsewhere, or nowhere
_STATE = (OrganisationKind.UNIT, OrganisationKind.DEPARTMENT)


def employ(
    land: Land, people: Sequence[Person], organisations: Sequence[Organisation], *, seed: int, today: date
) -> tuple[Person, ...]:
    """Return the people with where they work; party members of units report to the community they live in."""
    chance = stream(CITY, seed, "work")
    state = [organisation.id for organisation in organisations if organisation.kind in _STATE]
    anywhere = [organisation.id for organisation in organisations]
    employed = []
    for person in people:
        age = today.year - (person.birth_year or today.year)
        share = _SHARE_OF_MEMBERS if person.member_of else _SHARE_OF_OTHERS
        if person.lives_in and _YOUNGEST <= age < RETIRED and chance.random() < share:
            person = replace(
                person,
                works_for=chance.choice(state if person.member_of else anywhere),
                reports_to=land.above(person.lives_in, AreaKind.COMMUNITY).id if person.member_of else None,
            )
        employed.append(person)
    return tuple(employed)
