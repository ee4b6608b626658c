"""How evenly help is spread over areas and over groups of residents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.model.actors import Actor
from graph.model.areas import Area
from graph.store import Graph, Store
from matching.use_cases.statistics import By, Figures, NeedStatistics, need_statistics


@dataclass(frozen=True, slots=True)
class Share:
    """What one part asks for and has in hand.

    Parameters
    ----------
    name
        Of an area; None of a group.
    figures
        What is too small to be told is None.
    share
        Per cent of what is asked for that is in hand; None where that is not told, or nothing is asked for.
    floor
        The least share that the area is to get a night; None where it has none.
    """

    id: str
    name: str | None
    figures: Figures
    share: int | None
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class Fairness:
    """How evenly help is spread below an area.

    Parameters
    ----------
    areas
        Those right below it, the least served first; those of which nothing is told last.
    groups
        Vulnerable residents and others.
    spread
        Between the best and the least served area of those told, in points of a per cent; None of fewer than two.
    """

    area: str
    total: Share
    areas: tuple[Share, ...]
    groups: tuple[Share, ...]
    spread: int | None


def fairness(store: Store, *, area: str | None, by: Actor) -> Fairness:
    """Return what the areas right below one and the groups of residents ask for and have in hand.

    To planners nothing is told that `need_statistics` does not tell, of which these are the figures.

    Parameters
    ----------
    area
        An id or official code; None is the scope's own.

    Raises
    ------
    NotFound
        The area does not exist or lies outside the scope.
    """
    by_area = need_statistics(store, area=area, by_what=By.AREA, by=by)
    by_group = need_statistics(store, area=by_area.area, by_what=By.GROUP, by=by)

    def read(graph: Graph) -> dict[str, Area]:
        return {i: graph.areas.get(i) for i in by_area.cells}

    places = store.read(read, scope=by.scope)
    areas = sorted(_shares(by_area, places), key=lambda row: (row.share is None, row.share, row.id))
    told = [row.share for row in areas if row.share is not None]
    return Fairness(
        area=by_area.area,
        total=_share(by_area.area, by_area.total),
        areas=tuple(areas),
        groups=tuple(_shares(by_group, {})),
        spread=max(told) - min(told) if len(told) > 1 else None,
    )


def _shares(found: NeedStatistics, places: Mapping[str, Area]) -> list[Share]:
    return [_share(i, figures, places.get(i)) for i, figures in found.cells.items()]


def _share(id_: str, figures: Figures, area: Area | None = None) -> Share:
    known = figures.held is not None and figures.asked
    share = 100 * (figures.held or 0) // (figures.asked or 1) if known else None
    return Share(id_, area.name if area else None, figures, share, area.floor if area else None)
