"""The life of an assignment as a table: every transition, who may make it, and what it requires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.model.assignments import Assignment, AssignmentState, Side
from graph.model.refusals import Refusal
from matching.errors import Expired, InvalidInput, NotAllowed, WrongState


class Party(StrEnum):
    """In which part somebody acts."""

    PROVIDER = "provider"
    STAFF_FOR_PROVIDER = "staff_for_provider"  # by telephone, recorded so
    COMMUNITY = "community"
    CLOCK = "clock"

    @property
    def side(self) -> Side | None:
        """The side that this party speaks for."""
        if self is Party.CLOCK:
            return None
        return Side.COMMUNITY if self is Party.COMMUNITY else Side.PROVIDER


class DeclineReason(StrEnum):
    """Why a side says no."""

    BUSY = "busy"
    TOO_FAR = "too_far"
    NOT_ABLE = "not_able"
    AWAY = "away"
    NOT_SUITABLE = "not_suitable"
    NO_LONGER_NEEDED = "no_longer_needed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries to move an assignment on.

    Parameters
    ----------
    provider_in_scope
        Whether the provider is at home in the area of the staff who act.
    """

    assignment: Assignment
    verb: str
    party: Party
    at: datetime
    reason: DeclineReason | None = None
    provider_in_scope: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a transition requires.

    Attributes
    ----------
    refusal
        What to say where it does not hold; None where another row of the table is meant then.
    """

    name: str
    holds: Callable[[Attempt], bool]
    refusal: Callable[[Attempt], Refusal] | None = None


OWN_PROVIDER = Condition(
    "own_provider",
    lambda a: a.party is not Party.STAFF_FOR_PROVIDER or a.provider_in_scope,
    lambda a: NotAllowed(
        "this provider is at home outside your area; they answer themselves, or by staff of an area in which both lie",
        assignment=a.assignment.id,
    ),
)
"""One community alone never gives the yes of both sides for a provider of another."""
IN_TIME = Condition(
    "in_time",
    lambda a: a.at <= a.assignment.expires,
    lambda a: Expired(
        f"the time to answer was over at {a.assignment.expires.isoformat()}; ask for a new offer",
        assignment=a.assignment.id,
    ),
)
PAST_DUE = Condition(
    "past_due",
    lambda a: a.at > a.assignment.expires,
    lambda a: WrongState("there is still time to answer", assignment=a.assignment.id),
)
OWN_SIDE_SILENT = Condition(
    "own_side_silent",
    lambda a: a.party.side in a.assignment.waiting_for,
    lambda a: WrongState(
        f"the {a.party.side}'s side has said yes already; waiting for: "
        f"{', '.join(sorted(a.assignment.waiting_for)) or 'nobody'}",
        assignment=a.assignment.id,
    ),
)
OTHER_SIDE_SILENT = Condition("other_side_silent", lambda a: bool(a.assignment.waiting_for - {a.party.side}))
OTHER_SIDE_SAID_YES = Condition("other_side_said_yes", lambda a: not a.assignment.waiting_for - {a.party.side})
REASON_GIVEN = Condition(
    "reason_given",
    lambda a: a.reason is not None,
    lambda _: InvalidInput(("reason", f"say why; one of {', '.join(DeclineReason)}")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table."""

    before: AssignmentState
    verb: str
    after: AssignmentState
    by: frozenset[Party]
    requires: tuple[Condition, ...]


class Lifecycle:
    """A table of steps."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps

    def step(self, attempt: Attempt) -> Step:
        """Return the row that an attempt follows.

        Raises
        ------
        WrongState
            From its state there is no such transition.
        NotAllowed
            There is, but not for this party.
        Expired, InvalidInput
            What a condition refuses.
        """
        state = attempt.assignment.state
        rows = [s for s in self.steps if s.before is state and s.verb == attempt.verb]
        if not rows:
            raise WrongState(
                f"an assignment that is {state} can't be {_done(attempt.verb)}", assignment=attempt.assignment.id
            )
        rows = [s for s in rows if attempt.party in s.by]
        if not rows:
            raise NotAllowed(f"{attempt.party} can't {attempt.verb} an assignment")
        for row in rows:
            # Conditions without a refusal choose the row; exactly one of the rows of a verb fits.
            if all(c.holds(attempt) for c in row.requires if c.refusal is None):
                for condition in row.requires:
                    if condition.refusal is not None and not condition.holds(attempt):
                        raise condition.refusal(attempt)
                return row
        raise WrongState(f"nothing in the table fits {attempt.verb} now", assignment=attempt.assignment.id)


def _done(verb: str) -> str:
    return {"accept": "accepted", "decline": "declined", "expire": "expired"}.get(verb, verb)


_SIDES = frozenset({Party.PROVIDER, Party.STAFF_FOR_PROVIDER, Party.COMMUNITY})

ASSIGNMENT = Lifecycle(
    Step(
        AssignmentState.OFFERED,
        "accept",
        AssignmentState.OFFERED,
        _SIDES,
        (OWN_PROVIDER, IN_TIME, OWN_SIDE_SILENT, OTHER_SIDE_SILENT),
    ),
    Step(
        AssignmentState.OFFERED,
        "accept",
        AssignmentState.ACTIVE,
        _SIDES,
        (OWN_PROVIDER, IN_TIME, OWN_SIDE_SILENT, OTHER_SIDE_SAID_YES),
    ),
    Step(AssignmentState.OFFERED, "decline", AssignmentState.DECLINED, _SIDES, (OWN_PROVIDER, IN_TIME, REASON_GIVEN)),
    Step(AssignmentState.OFFERED, "expire", AssignmentState.EXPIRED, frozenset({Party.CLOCK}), (PAST_DUE,)),
)
