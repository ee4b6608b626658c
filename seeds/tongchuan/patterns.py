"""Sentence patterns of needs, read from `patterns/*.toml`.

A pattern is a table:

| key | meaning |
|---|---|
| `title` | the public card: at most 40 characters, no names |
| `text` | what is asked, in words that fit both who asks and who notes it down, whatever their age: no 我 or 他 |
| `requires` | `"capability"` or `"capability:levels"`; several are all asked of one provider |
| `field` | a value of `graph.model.needs.Field` |
| `weight` | how often it is raised against the others (1) |
| `kind` | a value of `graph.model.needs.NeedKind`: `need` (default), `wish` 微心愿, `post`, `call` 吹哨 and so on |
| `urgency` | which may be drawn (by date) |
| `who` | `adult` (default), or another of `Who` |
| `at_home` | it is served in the resident's home |
| `duration` | least and most minutes, for visits |
| `hours` | names of `hours.py`; without them the resident's age decides |
| `quantity` | least and most units (1) |
| `vary` | slots of the pattern's own: one value each is drawn, the same in title and text |

Slots besides: `{since}` (when it began), `{since_long}`, `{n}` (the quantity), `{spot}` (for the public: where).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from graph.model.needs import Field, NeedKind, Urgency
from seeds.tongchuan.capabilities import Skilled

_LONGEST_TITLE = 40
_KEYS = {
    "title", "text", "requires", "field", "weight", "kind", "urgency",
    "who", "at_home", "duration", "hours", "quantity", "vary",
}  # fmt: skip


class Who(StrEnum):
    """Whose need it is."""

    ADULT = "adult"
    ELDER = "elder"
    FAMILY = "family"  # with children, grandparents too
    PARENT = "parent"  # with children, below 60
    WORKER = "worker"  # below 60
    PUBLIC = "public"  # a grid's, nobody's own, told by some resident
    GRID = "grid"  # the same, noted by the staff themselves


@dataclass(frozen=True, slots=True)
class Pattern:
    """One table of a file."""

    title: str
    text: str
    requires: tuple[Skilled, ...]
    field: Field
    weight: float
    kind: NeedKind
    urgency: tuple[Urgency, ...]
    who: Who
    at_home: bool
    duration: tuple[int, int]
    hours: tuple[str, ...]
    quantity: tuple[int, int]
    vary: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Pattern:
        """Return the pattern of a table.

        Raises
        ------
        ValueError
            An unknown key, capability, field or the like.
        """
        unknown = row.keys() - _KEYS
        if unknown:
            raise ValueError(f"{row.get('title')!r}: no such key: {sorted(unknown)}")
        if len(row["title"]) > _LONGEST_TITLE:
            raise ValueError(f"{row['title']!r}: at most {_LONGEST_TITLE} characters")
        shortest, longest = row.get("duration", (0, 0))
        least, most = row.get("quantity", (1, 1))
        return cls(
            title=row["title"],
            text=row["text"],
            requires=tuple(Skilled.parse(text, (1, 1)) for text in row["requires"]),
            field=Field(row["field"]),
            weight=row.get("weight", 1),
            kind=NeedKind(row.get("kind", NeedKind.NEED)),
            urgency=tuple(Urgency(value) for value in row.get("urgency", (Urgency.BY_DATE,))),
            who=Who(row.get("who", Who.ADULT)),
            at_home=row.get("at_home", False),
            duration=(shortest, longest),
            hours=tuple(row.get("hours", ())),
            quantity=(least, most),
            vary={slot: tuple(values) for slot, values in row.get("vary", {}).items()},
        )


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return all patterns, like ones together."""
    folder = files(__package__).joinpath("patterns")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(
        Pattern.parse(row)
        for name in names
        for row in tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))["pattern"]
    )
