"""What of each public method of the store is tested, and where; a method without a row fails here.

A row says for each behaviour that the method has which test states it. Add a row with a new method, in the part of
`rows/` that its subject belongs to; where its docstring names a refusal, the row has a test for it, and
where it writes, one of racing writers and one of a lost connection, or `Because` and why it needs none.
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
from tests.contract.rows.behaviours import HAPPY, LOST, MANY, MISSING, RACE, REFUSED, SCOPE, STALE, TWICE, Because, Row

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
_WRITES = re.compile(r"\b(SET|CREATE|MERGE|DELETE|REMOVE)\b|\.do\(|_transaction\.create\(")


def writes(function: Callable[..., Any], seen: frozenset[Any] = frozenset()) -> bool:
    """Tell whether a function writes: in its own words, in a query that it names, or in what it calls of the store."""
    if function in seen:
        return False
    source = inspect.getsource(function)
    if _WRITES.search(source):
        return True
    words = set(re.findall(r"\w+", source))
    there = function.__globals__
    called = []
    for thing in (there[word] for word in words & there.keys()):
        if isinstance(thing, str) and _WRITES.search(thing):
            return True
        if getattr(thing, "__module__", "").startswith("graph.store."):
            called += (
                [thing] if inspect.isfunction(thing) else [vars(thing)[word] for word in words & vars(thing).keys()]
            )
    own = vars(there.get(function.__qualname__.partition(".")[0], object))
    called += [own[name] for name in re.findall(r"self\.(\w+)\(", source) if name in own]
    return any(writes(one, seen | {function}) for one in called if inspect.isfunction(one))


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
    assert {said for said in row.values() if not isinstance(said, Because)} <= tests_there_are
    words = inspect.getdoc(METHODS[method]) or ""
    raises = words.partition("Raises\n")[2].partition("\nReturns")[0]
    for refusal, behaviours in RAISED.items():
        if re.search(rf"\b{refusal}\b", raises):
            assert row.keys() & behaviours, f"{method} says it raises {refusal}: which test states it?"


@pytest.mark.parametrize("method", sorted(method for method, function in METHODS.items() if writes(function)))
def test_a_writer_is_raced_and_cut_off_or_its_row_says_why_not(method: str) -> None:
    assert {RACE, LOST} <= ROWS[method].keys(), f"{method} writes: add it to an act of acts.py, or say why not"
