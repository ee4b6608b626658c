"""A plan from a file, for the verifier: whatever is wrong with its form is a violation like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from matching.files.declaration import PLAN, REQUIRED, Field, Kind
from matching.files.fix_reading import read_fix
from matching.files.rows import LARGEST, check_keys, describe, problem_with
from matching.files.strict_json import parse, read_text
from matching.files.wrong import InvalidFile, Wrong
from matching.plan import Plan, PlanStatus, Reason, Unmet
from matching.problem import Problem

FIELDS = (
    "format", "status", "objective", "bound", "assignments", "unmet", "infeasible_because", "prices", "gap", "solver",
    "seconds", "seed",
)  # fmt: skip
_QUANTITY = Field("quantity", Kind.INTEGER, REQUIRED, "", minimum=1)
_SIGNED = Field("", Kind.INTEGER, REQUIRED, "")
_COUNT = Field("", Kind.INTEGER, REQUIRED, "", minimum=0)


def read_plan(path: Path, problem: Problem) -> tuple[Plan, list[str]]:
    """Read `renling-plan/1`.

    Returns
    -------
    The plan, as far as it is well formed, and a sentence for everything that is not.

    Raises
    ------
    OSError
        It can't be read.
    InvalidFile
        It is no JSON object at all.
    """
    document = parse(read_text(path))
    if not isinstance(document, dict):
        raise InvalidFile([("", f"an object is wanted, this is {describe(document)}")])
    reading = _Reading(document, problem)
    plan = reading.plan()
    return plan, [f"{place}: {words}" if place else words for place, words in reading.wrong.errors]


class _Reading:
    def __init__(self, document: dict[str, Any], problem: Problem) -> None:
        self.document, self.problem, self.wrong = document, problem, Wrong()
        self.need = {mine: row for row, mine in enumerate(problem.need_ids)}
        self.resource = {mine: row for row, mine in enumerate(problem.resource_ids)}
        pairs = zip(problem.need.tolist(), problem.resource.tolist(), strict=True)
        self.candidate = {pair: row for row, pair in enumerate(pairs)}

    def plan(self) -> Plan:
        check_keys("", self.document, set(FIELDS), self.wrong)
        for name in FIELDS:
            if name not in self.document:
                self.wrong.add(name, "is missing")
        value = self.document.get
        if value("format", PLAN) != PLAN:
            self.wrong.add("format", f'"{PLAN}" is wanted')
        status = value("status", "unknown")
        if type(status) is not str or status not in set(PlanStatus):
            self.wrong.add("status", f"one of {', '.join(PlanStatus)} is wanted")
            status = "unknown"
        objective, bound = (self._number(name, _SIGNED, null=True) for name in ("objective", "bound"))
        self._number("seed", _COUNT, null=False)
        self._gap(objective, bound)
        if type(value("solver", "")) is not str:
            self.wrong.add("solver", "text is wanted")
        self._seconds()
        self._because(status)
        self._prices()
        units, starts = self._assignments()
        return Plan(PlanStatus(status), units, objective, bound, starts, self._unmet())

    def _number(self, name: str, field: Field, *, null: bool) -> int | None:
        value = self.document.get(name)
        if name not in self.document or (value is None and null):
            return None
        for _, words in problem_with(field, value):
            self.wrong.add(name, words)
            return None
        assert isinstance(value, int)  # noqa: S101  # nothing is wrong with it
        return value

    def _gap(self, objective: int | None, bound: int | None) -> None:
        gap = self.document.get("gap")
        if gap is None:
            return
        if not isinstance(gap, dict) or type(gap.get("objective")) is not int:
            self.wrong.add("gap", 'null or {"objective": …} is wanted')
        elif objective is None or bound is None or gap["objective"] != bound - objective:
            self.wrong.add("gap.objective", "is not bound − objective")

    def _because(self, status: str) -> None:
        because, name = self.document.get("infeasible_because"), "infeasible_because"
        if because is None:
            return
        if type(because) is not list:
            self.wrong.add(name, f"null or a list is wanted, this is {describe(because)}")
            return
        if status != PlanStatus.INFEASIBLE:
            self.wrong.add(name, f"null is wanted in a plan that says {status}")
        there = {
            "required": self.need,
            "floor": {floor.id for floor in self.problem.floors},
            "fixed": range(len(self.problem.fixed)),
        }
        for number, one in enumerate(because):
            place = f"{name}[{number}]"
            if not isinstance(one, dict) or len(one) != 1 or not one.keys() <= there.keys():
                self.wrong.add(place, "one of required, floor, fixed is wanted")
                continue
            [(kind, which)] = one.items()
            if type(which) is not (int if kind == "fixed" else str) or which not in there[kind]:
                self.wrong.add(f"{place}.{kind}", "the problem has none of this name")

    def _prices(self) -> None:
        prices = self.document.get("prices")
        if prices is None:
            return
        if not isinstance(prices, dict):
            self.wrong.add("prices", f"null or an object is wanted, this is {describe(prices)}")
            return
        check_keys("prices", prices, set(self.resource), self.wrong)
        for mine in self.resource:
            if mine not in prices:
                self.wrong.add(f"prices.{mine}", "is missing")
            else:
                for _, words in problem_with(_COUNT, prices[mine]):
                    self.wrong.add(f"prices.{mine}", words)

    def _seconds(self) -> None:
        seconds = self.document.get("seconds", 0)
        try:
            right = type(seconds) is not bool and type(seconds) is not str and 0 <= float(seconds) < float("inf")
        except (TypeError, ValueError):
            right = False
        if not right:
            self.wrong.add("seconds", "a number of seconds is wanted")

    def _rows(self, name: str, known: set[str], needed: set[str]) -> list[tuple[str, dict[str, Any]]]:
        """Return the rows of a list that are objects with the fields that are needed."""
        rows = self.document.get(name, [])
        if type(rows) is not list:
            self.wrong.add(name, f"a list is wanted, this is {describe(rows)}")
            return []
        sound = []
        for number, row in enumerate(rows):
            place = f"{name}[{number}]"
            if not isinstance(row, dict):
                self.wrong.add(place, f"an object is wanted, this is {describe(row)}")
                continue
            check_keys(place, row, known, self.wrong)
            missing = sorted(needed - row.keys())
            for field in missing:
                self.wrong.add(f"{place}.{field}", "is missing")
            if not missing:
                sound.append((place, row))
        return sound

    def _row_of(self, place: str, field: str, row: dict[str, Any]) -> int:
        rows = self.need if field == "need" else self.resource
        value = row[field]
        found = rows.get(value, -1) if type(value) is str else -1
        if found < 0:
            self.wrong.add(f"{place}.{field}", f"no {field} of the problem has this id")
        return found

    def _assignments(self) -> tuple[Any, dict[int, tuple[int, ...]]]:
        units = np.zeros(len(self.problem.need), dtype=np.int64)
        starts: dict[int, tuple[int, ...]] = {}
        before = (-1, -1)
        names = {"need", "resource", "quantity"}
        for place, row in self._rows("assignments", names | {"starts"}, names):
            pair = (self._row_of(place, "need", row), self._row_of(place, "resource", row))
            told = problem_with(_QUANTITY, row["quantity"])
            for _, words in told:
                self.wrong.add(f"{place}.quantity", words)
            if min(pair) < 0:
                continue
            if pair <= before:
                self.wrong.add(
                    place, "the pair is there twice" if pair == before else "not in the order of needs, then resources"
                )
            before = max(pair, before)
            candidate = self.candidate.get(pair)
            if candidate is None:
                self.wrong.add(place, "the pair is no candidate")
                continue
            if not told:
                units[candidate] = min(LARGEST, int(units[candidate]) + row["quantity"])
            if "starts" in row:
                starts[candidate] = (*starts.get(candidate, ()), *self._starts(place, row["starts"]))
        return units, starts

    def _starts(self, place: str, values: Any) -> list[int]:
        if type(values) is not list:
            self.wrong.add(f"{place}.starts", f"a list is wanted, this is {describe(values)}")
            return []
        sound = []
        for number, value in enumerate(values):
            told = problem_with(_SIGNED, value)
            for _, words in told:
                self.wrong.add(f"{place}.starts[{number}]", words)
            if not told:
                sound.append(value)
        return sound

    def _unmet(self) -> list[Unmet]:
        found = []
        names = {"need", "quantity", "reason", "fix"}
        for place, row in self._rows("unmet", names, names):
            need = self._row_of(place, "need", row)
            told = problem_with(_QUANTITY, row["quantity"])
            for _, words in told:
                self.wrong.add(f"{place}.quantity", words)
            reason = row["reason"]
            if type(reason) is not str or reason not in set(Reason):
                self.wrong.add(f"{place}.reason", "there is no such reason")
                reason = str(Reason.UNDECIDED)
            fix = read_fix(row["fix"], f"{place}.fix", self.problem, self.wrong)
            if need >= 0 and not told:
                found.append(Unmet(need, row["quantity"], reason, fix))
        return found
