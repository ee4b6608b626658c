"""What planners are shown gives no small count away: everything they can ask for is taken together and solved."""

from random import Random
from typing import Any

import numpy as np
import pytest

from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.areas import Area, AreaKind
from graph.model.needs import Field, Need, NeedState, Required, Urgency
from graph.store import Store
from graph.store.areas import write_areas, write_capabilities
from graph.store.needs import write_needs
from matching.disclosure import SMALLEST, hide, hide_below, hide_totals
from matching.use_cases.statistics import By, NeedStatistics, need_statistics
from tests.worlds import AREAS, CAPABILITIES, NOON

SEEDS = range(1000)


def test_a_row_without_small_counts_is_shown_whole() -> None:
    assert hide({"a": (5,), "b": (6,), "c": (100,)}) == set()
    assert hide({}) == set()
    assert hide({"only": (5,)}) == set()


def test_what_is_hidden_comes_to_enough_and_never_stands_alone() -> None:
    assert hide({"a": (4,), "b": (6,), "c": (9,)}) == {"a", "b"}
    assert hide({"a": (0,), "b": (0,), "c": (7,), "d": (9,)}) == {"a", "b", "c"}
    assert hide({"a": (3,), "b": (4,), "c": (7,), "d": (9,)}) == {"a", "b"}
    assert hide({"a": (2, 9), "b": (8, 8), "c": (9, 4)}) == {"a", "c"}
    assert hide({"a": (0,), "b": (12,)}) == {"a", "b"}


def test_a_total_that_is_hidden_hides_one_below_it() -> None:
    assert hide_totals({"a": (7,), "b": (9,)}, above_hidden=True) == {"a"}
    assert hide_totals({"a": (7,)}, above_hidden=True) == {"a"}
    assert hide_totals({"a": (7,), "b": (9,)}, above_hidden=False) == set()
    assert hide_totals({"a": (2,), "b": (9,), "c": (7,)}, above_hidden=False) == {"a", "c"}


def determined(equations: list[set[Any]], hidden: set[Any]) -> set[Any]:
    """Return the hidden cells that follow from sums (each of a set of cells, with their signs) of which all is known.

    A cell follows when moving it alone, or with others, must break a sum: when it is 0 in every direction in which
    all sums stay.
    """
    order = sorted(hidden, key=repr)
    if not order:
        return set()
    column = {cell: i for i, cell in enumerate(order)}
    matrix = np.zeros((max(1, len(equations)), len(order)))
    for row, equation in enumerate(equations):
        for cell, sign in equation:
            if cell in column:
                matrix[row, column[cell]] += sign
    _, singular, directions = np.linalg.svd(matrix)
    rank = int((singular > 1e-9).sum())
    free = directions[rank:]
    return {cell for cell, i in column.items() if not (np.abs(free[:, i]) > 1e-9).any()}


def test_no_hidden_cell_of_a_table_follows_from_its_margins_and_the_rest() -> None:
    for seed in SEEDS:
        look_through_a_table(Random(seed))


def look_through_a_table(random: Random) -> None:
    rows, columns = random.randint(1, 6), random.randint(1, 6)
    few = random.choice([0.05, 0.2, 0.5, 0.9])

    def count() -> int:
        return random.randint(0, 4) if random.random() < few else random.randint(5, 30)

    table = {f"r{i}": {f"c{j}": (count(),) for j in range(columns)} for i in range(rows)}
    totals = {area: (sum(c[0] for c in row.values()),) for area, row in table.items()}
    above = {f"c{j}": (sum(table[area][f"c{j}"][0] for area in table),) for j in range(columns)}
    if sum(c[0] for c in above.values()) < SMALLEST:
        return
    gone_above = hide(above)
    gone_totals = hide_totals(totals, above_hidden=False)
    gone = hide_below(table, gone_above, gone_totals)

    hidden: set[Any] = {(area, column) for area in gone for column in gone[area]}
    hidden |= {("above", column) for column in gone_above} | {(area, "total") for area in gone_totals}
    every = {(area, column): cell[0] for area, row in table.items() for column, cell in row.items()}
    every |= {("above", column): cell[0] for column, cell in above.items()}
    every |= {(area, "total"): cell[0] for area, cell in totals.items()}
    assert {cell for cell, count in every.items() if count < SMALLEST} <= hidden
    equations: list[set[Any]] = []
    for column in above:
        equations.append({((area, column), 1) for area in table} | {(("above", column), -1)})
    for area in table:
        equations.append({((area, column), 1) for column in above} | {((area, "total"), -1)})
    equations.append({(("above", column), 1) for column in above})
    equations.append({((area, "total"), 1) for area in table})
    small = {cell for cell in hidden if every[cell] < SMALLEST}
    assert not determined(equations, hidden) & small


# ── everything that a planner can fetch ──────────────────────────────────────────────────────────────────────

MORE = (
    *(Area(f"c{i}", AreaKind.COMMUNITY, f"社区{i}", parent="street") for i in range(3)),
    *(Area(f"c{i}-g{j}", AreaKind.GRID, f"网格{j}", parent=f"c{i}") for i in range(3) for j in range(2)),
    Area("street-2", AreaKind.STREET, "二街道", parent="district"),
    Area("s2-c", AreaKind.COMMUNITY, "社区", parent="street-2"),
    Area("district-2", AreaKind.DISTRICT, "二区", parent="city"),
    Area("street-3", AreaKind.STREET, "三街道", parent="district-2"),
)
TREE = (*AREAS, *MORE)
PARENT = {a.id: a.parent for a in TREE}


def random_needs(seed: int) -> list[Need]:
    random = Random(seed)
    weights = [random.choice([0, 1, 1, 3, 10]) for _ in TREE]
    weights[0] += 1
    needs = []
    for i in range(random.choice([3, 40, 250])):
        quantity = random.choice([1, 1, 1, 2, 5])
        held = random.choice([0, 0, quantity])
        needs.append(
            Need(
                id=f"n{i}",
                title="水管",
                area=random.choices([a.id for a in TREE], weights)[0],
                requires=(Required(random.choice(["plumbing", "company"])),),
                field=random.choice([Field.ELDER_CARE, Field.HOUSING, Field.LEGAL]),
                urgency=random.choices(list(Urgency), [1, 6, 3])[0],
                state=random.choice([NeedState.OPEN, NeedState.OPEN, NeedState.CLOSED]),
                quantity=quantity,
                taken=held,
                raised_at=NOON,
                text="水管",
            )
        )
    return needs


def fetch(store: Store, role: Role, area: str) -> dict[tuple[str, By], NeedStatistics]:
    by = Actor("planner", role, area=area)
    return {(top.id, what): need_statistics(store, area=top.id, by_what=what, by=by) for top in TREE for what in By}


@pytest.mark.parametrize("seed", range(2))
def test_from_all_that_a_planner_can_fetch_no_count_below_five_follows(embedded_store: Store, seed: int) -> None:
    def work(graph: Any) -> None:
        write_areas(graph.loading, TREE)
        write_capabilities(graph.loading, CAPABILITIES)
        write_needs(graph.loading, random_needs(seed))

    embedded_store.write(work, scope=EVERYTHING)
    told = fetch(embedded_store, Role.PLANNER, "city")
    true = fetch(embedded_store, Role.CITY, "city")
    assert all(None not in (f.needs, f.held) for s in true.values() for f in (s.total, *s.cells.values()))

    for measure in ("needs", "asked", "held", "left"):
        known: dict[Any, int] = {}
        hidden: set[Any] = set()
        truth: dict[Any, int] = {}
        equations: list[set[Any]] = []

        def note(cell: Any, shown: Any, really: Any, *, measure: str = measure) -> None:
            value = getattr(shown, measure)
            truth[cell] = getattr(really, measure)  # noqa: B023
            if value is None:
                hidden.add(cell)  # noqa: B023
            else:
                assert value == getattr(really, measure)
                assert value >= SMALLEST
                known[cell] = value  # noqa: B023

        for (area, what), statistics in told.items():
            really = true[area, what]
            note((area, "total"), statistics.total, really.total)
            assert statistics.cells.keys() == really.cells.keys()
            for value, figures in statistics.cells.items():
                own = what is By.AREA and value == area
                cell = (f"{area}/" if own else value, "total") if what is By.AREA else (area, f"{what}={value}")
                note(cell, figures, really.cells[value])
            cells = {
                ((f"{area}/" if v == area else v, "total") if what is By.AREA else (area, f"{what}={v}"), 1)
                for v in statistics.cells
            }
            if what is not By.CAPABILITY:
                equations.append(cells | {((area, "total"), -1)})
        children = {area: [c for c, p in PARENT.items() if p == area] for area in PARENT}
        for area, below in children.items():
            for what in (By.FIELD, By.URGENCY, By.STATE, By.CAPABILITY):
                for value in told[area, what].cells:
                    # What lies right in the area is asked for nowhere, but where nothing does all know it.
                    own = {((f"{area}/", f"{what}={value}"), 1)} if area in told[area, By.AREA].cells else set()
                    hidden |= {cell for cell, _ in own}
                    cells = {((c, f"{what}={value}"), 1) for c in below} | own
                    if below:
                        equations.append(cells | {((area, f"{what}={value}"), -1)})
        both = known.keys() & hidden
        assert not both, f"one request shows what another hides: {sorted(both)[:3]}"
        found = {cell for cell in determined(equations, hidden) if truth.get(cell, 0) < SMALLEST}
        assert not {cell for cell in found if cell in truth}, (measure, sorted(found)[:5])


def test_staff_and_auditors_see_every_count(embedded_store: Store) -> None:
    def work(graph: Any) -> None:
        write_areas(graph.loading, TREE)
        write_capabilities(graph.loading, CAPABILITIES)
        write_needs(graph.loading, random_needs(0))

    embedded_store.write(work, scope=EVERYTHING)
    told = {role: fetch(embedded_store, role, "city") for role in (Role.AUDITOR, Role.CITY)}
    assert told[Role.AUDITOR] == told[Role.CITY]
