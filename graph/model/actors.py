"""Who acts, and how far they see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.model.areas import AreaKind


class Role(StrEnum):
    """What somebody may do; how far is their area's matter."""

    GRID_WORKER = "grid_worker"  # 网格员
    COMMUNITY = "community"  # 社区工作者
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"
    PROVIDER = "provider"
    PLANNER = "planner"
    AUDITOR = "auditor"
    OPERATOR = "operator"  # runs the service on its own machine; never over HTTP
    MACHINE = "machine"  # another program, such as the 12345 hotline's


STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY, Role.STREET, Role.DISTRICT, Role.CITY})
"""Who serves residents, each over their own area."""

AREA_KINDS: dict[Role, frozenset[AreaKind]] = {
    Role.GRID_WORKER: frozenset({AreaKind.GRID}),
    Role.COMMUNITY: frozenset({AreaKind.COMMUNITY, AreaKind.VILLAGE}),
    Role.STREET: frozenset({AreaKind.STREET}),
    Role.DISTRICT: frozenset({AreaKind.DISTRICT}),
    Role.CITY: frozenset({AreaKind.CITY}),
    Role.PLANNER: frozenset({AreaKind.STREET, AreaKind.DISTRICT, AreaKind.CITY}),
    Role.AUDITOR: frozenset({AreaKind.STREET, AreaKind.DISTRICT, AreaKind.CITY}),
    Role.MACHINE: frozenset({AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT, AreaKind.CITY}),
}
"""Of which kind of area a role can be; a provider has none."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a query sees: an area's subtree, one provider's own, or, for matching, everything."""

    area: str | None = None
    provider: str | None = None


EVERYTHING = Scope()
"""For matching and what the machine does by itself. Nothing that shows people runs in it."""


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
