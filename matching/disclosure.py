"""Which cells of a table a planner may see, so that no count below `SMALLEST` can be worked out from the others.

A table has a row for every area right below one, and a column for every value of what is counted by; its margins
(the area's own row, every row's total) are shown too. A cell below `SMALLEST` is hidden. Others are hidden with it, the
smallest first:

- in a row whose total is shown, until at least two are hidden that come to `SMALLEST` together;
- in a column, likewise; for this the two smallest areas hide whatever any of their neighbours hides.

So every hidden cell is a corner of a rectangle of hidden cells (its row and one of the two smallest areas', two
columns): one more there and one less beside it leaves every figure that is shown as it was, so none follows from them.
What the upper area hides, its smallest child hides too, so what a lower table shows does not tell it either. Whatever
is asked for, the tables are worked out from the city down, so everybody gets the same answer for the same cell.

Not prevented: what follows from bounds (a hidden count is at least 0, and at most what its row leaves), from knowing
this rule, from the same figures asked for at two times, or from what somebody knows besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SMALLEST = 5
"""No count of people's needs below this is told to those who plan."""

Cell = tuple[int, ...]
"""What is counted of one cell; either all of it is shown, or none."""
Row = Mapping[str, Cell]
"""Cells by column."""


def too_small(cells: Iterable[Cell]) -> bool:
    """Tell whether one of the counts, summed over the cells, is below `SMALLEST`."""
    return any(sum(counts) < SMALLEST for counts in zip(*cells, strict=True))


def hide(row: Row, hidden: Iterable[str] = ()) -> set[str]:
    """Return what to hide of cells whose sum is shown, `hidden` and more.

    Examples
    --------
    >>> sorted(hide({"a": (2,), "b": (30,), "c": (9,)}))
    ['a', 'c']
    """
    gone = set(hidden) | {name for name, cell in row.items() if too_small([cell])}
    while gone and len(gone) < len(row) and (len(gone) == 1 or too_small(row[name] for name in gone)):
        gone.add(min(row.keys() - gone, key=lambda name: (row[name], name)))
    return gone


def hide_totals(totals: Row, *, above_hidden: bool) -> set[str]:
    """Return the areas whose totals to hide, where that of the area above them is hidden or shown."""
    if not above_hidden:
        return hide(totals)
    gone = {name for name, cell in totals.items() if too_small([cell])}
    return gone or {min(totals, key=lambda name: (totals[name], name))}


def hide_below(rows: Mapping[str, Row], above: set[str], totals: set[str]) -> dict[str, set[str]]:
    """Return what to hide of the rows of all areas right below one.

    Parameters
    ----------
    rows
        By area, all with the same columns.
    above
        Columns that the area above them hides.
    totals
        Areas whose totals are hidden: nothing of them is shown.
    """
    gone = {area: set(row) if area in totals else hide(row) for area, row in rows.items()}
    smallest = sorted(rows, key=lambda area: (sum(cell[0] for cell in rows[area].values()), area))[:2]
    while True:
        before = sum(map(len, gone.values()))
        somewhere = above.union(*gone.values())
        for area in smallest:
            gone[area] = hide(rows[area], gone[area] | somewhere)
        for column in sorted(somewhere):
            cells = {area: rows[area][column] for area in rows}
            for area in hide(cells, {area for area in rows if column in gone[area]}):
                gone[area] = hide(rows[area], gone[area] | {column})
        if sum(map(len, gone.values())) == before:
            return gone
