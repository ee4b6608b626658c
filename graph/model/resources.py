"""Resources (资源): what one provider can give, as it stands on the list (亮单)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from graph.model.times import Period, Windows


class ProviderKind(StrEnum):
    """Who lists a resource."""

    PERSON = "person"
    ORGANISATION = "organisation"
    TEAM = "team"


class ResourceState(StrEnum):
    """Whether it may be matched."""

    LISTED = "listed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Provided:
    """One capability of a resource.

    Parameters
    ----------
    level
        Skill, 1 to 5.
    certificate_until
        The last day on which the certificate is valid; None where none is needed.
    """

    capability: str
    level: int = 3
    certificate_until: date | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One person's or team's time, however many skills it provides, or one asset.

    Parameters
    ----------
    title
        Public: without names.
    capacity
        Units in each `period`, ≥ 0. For people's time a unit is a visit of up to two hours.
    windows
        When it can be had; None is any time.
    reach_minutes
        For people's time: how far on foot, 1 to 240; None is no limit of its own.
    reaches
        Areas where it may be used beyond its provider's own community.
    conditions
        What one must know before asking for it (需提前一天预约); public.
    terms
        Counts the edits that change what may be matched.
    """

    id: str
    provider: str
    provider_kind: ProviderKind
    title: str
    provides: tuple[Provided, ...]
    capacity: int
    period: Period = Period.WEEK
    windows: Windows = None
    reach_minutes: int | None = None
    reaches: tuple[str, ...] = ()
    conditions: str | None = None
    state: ResourceState = ResourceState.LISTED
    rev: int = 1
    terms: int = 1


def bucket_id(resource: str, period: str) -> str:
    """Return the key of a resource's bucket in a period."""
    return f"{resource}|{period}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A resource's capacity in one period, where two claims meet."""

    id: str
    resource: str
    period: str
    capacity: int
    reserved: int = 0
    taken: int = 0

    @property
    def free(self) -> int:
        """Units that nobody reserves or takes; below zero where the capacity was cut after they did."""
        return self.capacity - self.reserved - self.taken
