"""What of each public method of the store is tested, and where; a method without a row fails here.

A row says for each behaviour that the method has which test states it. Add a row with a new method, in the part of
`rows/` that its subject belongs to; where its docstring names a refusal, the row has a test for it.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import graph.store
from tests.contract.rows import people, register, whole, work
from tests.contract.rows.behaviours import HAPPY, LOST, MANY, MISSING, RACE, REFUSED, SCOPE, STALE, TWICE, Row

BEHAVIOURS = {HAPPY, MISSING, SCOPE, STALE, TWICE, RACE, LOST, MANY, REFUSED}
RAISED = {
    "NotFound": {MISSING, SCOPE},
    "LeaseHeld": {STALE},
    "LeaseLost": {STALE},
    "KeyReused": {STALE},
    "Stale": {STALE},
    "Erased": {REFUSED},
    "SchemaViolation": {REFUSED},
    "KeyProblem": {REFUSED},
    "Unscoped": {SCOPE},
}
"""Refusal in a docstring → behaviours, one of which its row must have."""

PARTS = (register, people, work, whole)
ROWS: dict[str, Row] = {method: row for part in PARTS for method, row in part.ROWS.items()}


def methods() -> dict[str, Callable[..., Any]]:
    """Return every public function and every public method of a subject, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for info in pkgutil.iter_modules(graph.store.__path__):
        module = importlib.import_module(f"graph.store.{info.name}")
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing):
                found[name] = thing
            elif inspect.isclass(thing) and "transaction" in inspect.signature(thing.__init__).parameters:
                own = {m: f for m, f in vars(thing).items() if inspect.isfunction(f) and not m.startswith("_")}
                found |= {f"{name}.{m}": f for m, f in own.items()}
    return found


METHODS = methods()


@pytest.fixture(scope="module")
def tests_there_are() -> set[str]:
    files = Path(__file__).parents[1].rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}


def test_a_method_has_one_row() -> None:
    assert sum(len(part.ROWS) for part in PARTS) == len(ROWS)


def test_no_row_is_of_a_method_that_is_gone() -> None:
    assert ROWS.keys() - METHODS.keys() == set()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_has_a_row_that_names_its_tests(method: str, tests_there_are: set[str]) -> None:
    assert method in ROWS, f"add a row for {method}: which test states what it does?"
    row = ROWS[method]
    assert HAPPY in row and row.keys() <= BEHAVIOURS
    assert set(row.values()) <= tests_there_are
    words = inspect.getdoc(METHODS[method]) or ""
    raises = words.partition("Raises\n")[2].partition("\nReturns")[0]
    for refusal, behaviours in RAISED.items():
        if re.search(rf"\b{refusal}\b", raises):
            assert row.keys() & behaviours, f"{method} says it raises {refusal}: which test states it?"
