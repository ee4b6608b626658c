"""What the rows of a table refer to: areas, capabilities, and who is there already."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.model.actors import EVERYTHING, Actor
from graph.model.areas import Area
from graph.model.capabilities import Capability
from graph.store import Graph, Store
from graph.store.tables import Called
from matching.errors import InvalidInput
from matching.permissions import permit


@dataclass(frozen=True, slots=True)
class Places:
    """What rows refer to by name: the areas of the whole city, those inside the actor's own, the capabilities."""

    top: Area
    areas: Mapping[str, Area]
    inside: frozenset[str]
    capabilities: Mapping[str, Capability]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who is there already, to be referred to.

    Attributes
    ----------
    person_of
        The person of each ID number that one person has.
    shared
        ID numbers that several have.
    described
        Whom lists without ID numbers described with each of the words that were asked for.
    salt
        Makes the ids of one import's new people: one for a number or description, and another one next time.
    called
        Who has a phone and a name, wherever they live.
    organisations, teams
        Those inside the actor's area: by `folded` name their ids, each with its area.
    """

    person_of: Mapping[str, str]
    shared: frozenset[str]
    described: Mapping[str, str]
    salt: str
    called: Mapping[tuple[str, str], Sequence[Called]]
    organisations: Mapping[str, Mapping[str, str]]
    teams: Mapping[str, Mapping[str, str]]


def acting_in(store: Store, area: str | None, *, by: Actor) -> Actor:
    """Return the actor with an area as scope.

    Parameters
    ----------
    area
        An id or official code; None is the only city.

    Raises
    ------
    InvalidInput
        None was given, and there is not exactly one city.
    NotFound
        There is no such area.
    """

    def work(graph: Graph) -> str:
        if area is not None:
            return graph.areas.find(area).id
        cities = graph.areas.children(None, limit=2)
        if len(cities) != 1:
            raise InvalidInput(
                ("area", f"there are {'several cities' if cities else 'no areas yet'}; name one, or seed")
            )
        return cities[0].id

    return replace(by, area=store.read(work, scope=EVERYTHING))


def places(store: Store, *, by: Actor) -> Places:
    """Return the areas and capabilities that rows may refer to; both are public."""

    def work(graph: Graph) -> Places:
        path = graph.areas.path(by.area or "")
        areas = {area.id: area for area in graph.tables.tree(path[-1])}
        return Places(
            areas[path[0]],
            areas,
            frozenset(area.id for area in areas.values() if _is_inside(area, path[0], areas)),
            {capability.id: capability for capability in graph.capabilities.all()},
        )

    return store.read(work, scope=by.scope)


def _is_inside(area: Area | None, top: str, areas: Mapping[str, Area]) -> bool:
    while area is not None:
        if area.id == top:
            return True
        area = areas.get(area.parent or "")
    return False


def neighbours(
    store: Store,
    *,
    id_numbers: Collection[str],
    texts: Collection[str],
    called: Collection[tuple[str, str]],
    by: Actor,
) -> Neighbours:
    """Return who is there already.

    Parameters
    ----------
    id_numbers
        In their normal form.
    texts
        What describes people who have no ID number.
    called
        (phone in its normal form, name).
    """
    permit(by, "import tables")

    def work(graph: Graph) -> Neighbours:
        numbered = graph.tables.numbered(id_numbers)
        return Neighbours(
            {number: people[0] for number, people in numbered.items() if len(people) == 1},
            frozenset(number for number, people in numbered.items() if len(people) > 1),
            {words: people[0] for words, people in graph.tables.described(texts).items()},
            secrets.token_hex(16),
            graph.tables.called(called),
            _by_name(graph.tables.organisations()),
            _by_name(graph.tables.teams()),
        )

    return store.read(work, scope=by.scope)


def _by_name(rows: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for i, name, area in rows:
        found.setdefault(folded(name), {})[i] = area
    return found


def folded(name: str) -> str:
    """Return a name in the form in which two that differ in their signs' width only are one."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def listed(store: Store, *, providers: Collection[str], by: Actor) -> dict[tuple[str, str], str]:
    """Return the id of what providers list already, by (provider, title)."""
    permit(by, "import tables")
    return store.read(lambda graph: graph.tables.listed(providers), scope=by.scope)
