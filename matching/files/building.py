"""From columns to a problem: ids become rows, and what does not hold together is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.errors import TooLarge
from matching.files.rows import Columns
from matching.files.wrong import Wrong
from matching.problem import LARGEST, Bools, Floor, Group, Held, Ints, Pin, Pool, Problem, Windows


@dataclass(frozen=True, slots=True, eq=False)
class MainTables:
    """Needs, resources and candidates as arrays, wherever they were read; −1 is an id that names nothing."""

    need_ids: Sequence[str | None]
    need_quantity: Ints
    need_value: Ints
    need_whole: Bools
    need_required: Bools
    need_duration: Ints
    need_windows: Windows
    resource_ids: Sequence[str | None]
    resource_capacity: Ints
    resource_windows: Windows
    resource_load: Ints
    need: Ints
    resource: Ints
    value: Ints
    use: Ints
    limit: Ints


def from_columns(tables: Mapping[str, Columns], wrong: Wrong) -> MainTables:
    """Return the main tables of a JSON file."""
    needs, resources, candidates = (tables[name] for name in ("needs", "resources", "candidates"))
    need_row, resource_row = (
        {mine: row for row, mine in enumerate(ids) if mine is not None} for ids in (needs["id"], resources["id"])
    )
    return MainTables(
        need_ids=needs["id"],
        need_quantity=_ints(needs["quantity"]),
        need_value=_ints(needs["value"]),
        need_whole=np.array(needs["whole"], dtype=bool),
        need_required=np.array(needs["required"], dtype=bool),
        need_duration=_ints(needs["duration"]),
        need_windows=Windows.of(needs["windows"]),
        resource_ids=resources["id"],
        resource_capacity=_ints(resources["capacity"]),
        resource_windows=Windows.of(resources["windows"]),
        resource_load=_ints(resources["load"]),
        need=_referred("candidates", "need", candidates["need"], need_row, wrong),
        resource=_referred("candidates", "resource", candidates["resource"], resource_row, wrong),
        value=_ints(candidates["value"]),
        use=_ints(candidates["use"]),
        limit=_ints([LARGEST if limit is None else limit for limit in candidates["limit"]]),
    )


def build(main: MainTables, tables: Mapping[str, Columns], numbers: Mapping[str, int], wrong: Wrong) -> Problem:
    """Return the problem.

    Raises
    ------
    InvalidFile
        Something was wrong, here or before.
    """
    for name, ids in (("needs", main.need_ids), ("resources", main.resource_ids)):
        _check_unique(name, ids, wrong)
    for name, windows in (("needs", main.need_windows), ("resources", main.resource_windows)):
        _check_overlaps(name, windows, wrong)
    _check_pairs(main, wrong)
    need_row, resource_row = (
        {mine: row for row, mine in enumerate(ids) if mine is not None} for ids in (main.need_ids, main.resource_ids)
    )
    lists = _Lists(tables, {"needs": need_row, "resources": resource_row}, wrong)
    pools, floors = lists.pools(), lists.floors()
    groups, conflicts = lists.groups(), lists.conflicts()
    fixed, current = lists.fixed(main), lists.current()
    wrong.check()
    try:
        return Problem(
            need_quantity=main.need_quantity,
            need_value=main.need_value,
            resource_capacity=main.resource_capacity,
            need=main.need,
            resource=main.resource,
            value=main.value,
            limit=main.limit,
            use=main.use,
            need_whole=main.need_whole,
            need_required=main.need_required,
            need_duration=main.need_duration,
            need_windows=main.need_windows,
            resource_windows=main.resource_windows,
            resource_load=main.resource_load,
            pools=pools,
            floors=floors,
            groups=groups,
            conflicts=conflicts,
            fixed=fixed,
            current=current,
            change_cost=numbers["change_cost"],
            balance=numbers["balance"],
            need_ids=[str(mine) for mine in main.need_ids],
            resource_ids=[str(mine) for mine in main.resource_ids],
        )
    except TooLarge as error:
        wrong.add("", error.detail)
        wrong.check()
        raise


class _Lists:
    """The optional lists, one method each."""

    def __init__(self, tables: Mapping[str, Columns], rows: Mapping[str, Mapping[str, int]], wrong: Wrong) -> None:
        self._tables, self._rows, self._wrong = tables, rows, wrong

    def _members(self, table: str, field: str, of: str) -> list[Ints]:
        """Return the rows that each of a list's members name."""
        found = []
        for number, ids in enumerate(self._tables[table][field]):
            rows = []
            for place, mine in enumerate(ids):
                row = self._rows[of].get(mine)
                at = f"{table}[{number}].{field}[{place}]"
                if row is None:
                    self._wrong.add(at, f"none of the {of} has this id")
                elif row in rows:
                    self._wrong.add(at, "named twice")
                else:
                    rows.append(row)
            found.append(_ints(rows))
        return found

    def pools(self) -> list[Pool]:
        columns = self._tables["pools"]
        _check_unique("pools", columns["id"], self._wrong)
        members = self._members("pools", "resources", "resources")
        return [Pool(*row) for row in zip(columns["id"], columns["capacity"], members, strict=True)]

    def floors(self) -> list[Floor]:
        columns = self._tables["floors"]
        _check_unique("floors", columns["id"], self._wrong)
        members = self._members("floors", "needs", "needs")
        return [Floor(*row) for row in zip(columns["id"], columns["minimum"], members, strict=True)]

    def groups(self) -> list[Group]:
        columns = self._tables["groups"]
        _check_unique("groups", columns["id"], self._wrong)
        members = [rows.tolist() for rows in self._members("groups", "needs", "needs")]
        seen: dict[int, int] = {}
        for number, needs in enumerate(members):
            for need in needs:
                if seen.setdefault(need, number) != number:
                    self._wrong.add(f"groups[{number}].needs", f"one of them is in groups[{seen[need]}] too")
        return [
            Group(mine, tuple(needs), together)
            for mine, needs, together in zip(columns["id"], members, columns["together"], strict=True)
        ]

    def conflicts(self) -> list[tuple[int, int]]:
        found = []
        columns = dict(self._tables["conflicts"])
        columns["needs"] = [pair or [] for pair in columns["needs"]]
        self._tables = {**self._tables, "conflicts": columns}
        for rows in self._members("conflicts", "needs", "needs"):
            if len(rows) == 2:
                found.append((int(rows[0]), int(rows[1])))
        return found

    def fixed(self, main: MainTables) -> list[Pin]:
        columns = self._tables["fixed"]
        need, resource = (
            _referred("fixed", field, columns[field], self._rows[of], self._wrong)
            for field, of in (("need", "needs"), ("resource", "resources"))
        )
        if not len(need):
            return []
        candidate = {pair: row for row, pair in enumerate(zip(main.need.tolist(), main.resource.tolist(), strict=True))}
        pins = []
        pairs = zip(need.tolist(), resource.tolist(), strict=True)
        for number, (pair, quantity, start) in enumerate(
            zip(pairs, columns["quantity"], columns["start"], strict=True)
        ):
            if min(pair) < 0:
                continue
            if pair not in candidate:
                self._wrong.add(f"fixed[{number}]", "the pair is no candidate; add it to candidates or drop the pin")
                continue
            if start is not None and not main.need_duration[pair[0]]:
                self._wrong.add(f"fixed[{number}].start", "the need is not timed; drop the start")
            elif start is not None and quantity != 1:
                self._wrong.add(f"fixed[{number}].quantity", "1 is wanted beside a start; write a pin for each unit")
            pins.append(Pin(candidate[pair], quantity, start))
        return pins

    def current(self) -> list[Held]:
        columns = self._tables["current"]
        need, resource = (
            _referred("current", field, columns[field], self._rows[of], self._wrong).tolist()
            for field, of in (("need", "needs"), ("resource", "resources"))
        )
        return [Held(*row) for row in zip(need, resource, columns["quantity"], strict=True)]


def _ints(numbers: Sequence[Any]) -> Ints:
    return np.array(numbers, dtype=np.int64)


def _referred(table: str, field: str, ids: Sequence[str | None], rows: Mapping[str, int], wrong: Wrong) -> Ints:
    """Return the rows that ids name; −1, told, where one names nothing."""
    found = _ints([rows.get(mine, -1) if mine is not None else -1 for mine in ids])
    for number in np.flatnonzero(found < 0).tolist():
        if ids[number] is not None:
            wrong.add(f"{table}[{number}].{field}", f"no {field} has this id")
    return found


def _check_unique(table: str, ids: Sequence[str | None], wrong: Wrong) -> None:
    if len(set(ids)) == len(ids):
        return
    first: dict[str, int] = {}
    for number, mine in enumerate(ids):
        if mine is not None and first.setdefault(mine, number) != number:
            wrong.add(f"{table}[{number}].id", f"{table}[{first[mine]}] has the same")


def _check_pairs(main: MainTables, wrong: Wrong) -> None:
    """Tell pairs of need and resource that are listed twice."""
    known = np.flatnonzero((main.need >= 0) & (main.resource >= 0))
    keys = main.need[known] * max(1, len(main.resource_ids)) + main.resource[known]
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    for later, earlier in sorted(zip(known[order[same + 1]].tolist(), known[order[same]].tolist(), strict=True)):
        wrong.add(f"candidates[{later}]", f"candidates[{earlier}] is the same pair")


def _check_overlaps(table: str, windows: Windows, wrong: Wrong) -> None:
    owner = np.repeat(np.arange(len(windows.always)), np.diff(windows.first))
    order = np.lexsort((windows.start, owner))
    clash = (owner[order][1:] == owner[order][:-1]) & (windows.start[order][1:] < windows.end[order][:-1])
    for mine in sorted(set(owner[order][1:][clash].tolist())):
        wrong.add(f"{table}[{mine}].windows", "two of them overlap")
