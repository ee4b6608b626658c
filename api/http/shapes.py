"""What goes over the wire. Every model refuses fields it does not know."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from graph.model.cards import Card, CardKind
from graph.model.people import masked
from graph.model.resources import ProviderKind
from graph.model.times import Window, Windows, from_milliseconds, to_milliseconds
from graph.store.resources import ProviderCard
from graph.store.search import Hit
from matching.errors import InvalidInput
from matching.texts import one_line, plain_text

Item = TypeVar("Item")


class Shape(BaseModel):
    """The base of everything on the wire."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, from_attributes=True)


CardText = Annotated[str, AfterValidator(one_line)]
"""Public: one line of what can be seen."""
PlainText = Annotated[str, AfterValidator(plain_text)]
Id = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain_text)]
Whole = Annotated[int, Field(strict=True)]  # 2.0, "2" and true are no counts
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _written_out(at: Any) -> Any:
    # A bare number would be taken for seconds since 1970.
    if not isinstance(at, datetime) and not (isinstance(at, str) and _RFC_3339.match(at)):
        raise ValueError("give it as RFC 3339 with its offset, such as 2026-11-23T18:00:00+08:00")
    return at


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _day_written_out(day: Any) -> Any:
    if type(day) is not date and not (isinstance(day, str) and _DAY.fullmatch(day)):
        raise ValueError("give it as YYYY-MM-DD")
    return day


Day = Annotated[date, BeforeValidator(_day_written_out)]


class WindowShape(Shape):
    """A stretch of every week, in the city's time."""

    weekday: Annotated[Whole, Field(ge=1, le=7, description="1 is Monday", examples=[6])]
    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
    end: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["11:30"])]

    @model_validator(mode="after")
    def _in_order(self) -> WindowShape:
        if self.start >= self.end:
            raise ValueError(f"the window ends at {self.end}, before or as it starts at {self.start}")
        return self

    def window(self) -> Window:
        """Return the window in minutes of the week."""
        day = (self.weekday - 1) * 24 * 60
        return Window(day + _minutes(self.start), day + _minutes(self.end))


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def windows_of(shapes: list[WindowShape] | None) -> Windows:
    """Return windows as the model has them."""
    return None if shapes is None else tuple(sorted(shape.window() for shape in shapes))


def window_shapes(windows: Windows) -> list[WindowShape] | None:
    """Return windows as the wire has them; one over midnight becomes two."""
    if windows is None:
        return None
    day = 24 * 60
    shapes = []
    for window in windows:
        start = window.start
        while start < window.end:
            end = min(window.end, (start // day + 1) * day)
            until = end - start // day * day
            shapes.append(
                WindowShape(
                    weekday=start // day + 1,
                    start=f"{start % day // 60:02d}:{start % 60:02d}",
                    end=f"{until // 60:02d}:{until % 60:02d}",
                )
            )
            start = end
    return shapes


class CardShape(Shape):
    """A public card: what every role may see of a need or a resource, in its scope or not."""

    subject: Annotated[str, Field(description="The need's or resource's id.")]
    kind: CardKind
    title: str
    capabilities: Annotated[list[str], Field(description="Ids: all that a need asks for, all that a resource gives.")]
    quantity: Annotated[int, Field(description="Units asked for; of a resource, its capacity a period.")]
    grid: Annotated[str, Field(description="Id of the grid, or of a larger area where it is not known better.")]
    windows: Annotated[list[WindowShape] | None, Field(description="When it suits; null is any time.")]

    @classmethod
    def of(cls, card: Card) -> CardShape:
        """Return what of a card goes over the wire: all of it."""
        values = {name: getattr(card, name) for name in cls.model_fields if name not in ("capabilities", "windows")}
        return cls(**values, capabilities=list(card.capabilities), windows=window_shapes(card.windows))


class ProviderShape(Shape):
    """Who serves or would; a person's name is masked, and null outside your area."""

    kind: ProviderKind
    name: str | None

    @classmethod
    def of(cls, provider: ProviderCard) -> ProviderShape:
        """Return what of a provider goes over the wire."""
        person = provider.kind is ProviderKind.PERSON
        return cls(kind=provider.kind, name=masked(provider.name) if person and provider.name else provider.name)


class SentenceShape(Shape):
    """The same said in two languages; show the one that the reader speaks."""

    en: str
    zh: str


LEFT_OUT: Any = Field(default_factory=lambda: None)
"""The default of a field that a change may leave out, but not set to null."""


class Page(Shape, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(None, description="Give it as `cursor` to get the page behind; null on the last one.")


Cursor = Annotated[str | None, Field(max_length=500, description="`next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=200, description="Items a page.")]


class ChangeShape(Shape):
    """One thing that would be otherwise."""

    kind: Annotated[
        Literal["capacity", "pool", "candidate"],
        Field(
            description="More units of a resource; a higher quota of a unit or an area; a resource that goes further."
        ),
    ]
    subject: Annotated[str, Field(description="Id of the resource, or of whose quota it is.")]
    by: Annotated[int | None, Field(description="Units; null for `candidate`.")]
    area: Annotated[str | None, Field(description="Of `candidate`: the community to list in the resource's `reaches`.")]
    minutes: Annotated[int | None, Field(description="Of `candidate`: on foot; null where it is not known.")]


def cursor_of(*parts: Any) -> str:
    """Return a cursor that points behind an item."""
    packed = [to_milliseconds(part) if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps(packed).encode()).decode().rstrip("=")


def before_of(cursor: str | None) -> tuple[datetime, str] | None:
    """Return (instant, id) of a cursor.

    Raises
    ------
    InvalidInput
        It is none of ours.
    """
    if cursor is None:
        return None
    match _unpacked(cursor):
        case [int(at), str(last)] if type(at) is int and 0 <= at < 10**14:
            return from_milliseconds(at), _plain_or_refuse(last)
    raise _refused_cursor()


def after_of(cursor: str | None) -> str:
    """Return the id of a cursor over ids; empty for the first page.

    Raises
    ------
    InvalidInput
        It is none of ours.
    """
    if cursor is None:
        return ""
    match _unpacked(cursor):
        case [str(last)]:
            return _plain_or_refuse(last)
    raise _refused_cursor()


def hit_of(cursor: str | None) -> Hit | None:
    """Return where in a search's order a cursor points.

    Raises
    ------
    InvalidInput
        It is none of ours.
    """
    if cursor is None:
        return None
    match _unpacked(cursor):
        case [0 | 1 as exact, int(at), str(last)] if type(at) is type(exact) is int and 0 <= at < 10**14:
            return Hit(bool(exact), at, _plain_or_refuse(last))
    raise _refused_cursor()


def _plain_or_refuse(text: str) -> str:
    try:
        return plain_text(text)
    except ValueError:
        raise _refused_cursor() from None


def _unpacked(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def _refused_cursor() -> InvalidInput:
    return InvalidInput(("cursor", "this is no cursor of ours; give `next` of the page before as it came"))


class HomeShape(Shape):
    """A home's place, kept to a thousandth of a degree: about 100 metres, coarse on purpose."""

    lat: Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]

    def point(self) -> tuple[float, float]:
        """Return the coarse point."""
        return round(self.lat, 3), round(self.lon, 3)
