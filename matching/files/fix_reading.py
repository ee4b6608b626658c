"""The `fix` of an unmet need from a plan's file: whether it is well formed, not whether it is true."""

from __future__ import annotations

from typing import Any

from matching.errors import TooLarge
from matching.files.declaration import CHANGES, REQUIRED
from matching.files.rows import check_keys, describe, problem_with
from matching.files.wrong import Wrong
from matching.fixes.changes import Change, applied
from matching.problem import Problem


def read_fix(value: Any, place: str, problem: Problem, wrong: Wrong) -> list[Change] | None:
    """Return the changes that a fix lists; None where there is none, or where something about it was told."""
    if value is None:
        return None
    if type(value) is not list:
        wrong.add(place, f"null or a list is wanted, this is {describe(value)}")
        return None
    before = len(wrong.errors)
    for number, change in enumerate(value):
        _check(change, f"{place}[{number}]", wrong)
    if len(wrong.errors) > before:
        return None
    try:
        applied(problem, value)
    except ValueError as error:
        wrong.add(place, str(error))
        return None
    except TooLarge:  # a change may be more than any plan could use
        pass
    return value


def _check(change: Any, place: str, wrong: Wrong) -> None:
    if not isinstance(change, dict):
        wrong.add(place, f"an object is wanted, this is {describe(change)}")
        return
    kinds = dict(CHANGES)
    kind = change.get("change")
    if type(kind) is not str or kind not in kinds:
        wrong.add(f"{place}.change", f"one of {', '.join(kinds)} is wanted")
        return
    # A window is of a need or of a resource; every other kind has one form.
    forms = [fields for name, fields in CHANGES if name == kind]
    fields = next((form for form in forms if form[0].name in change), forms[0])
    check_keys(place, change, {"change", *(field.name for field in fields)}, wrong)
    for field in fields:
        if field.name in change:
            for within, words in problem_with(field, change[field.name]):
                wrong.add(f"{place}.{field.name}{within}", words)
        elif field.default is REQUIRED:
            wrong.add(f"{place}.{field.name}", "is missing")
