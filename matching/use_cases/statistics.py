"""Needs counted for those who plan and watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from graph.model.actors import Actor, Role
from graph.model.needs import Field, NeedState, Urgency
from graph.store import Graph, NotFound, Store
from graph.store.statistics import Counted
from matching.disclosure import Cell, hide, hide_below, hide_totals, too_small
from matching.permissions import permit


class By(StrEnum):
    """What needs are counted by."""

    AREA = "area"  # the areas right below the one asked for
    FIELD = "field"
    URGENCY = "urgency"
    STATE = "state"
    CAPABILITY = "capability"
    GROUP = "group"  # vulnerable residents and others


@dataclass(frozen=True, slots=True)
class Figures:
    """Needs and their units; None where it is hidden.

    Parameters
    ----------
    held
        Units in offers and accepted assignments.
    left
        The others.
    """

    needs: int | None
    asked: int | None
    held: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class NeedStatistics:
    """The needs below an area.

    Parameters
    ----------
    total
        Of all of them. A need that asks for two capabilities counts with both, but once here.
    cells
        By value; of areas, one more for the needs that lie right in the area itself.
    """

    area: str
    by: By
    total: Figures
    cells: Mapping[str, Figures]


Table = dict[str, dict[str, Cell]]
"""(needs, asked, held, left) by area and value."""

_TOTAL = "total"
_NOTHING = (0, 0, 0, 0)
_GROUPS: tuple[Callable[[Cell], Cell], ...] = (lambda c: c[:2], lambda c: c[2:])
"""Needs and units asked for are shown or hidden together, and so are units held and left."""


def need_statistics(store: Store, *, area: str | None, by_what: By, by: Actor) -> NeedStatistics:
    """Count the needs below an area of the scope, whatever their state.

    To planners no count below `disclosure.SMALLEST` is told, nor what it could be worked out from: from a row and its
    total, from an area and those below it, from units asked for and what of them is held. `disclosure` says how,
    and what is not prevented.

    Parameters
    ----------
    area
        An id or official code; None is the scope's own.

    Raises
    ------
    NotFound
        The area does not exist or lies outside the scope.
    """
    permit(by, "see statistics")

    def work(graph: Graph) -> NeedStatistics:
        asked = area or by.area or graph.areas.children(None, limit=1)[0].id
        top = graph.areas.find(asked).id
        if not graph.areas.in_scope(top):
            raise NotFound("no such area in your scope; GET /areas lists them", area=area)
        guarded = by.role is Role.PLANNER
        path = graph.areas.path(top)[::-1] if guarded else [top]
        known = _values(graph, by_what)
        parents = graph.statistics.parents(path[0])
        totals = _below(graph.statistics.needs(path[0], By.AREA), parents, [_TOTAL])
        values = totals if by_what is By.AREA else _below(graph.statistics.needs(path[0], by_what), parents, known)
        counted = _Tables(parents, totals, values)
        shown = counted.areas(top) if by_what is By.AREA else counted.row(top, known)
        hidden = [counted.hidden(path, by_what, known, group) for group in _GROUPS] if guarded else []
        return NeedStatistics(
            top,
            by_what,
            _figures(counted.total(top), *(total for total, _ in hidden)),
            {name: _figures(cell, *(name in cells for _, cells in hidden)) for name, cell in sorted(shown.items())},
        )

    return store.read(work, scope=by.scope)


def _values(graph: Graph, by: By) -> list[str]:
    """Return every value there is, so that one that nobody has is no gap in the list."""
    if by is By.CAPABILITY:
        return [capability.id for capability in graph.capabilities.all()]
    if by is By.GROUP:
        return ["others", "vulnerable"]
    kinds: dict[By, type[StrEnum]] = {By.FIELD: Field, By.URGENCY: Urgency, By.STATE: NeedState}
    return [str(value) for value in kinds[by]] if by in kinds else [_TOTAL]


def _below(counted: Iterable[Counted], parents: Mapping[str, str], values: Sequence[str]) -> Table:
    """Sum what lies in and below every area; what lies right in one stands under its id with a `/` behind."""
    table: Table = {}
    for row in counted:
        cell = (row.needs, row.asked, row.held, row.asked - row.held)
        place: str | None = f"{row.area}/"
        while place is not None:
            cells = table.setdefault(place, dict.fromkeys(values, _NOTHING))
            value = row.value or _TOTAL
            cells[value] = _sum(cells.get(value, _NOTHING), cell)
            place = place[:-1] if place.endswith("/") else parents.get(place)
    return table


def _sum(a: Cell, b: Cell) -> Cell:
    return tuple(x + y for x, y in zip(a, b, strict=True))


class _Tables:
    """What was counted, table by table."""

    def __init__(self, parents: Mapping[str, str], totals: Table, values: Table) -> None:
        self._children: dict[str, list[str]] = {}
        for area, parent in parents.items():
            self._children.setdefault(parent, []).append(area)
        self._totals = totals
        self._values = values

    def total(self, area: str) -> Cell:
        return self._totals.get(area, {}).get(_TOTAL, _NOTHING)

    def row(self, area: str, values: Sequence[str]) -> dict[str, Cell]:
        return self._values.get(area) or dict.fromkeys(values, _NOTHING)

    def areas(self, area: str) -> dict[str, Cell]:
        """Return the totals of the areas right below one, and of what lies right in it where something does."""
        cells = {child: self.total(child) for child in self._children.get(area, [])}
        own = self.total(f"{area}/")
        return cells | {area: own} if own != _NOTHING or not cells else cells

    def hidden(
        self, path: Sequence[str], by: By, values: Sequence[str], group: Callable[[Cell], Cell]
    ) -> tuple[bool, set[str]]:
        """Return whether to hide the total of a path's last area, and which of its cells."""

        def guarded(area: str) -> dict[str, Cell]:
            return {value: group(cell) for value, cell in self.row(area, values).items()}

        total = too_small([group(self.total(path[0]))])
        cells = set(values) if total else hide(guarded(path[0]))
        for area, child in pairwise(path):
            gone = self._hidden_totals(area, total, group)
            rows = {a: guarded(f"{a}/" if a == area else a) for a in self.areas(area)}
            cells = hide_below(rows, cells, gone)[child]
            total = child in gone
        return total, self._hidden_totals(path[-1], total, group) if by is By.AREA else cells

    def _hidden_totals(self, area: str, above: bool, group: Callable[[Cell], Cell]) -> set[str]:
        return hide_totals({a: group(cell) for a, cell in self.areas(area).items()}, above_hidden=above)


def _figures(cell: Cell, *hidden: bool) -> Figures:
    """Return the figures of a cell; `hidden` tells of each group whether it is, and those held of hidden ones too."""
    first, second = (False, False) if not hidden else (hidden[0], any(hidden))
    needs, asked, held, left = cell
    return Figures(
        None if first else needs, None if first else asked, None if second else held, None if second else left
    )
