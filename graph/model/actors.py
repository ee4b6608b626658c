"""Who acts, and how far they see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; how far is their area's matter."""

    STAFF = "staff"  # community, street, district or city staff, by their area
    PROVIDER = "provider"
    OPERATOR = "operator"  # runs the service on its own machine; never over HTTP


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a query sees: an area's subtree, one provider's own, or, for matching, everything."""

    area: str | None = None
    provider: str | None = None


EVERYTHING = Scope()
"""For matching and the machine's own operator; what is shown to people is narrower."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program that acts.

    Parameters
    ----------
    id
        An API key's id, or `operator:` and the system user's name, or `clock`.
    """

    id: str
    role: Role
    area: str | None = None
    provider: str | None = None

    @property
    def scope(self) -> Scope:
        """How far this actor sees."""
        return Scope(area=self.area, provider=self.provider)


CLOCK = Actor("clock", Role.OPERATOR)
"""Acts where only time has passed."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's record; the key itself is shown once and never stored."""

    id: str
    name: str
    hash: str
    role: Role
    area: str | None
    provider: str | None
    created: datetime
    expires: datetime
    revoked: bool = False

    @property
    def actor(self) -> Actor:
        """Who acts when this key is used."""
        return Actor(self.id, self.role, self.area, self.provider)
