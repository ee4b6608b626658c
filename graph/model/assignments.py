"""Assignments (派单 → 接单): a pair of need and resource, offered and then active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AssignmentState(StrEnum):
    """Where a pair stands."""

    OFFERED = "offered"
    ACTIVE = "active"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


RESERVING = frozenset({AssignmentState.OFFERED})
TAKING = frozenset({AssignmentState.ACTIVE, AssignmentState.DELIVERED, AssignmentState.CONFIRMED})
LIVE = frozenset({AssignmentState.OFFERED, AssignmentState.ACTIVE})


class Side(StrEnum):
    """Who must still say yes."""

    COMMUNITY = "community"  # the need's side
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One pair.

    Parameters
    ----------
    bucket
        The resource's capacity in one period, `resource|period`.
    waiting_for
        Sides still to say yes; empty once the pair is active.
    expires
        Until when an offer can be answered.
    plan
        The plan that made it; None where a person did.
    parts
        The value of one unit by named part, as it was when the offer was made.
    backups
        Resources that the plan would have offered next, should the answer be no.
    """

    id: str
    need: str
    resource: str
    provider: str
    bucket: str
    quantity: int
    state: AssignmentState
    waiting_for: frozenset[Side]
    made_at: datetime
    expires: datetime
    plan: str | None = None
    parts: Mapping[str, int] | None = None
    backups: tuple[str, ...] = ()
    rev: int = 1

    @property
    def live_key(self) -> str | None:
        """The unique key of a live pair, `need|resource|period`; None once it is over."""
        return f"{self.need}|{self.bucket}" if self.state in LIVE else None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a subject; append only.

    Parameters
    ----------
    subject, seq
        The key: the need's or assignment's id and its `rev` after the write.
    party
        In which part the actor acted: `community`, `provider`, `staff_for_provider` (by telephone), `clock`.
    reason
        A reason code; free words never stand here.
    """

    subject: str
    seq: int
    at: datetime
    actor: str
    party: str
    verb: str
    before: str | None
    after: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell somebody; written in the transaction that causes it, sent later.

    Parameters
    ----------
    to
        A provider's id, or `area:` and the id of the area whose staff is told.
    values
        What the template needs, without personal data.
    """

    id: str
    to: str
    template: str
    values: Mapping[str, str]
    due: datetime
