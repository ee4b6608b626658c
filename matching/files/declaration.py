"""The format, declared once: the reader, the JSON Schemas and the tables of docs/problem-format.md come from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

PROBLEM = "renling-problem/1"
PLAN = "renling-plan/1"


class Kind(StrEnum):
    """What a field holds."""

    ID = "id"
    INTEGER = "integer"
    BOOLEAN = "true or false"
    WINDOW = "`[start, end)`"
    WINDOWS = "windows"
    IDS = "list of ids"
    PAIR = "two ids"
    SCOPE = '"resource"'


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()
"""In place of a default."""

NO_LIMIT: Any = None
"""The default of a candidate's limit: no more than the need's own quantity."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row; `refers` names the table whose ids it holds, `default_words` what the default means."""

    name: str
    kind: Kind
    default: Any
    meaning: str
    minimum: int | None = None
    refers: str = ""
    nullable: bool = False
    default_words: str = ""


def _id(of: str) -> Field:
    return Field("id", Kind.ID, REQUIRED, f"unique among {of}; not empty")


TABLES: dict[str, tuple[Field, ...]] = {
    "needs": (
        _id("needs"),
        Field("quantity", Kind.INTEGER, 1, "units wanted", minimum=1),
        Field("value", Kind.INTEGER, 0, "worth of each unit met; any sign"),
        Field("whole", Kind.BOOLEAN, False, "all of the quantity or nothing"),
        Field("required", Kind.BOOLEAN, False, "must be met in full, else the problem is infeasible"),
        Field("duration", Kind.INTEGER, 0, "minutes that each unit takes; 0 is untimed", minimum=0),
        Field(
            "windows", Kind.WINDOWS, None, "`[start, end)` in minutes; a unit lies inside one of them", nullable=True
        ),
    ),
    "resources": (
        _id("resources"),
        Field("capacity", Kind.INTEGER, REQUIRED, "units of use", minimum=0),
        Field(
            "windows",
            Kind.WINDOWS,
            None,
            "`[start, end)` in which it can work; those that touch are one",
            nullable=True,
        ),
        Field("load", Kind.INTEGER, 0, "units that it carries already; counts in `balance` only", minimum=0),
    ),
    "candidates": (
        Field("need", Kind.ID, REQUIRED, "who may be served", refers="needs"),
        Field("resource", Kind.ID, REQUIRED, "by what; a pair is listed once at most", refers="resources"),
        Field("value", Kind.INTEGER, 0, "worth of each unit on this pair beside the need's own; any sign"),
        Field("use", Kind.INTEGER, 1, "capacity that each unit takes", minimum=0),
        Field(
            "limit",
            Kind.INTEGER,
            NO_LIMIT,
            "at most so many units on this pair",
            minimum=0,
            default_words="the need's `quantity`",
        ),
    ),
    "pools": (
        _id("pools"),
        Field("capacity", Kind.INTEGER, REQUIRED, "the summed use of its resources is at most this", minimum=0),
        Field("resources", Kind.IDS, REQUIRED, "none twice; may be empty", refers="resources"),
    ),
    "floors": (
        _id("floors"),
        Field("needs", Kind.IDS, REQUIRED, "none twice; may be empty", refers="needs"),
        Field("minimum", Kind.INTEGER, REQUIRED, "units met over its needs are at least this", minimum=0),
    ),
    "groups": (
        _id("groups"),
        Field(
            "needs",
            Kind.IDS,
            REQUIRED,
            "all are met in full, or none gets a unit; in one group at most",
            refers="needs",
        ),
        Field("together", Kind.BOOLEAN, False, "all their timed units start in the same minute"),
    ),
    "conflicts": (
        Field(
            "needs", Kind.PAIR, REQUIRED, "two different needs that one resource does not both serve", refers="needs"
        ),
        Field("scope", Kind.SCOPE, "resource", "its only value"),
    ),
    "fixed": (
        Field("need", Kind.ID, REQUIRED, "the pair must be a candidate", refers="needs"),
        Field("resource", Kind.ID, REQUIRED, "", refers="resources"),
        Field("quantity", Kind.INTEGER, 1, "the plan holds at least this; several pins on a pair add", minimum=1),
        Field("start", Kind.INTEGER, None, "minute; only for timed needs, with quantity 1", nullable=True),
    ),
    "current": (
        Field("need", Kind.ID, REQUIRED, "of the plan in force; need be no candidate", refers="needs"),
        Field("resource", Kind.ID, REQUIRED, "", refers="resources"),
        Field("quantity", Kind.INTEGER, 1, "each unit not kept costs `change_cost`; duplicates add", minimum=1),
    ),
}
"""Each list of a problem with the fields of its rows."""

REQUIRED_TABLES = ("needs", "resources", "candidates")

NUMBERS = (
    Field("change_cost", Kind.INTEGER, 0, "cost of each unit of `current` not kept on its pair", minimum=0),
    Field(
        "balance", Kind.INTEGER, 0, "costs `balance × ((load + x)² − load²)` over resources, x their units", minimum=0
    ),
)
"""The numbers of a problem beside its lists."""

_NEED = Field("need", Kind.ID, REQUIRED, "", refers="needs")
_RESOURCE = Field("resource", Kind.ID, REQUIRED, "", refers="resources")
_BY = Field("by", Kind.INTEGER, REQUIRED, "so much more", minimum=1)
_ADD = Field("add", Kind.WINDOW, REQUIRED, "becomes one with the windows that it overlaps")

CHANGES: tuple[tuple[str, tuple[Field, ...]], ...] = (
    ("split", (replace(_NEED, meaning="no longer `whole`: at least one more unit of it is then served"),)),
    ("window", (_NEED, _ADD)),
    ("window", (_RESOURCE, _ADD)),
    ("limit", (_NEED, replace(_RESOURCE, meaning="the pair is a candidate"), _BY)),
    ("capacity", (_RESOURCE, _BY)),
    ("pool", (Field("pool", Kind.ID, REQUIRED, "", refers="pools"), _BY)),
    ("conflict", (replace(TABLES["conflicts"][0], meaning="a conflict that is dropped"),)),
    ("candidate", TABLES["candidates"]),
)
"""What a plan's `fix` lists, in the order of preference: each change's kind and its other fields."""
