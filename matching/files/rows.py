"""Rows of a JSON file as columns; every value that does not fit its field is told with its position."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

from matching.files.declaration import NUMBERS, PROBLEM, REQUIRED, REQUIRED_TABLES, TABLES, Field, Kind
from matching.files.strict_json import NotJson, Repeated
from matching.files.wrong import Wrong

SMALLEST, LARGEST = -(2**63), 2**63 - 1

Columns = dict[str, list[Any]]


def columns_of(document: Any, wrong: Wrong, *, tables_apart: bool = False) -> tuple[dict[str, Columns], dict[str, int]]:
    """Return each list of a problem as columns, and its numbers.

    A value that was told as wrong is replaced by a harmless one, so that the rest can still be looked at.

    Parameters
    ----------
    tables_apart
        Needs, resources and candidates stand in files of their own and must not be here.
    """
    if not isinstance(document, dict):
        wrong.add("", f"an object is wanted, this is {describe(document)}")
        return {}, {}
    names = [name for name in TABLES if not (tables_apart and name in REQUIRED_TABLES)]
    known = {"format", *names, *(field.name for field in NUMBERS)}
    check_keys("", document, known, wrong)
    if "format" not in document:
        wrong.add("format", f'is missing; write "{PROBLEM}"')
    elif document["format"] != PROBLEM or isinstance(document["format"], NotJson):
        wrong.add("format", f'"{PROBLEM}" is wanted')
    tables = {}
    for name in names:
        if name in REQUIRED_TABLES and name not in document:
            wrong.add(name, "is missing; it may be an empty list")
        tables[name] = table_columns(name, document.get(name, []), wrong)
    numbers = {
        field.name: column(field, [document.get(field.name, field.default)], partial(_alone, field.name), wrong)[0]
        for field in NUMBERS
    }
    return tables, numbers


def table_columns(name: str, rows: Any, wrong: Wrong) -> Columns:
    """Return the rows of one list as columns."""
    fields = TABLES[name]
    if type(rows) is not list:
        wrong.add(name, f"a list is wanted, this is {describe(rows)}")
        rows = []
    if not set(map(type, rows)) <= {dict}:
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                wrong.add(f"{name}[{number}]", f"an object is wanted, this is {describe(row)}")
        rows = [row if isinstance(row, dict) else None for row in rows]
    known = {field.name for field in fields}
    if None in rows or not set(chain.from_iterable(rows)) <= known or not set(map(type, rows)) <= {dict}:
        for number, row in enumerate(rows):
            if row is not None:
                check_keys(f"{name}[{number}]", row, known, wrong)
    made: Columns = {}
    for field in fields:
        missing = field.default
        values = [missing if row is None else row.get(field.name, missing) for row in rows]
        if missing is REQUIRED and REQUIRED in values:
            for number, row in enumerate(rows):
                if row is not None and field.name not in row:
                    wrong.add(f"{name}[{number}].{field.name}", "is missing")
        given = (
            None if field.nullable or missing is not None else [row is not None and field.name in row for row in rows]
        )
        made[field.name] = column(field, values, partial(_position, name, field.name), wrong, given)
    return made


def _alone(name: str, _: int) -> str:
    return name


def _position(table: str, field: str, number: int) -> str:
    return f"{table}[{number}].{field}"


def column(
    field: Field, values: list[Any], place_of: Callable[[int], str], wrong: Wrong, given: list[bool] | None = None
) -> list[Any]:
    """Return a column in which every value fits its field; what did not is told.

    Parameters
    ----------
    place_of
        Makes the position of a row's field, where something is told.
    given
        Where the default is None but null is no value: which rows have the field.
    """
    there = values if given is None else [value for value, is_there in zip(values, given, strict=True) if is_there]
    if _fits(field, there):
        return values
    harmless = _HARMLESS[field.kind] if field.minimum is None else field.minimum
    made = []
    for number, value in enumerate(values):
        if value is REQUIRED or (value is None and (field.nullable or (given is not None and not given[number]))):
            made.append(harmless if value is REQUIRED else None)
            continue
        told = problem_with(field, value)
        if told:
            for place, words in told:
                wrong.add(place_of(number) + place, words)
        made.append(harmless if told else value)
    return made


_HARMLESS: dict[Kind, Any] = {
    Kind.ID: None,
    Kind.INTEGER: 0,
    Kind.BOOLEAN: False,
    Kind.WINDOW: None,
    Kind.WINDOWS: None,
    Kind.IDS: [],
    Kind.PAIR: None,
    Kind.SCOPE: "resource",
}


def _fits(field: Field, values: list[Any]) -> bool:
    """Return whether a whole column is certainly right: quick, for columns of a million."""
    types = set(map(type, values))
    if field.nullable:
        types.discard(type(None))
        values = [value for value in values if value is not None]
    if field.kind is Kind.INTEGER:
        low = SMALLEST if field.minimum is None else field.minimum
        return types <= {int} and (not values or (min(values) >= low and max(values) <= LARGEST))
    if field.kind is Kind.BOOLEAN:
        return types <= {bool}
    if field.kind is Kind.ID:
        return types <= {str} and all(values) and _encodable("".join(values))
    return not values


def problem_with(field: Field, value: Any) -> list[tuple[str, str]]:
    """Return what is wrong with a value: (place within it, words) of each."""
    kind = field.kind
    if kind is Kind.INTEGER:
        return [("", words)] if (words := _integer(value, field.minimum)) else []
    if kind is Kind.BOOLEAN:
        return [] if type(value) is bool else [("", f"true or false is wanted, this is {describe(value)}")]
    if kind is Kind.ID:
        return [("", words)] if (words := _id(value)) else []
    if kind is Kind.SCOPE:
        return [] if type(value) is str and value == "resource" else [("", 'only "resource" is known')]
    if kind is Kind.WINDOW:
        return [("", words)] if (words := _window(value)) else []
    if type(value) is not list:
        return [("", f"a list is wanted, this is {describe(value)}")]
    if kind is Kind.WINDOWS:
        return [(f"[{i}]", words) for i, window in enumerate(value) if (words := _window(window))]
    if kind is Kind.PAIR and len(value) != 2:
        return [("", f"two needs are wanted, these are {len(value)}")]
    return [(f"[{i}]", words) for i, member in enumerate(value) if (words := _id(member))]


def check_keys(place: str, row: dict[str, Any], known: set[str], wrong: Wrong) -> None:
    """Tell keys that are there twice or that the format does not have."""
    for key in row.keys_twice if isinstance(row, Repeated) else []:
        wrong.add(place, f'the key "{shown(key)}" stands there twice')
    for key in row:
        if key not in known:
            wrong.add(f"{place}.{shown(key)}" if place else shown(key), "there is no such field")


def shown(key: str) -> str:
    """Return a key as it can be printed."""
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def _integer(value: Any, minimum: int | None) -> str:
    if type(value) is not int:
        return f"a whole number is wanted, this is {describe(value)}"
    if not SMALLEST <= value <= LARGEST:
        return "beyond 64 bits"
    if minimum is not None and value < minimum:
        return f"{value} is below {minimum}"
    return ""


def _id(value: Any) -> str:
    if type(value) is not str:
        return f"text is wanted, this is {describe(value)}"
    if not value:
        return "empty"
    return "" if _encodable(value) else "half of a surrogate pair; an id is valid Unicode"


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _window(value: Any) -> str:
    if type(value) is not list or len(value) != 2:
        return "[start, end] is wanted"
    for bound in value:
        if words := _integer(bound, None):
            return words
    start, end = value
    if start < 0:
        return f"starts at {start}, before 0"
    return "" if start < end else f"ends at {end}, not after its start {start}"


def describe(value: Any) -> str:
    """Return in words what a value is, without repeating text."""
    if isinstance(value, NotJson):
        return str(value)[:30]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "a whole number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
