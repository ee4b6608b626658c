"""What a property may hold: its type, its rules, and its form in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from graph.model.times import from_milliseconds, to_milliseconds


class SchemaViolation(ValueError):
    """A value that the schema does not allow; says the place and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property: its type and rules.

    Parameters
    ----------
    key
        Names the node; unique.
    paged
        Lists are read in its order, and of the key where it is the same: one index holds both.
    """

    key: bool = False
    unique: bool = False
    index: bool = False
    paged: bool = False
    optional: bool = False

    def encode(self, value: Any) -> Any:
        """Return the value as the store keeps it; raise `ValueError` where it is not allowed."""
        return value

    def decode(self, value: Any) -> Any:
        """Return the value that the store kept."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Property):
    """A string of at most `longest` characters.

    Parameters
    ----------
    fulltext
        Name of the full-text index over it; "" for none.
    """

    longest: int = 200
    fulltext: str = ""

    def encode(self, value: Any) -> str:
        """Check type and length."""
        if not isinstance(value, str):
            raise ValueError("must be text")
        if len(value) > self.longest:
            raise ValueError(f"at most {self.longest} characters, not {len(value)}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Text):
    """Personal text: encrypted before it reaches the store, decoded only on purpose.

    Parameters
    ----------
    search
        A keyed hash stands beside it as `<name>_hash`, so that it can be looked for.
    """

    longest: int = 2000
    search: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Property):
    """A whole number in a range."""

    minimum: int = -(2**63)
    maximum: int = 2**63 - 1

    def encode(self, value: Any) -> int:
        """Check type and range."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("must be a whole number")
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"must be {self.minimum} to {self.maximum}, not {value}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Property):
    """A real number."""

    def encode(self, value: Any) -> float:
        """Return a float."""
        return float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Property):
    """Yes or no."""

    def encode(self, value: Any) -> bool:
        """Check the type."""
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant(Property):
    """A moment, kept as milliseconds since 1970 (both stores agree on those)."""

    def encode(self, value: datetime) -> int:
        """Return milliseconds."""
        return to_milliseconds(value)

    def decode(self, value: int) -> datetime:
        """Return the UTC instant."""
        return from_milliseconds(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Property):
    """A date, kept as `YYYY-MM-DD`."""

    def encode(self, value: date) -> str:
        """Return the ISO form."""
        return value.isoformat()

    def decode(self, value: str) -> date:
        """Return the date."""
        return date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class OneOf(Property):
    """One value of an enum."""

    of: type[StrEnum]

    def encode(self, value: Any) -> str:
        """Check membership."""
        return str(self.of(value))

    def decode(self, value: str) -> StrEnum:
        """Return the member."""
        return self.of(value)


@dataclass(frozen=True, slots=True)
class SomeOf(Property):
    """Several values of an enum, kept sorted."""

    of: type[StrEnum]

    def encode(self, value: Any) -> list[str]:
        """Check membership."""
        return sorted(str(self.of(item)) for item in value)

    def decode(self, value: list[str]) -> frozenset[StrEnum]:
        """Return the members."""
        return frozenset(self.of(item) for item in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Integers(Property):
    """A list of whole numbers."""

    def encode(self, value: Any) -> list[int]:
        """Return a list."""
        return [int(item) for item in value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Points(Property):
    """Points on the ground as (lat, lon) in degrees, kept flat."""

    def encode(self, value: Any) -> list[float]:
        """Return lat and lon in turn."""
        return [float(degrees) for point in value for degrees in point]

    def decode(self, value: list[float]) -> tuple[tuple[float, float], ...]:
        """Return the points."""
        return tuple(zip(value[::2], value[1::2], strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Property):
    """A list of short texts."""

    def encode(self, value: Any) -> list[str]:
        """Return a list."""
        return [Text(longest=50).encode(item) for item in value]

    def decode(self, value: list[str]) -> tuple[str, ...]:
        """Return the texts."""
        return tuple(value)
