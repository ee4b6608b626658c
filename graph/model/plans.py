"""Plans (方案) and the runs that make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class PlanStatus(StrEnum):
    """What is known of a plan's objective."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class PlanState(StrEnum):
    """How far a plan's writing back has come."""

    DRAFT = "draft"  # its pages are being stored
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    ABANDONED = "abandoned"  # killed, and another plan took its place; `written` says how far it came


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """One pair that a plan wants offered, with what it was planned on.

    Parameters
    ----------
    backups
        The next best two resources with room left, should the answer be no.
    group
        Pairs of one group are offered together or not at all.
    """

    need: str
    need_terms: int
    resource: str
    resource_terms: int
    period: str
    quantity: int
    parts: Mapping[str, int]
    backups: tuple[str, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class UnmetNeed:
    """A need, or the rest of one, that a plan does not serve, and why.

    Parameters
    ----------
    held_by
        Assignments that hold the capacity of those who could serve it, by urgency, where that is the reason.
    """

    need: str
    urgency: str
    quantity: int
    reason: str
    held_by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be otherwise.

    Parameters
    ----------
    kind
        `capacity`: a resource has more units; `pool`: a unit's or an area's quota is higher; `candidate`: a resource
        also goes to the need's community.
    subject
        Id of the resource, or of whose quota it is.
    by
        Units; None for `candidate`.
    area, minutes
        Of `candidate`: the community that it would reach, and the way on foot to the need where it is known.
    """

    kind: str
    subject: str
    by: int | None = None
    area: str | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Needs that are left for the same reason where the same resources could serve them, and with what one could be.

    Parameters
    ----------
    reason
        A code of docs/reference.md.
    capability, area
        What they ask for, where it is one thing and the same of all; their community, None where they are of several.
    needs, units
        How many, and what is left of them.
    resources
        How many could serve them.
    need
        That of the highest urgency.
    changes
        The cheapest found with which it is proved that it can be served, nobody else getting less. None where nothing
        was found; none of them where a better plan could serve it as things are.
    """

    reason: str
    capability: str | None
    area: str | None
    needs: int
    units: int
    resources: int
    need: str
    changes: tuple[Change, ...] | None


@dataclass(frozen=True, slots=True)
class Served:
    """What one part of the city asks for and gets.

    Parameters
    ----------
    kind, id
        `area` and a community's id (of a need above the communities its own area's), or `group` and `vulnerable` or
        `others`.
    needs, asked, held, served
        Needs; units asked for, in hand before, given by this plan.
    """

    kind: str
    id: str
    needs: int
    asked: int
    held: int
    served: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What a little more would add to a plan's value; such values do not add up.

    Parameters
    ----------
    resource
        One more unit of it; None where a person is meant.
    capability, area
        One more person with this skill in this community.
    urgency, rest
        Of the first tier (what more could be served, by weight) and of the second.
    needs
        Unmet needs that it could serve.
    exact
        False: it adds at least so much.
    """

    resource: str | None
    capability: str | None
    area: str | None
    urgency: int
    rest: int
    needs: int
    exact: bool


@dataclass(frozen=True, slots=True)
class KeptFloor:
    """What came of the least share that an area asks for, in units, those in hand before included.

    Parameters
    ----------
    area, share
        Its id; per cent of what is asked for below it.
    asked, least
        Units asked for below it; the share of them, rounded up.
    reachable
        What is kept to: `least`, or less where no plan has so much in hand, the floors below it kept.
    proved
        Whether no plan can have more than `reachable`; else none was found in time.
    before, after
        Units in hand by the best plan without floors, and by this one.
    """

    area: str
    share: int
    asked: int
    least: int
    reachable: int
    proved: bool
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """Needs that can't all be served, whatever the plan: they ask for more than all who could serve them have.

    Parameters
    ----------
    capability, area
        What they ask for, and the community where; None for the whole plan.
    needs, asked
        Those whom somebody could serve, and their units, those in hand included.
    resources, units
        Those that could serve any of them, and what these have for them beside what others hold.
    missing
        `asked` less `units`: so much is left at least.
    """

    capability: str
    area: str | None
    needs: int
    asked: int
    resources: int
    units: int
    missing: int


@dataclass(frozen=True, slots=True)
class Sole:
    """A resource that is the only one for some needs, and the units that these ask for."""

    resource: str
    needs: int
    asked: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a plan says beside who serves whom.

    Parameters
    ----------
    changes
        Units against what was in force: `kept`, `moved`, `new`, `dropped`.
    served
        By area and by group.
    load
        Resources by how much of their capacity is used: `none`, `half` (up to), `more`, `full`.
    people, resources
        What one more would be worth, the most first, the first few.
    floors
        What came of each area's least share, the deepest areas first.
    shortages, sole
        The largest of each.
    """

    changes: Mapping[str, int]
    served: tuple[Served, ...]
    load: Mapping[str, int]
    people: tuple[Worth, ...] = ()
    resources: tuple[Worth, ...] = ()
    floors: tuple[KeptFloor, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    sole: tuple[Sole, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one optimisation.

    Parameters
    ----------
    area, night
        Its scope and the date of the night; together with `number` (1 for the first) they name it.
    objective, bound
        The plan's value and a proved upper bound on any plan's, in units of the objective.
    figures
        Units by urgency: `{"at_once": {"asked": 9, "served": 7, "unmet": 2, "more": 0}, …}`; `more` is how many of the
        unmet could be served at most beside all that is.
    seconds
        By stage.
    pairs, unmet
        How many pairs it wants offered and how many needs it leaves.
    written, skipped
        Pairs offered, and pairs left out because the need or the resource had changed meanwhile.
    digest
        Names the outcome: two plans of a night with the same digest serve and leave the same.
    fence, next_page
        The write-back's cursor: who holds a lower fence must not write.
    """

    id: str
    area: str
    night: date
    number: int
    state: PlanState
    status: PlanStatus
    objective: int
    bound: int
    method: str
    made_at: datetime
    figures: Mapping[str, Mapping[str, int]]
    seconds: Mapping[str, float]
    pairs: int
    unmet: int
    digest: str
    written: int = 0
    skipped: int = 0
    fence: int = 0
    next_page: int = 0
    findings: Findings | None = None
