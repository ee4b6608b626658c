"""Loads a generated city into the store; loading twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.model.actors import EVERYTHING
from graph.model.refusals import Refusal
from graph.model.times import CITY_TIME
from graph.store import Graph, Store
from graph.store.areas import write_areas, write_borders, write_capabilities
from graph.store.exclusions import write_apart, write_ruled_out
from graph.store.loading import Loading
from graph.store.needs import write_needs
from graph.store.organisations import write_organisations, write_teams
from graph.store.people import write_households, write_party_organisations, write_people
from graph.store.resources import write_resources
from graph.store.served import write_served
from seeds.city import City

SINCE = datetime(2020, 1, 1, tzinfo=CITY_TIME)
"""When everything in a generated city began that lasts: long before what was raised, the same on each loading."""
_TOGETHER = 1000  # things a transaction

Writer = Callable[[Loading, Sequence[Any]], int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each subject the city has, and how many of them were new."""

    total: dict[str, int]
    new: dict[str, int]


class Mixed(Refusal):
    """Two generated cities do not go into one store."""

    code = "mixed"


def load(
    store: Store,
    city: City,
    *,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Loaded:
    """Write a city; what is there already stays as it is, edits included.

    Stopped in the middle, it is simply run again.

    Parameters
    ----------
    progress
        Told (subject, done, of how many).

    Raises
    ------
    Mixed
        The store holds this city generated with other settings; nothing was written.
    """
    first = store.write(lambda graph: graph.loading.seeding(city.name, city.settings), scope=EVERYTHING)
    if first != city.settings:
        raise Mixed(
            f"this store holds {city.name} with {first}; load it with the same, "
            "or use another data folder (RENLING_DATA)"
        )
    subjects: tuple[tuple[str, Sequence[Any], Writer], ...] = (
        ("areas", city.areas, write_areas),
        ("borders", city.borders, write_borders),
        ("households", city.households, write_households),
        ("party organisations", city.party_organisations, write_party_organisations),
        ("organisations", city.organisations, write_organisations),
        ("people", city.people, write_people),
        ("teams", city.teams, write_teams),
        ("capabilities", city.capabilities, write_capabilities),
        ("resources", city.resources, write_resources),
        ("needs", city.needs, write_needs),
        ("needs served before", city.served, write_served),
        ("people ruled out", city.ruled_out, write_ruled_out),
        ("needs kept apart", city.apart, write_apart),
    )
    new: dict[str, int] = {}
    for subject, things, write in subjects:
        new[subject] = 0
        progress(subject, 0, len(things))
        for start in range(0, len(things), _TOGETHER):
            some = things[start : start + _TOGETHER]

            def work(graph: Graph, write: Writer = write, some: Sequence[Any] = some) -> int:
                return write(graph.loading.beginning(SINCE), some)

            new[subject] += store.write(work, scope=EVERYTHING)
            progress(subject, start + len(some), len(things))
    return Loaded({subject: len(things) for subject, things, _ in subjects}, new)
