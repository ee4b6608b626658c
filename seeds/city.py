"""A whole city as plain values, ready to be written to a store."""

from __future__ import annotations

from dataclasses import dataclass

from graph.model.areas import Area
from graph.model.capabilities import Capability
from graph.model.needs import Need
from graph.model.people import Household, Organisation, PartyOrganisation, Person, Team
from graph.model.resources import Resource
from graph.store.served import Served


@dataclass(frozen=True, slots=True)
class City:
    """Everything a city starts with.

    Parents come before their children in every tuple, and a tuple refers only to itself and to those
    before it, so the tuples can be written in this order.

    Attributes
    ----------
    borders
        Ids of two areas of one kind that touch, the lower id first.
    served
        Needs of before, with who served them.
    ruled_out
        Ids of a resident and of a person who is never to serve them.
    apart
        Ids of two needs that do not go to one provider.
    name, settings
        Which city, and what it was generated with, such as `scale 0.01, seed 1`. One store holds one of a
        name: person number 7 is somebody else at another scale.
    """

    name: str
    settings: str
    areas: tuple[Area, ...]
    borders: tuple[tuple[str, str], ...]
    households: tuple[Household, ...]
    party_organisations: tuple[PartyOrganisation, ...]
    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    capabilities: tuple[Capability, ...]
    resources: tuple[Resource, ...]
    needs: tuple[Need, ...]
    served: tuple[Served, ...] = ()
    ruled_out: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
