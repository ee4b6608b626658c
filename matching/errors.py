"""What the rules can refuse. Each class has a stable `code`; the API turns it into problem JSON."""

from __future__ import annotations

from graph.model.refusals import Refusal


class NotAllowed(Refusal):
    """The actor's role may not do it."""

    code = "not_allowed"


class InvalidInput(Refusal):
    """Values that can't stand; `errors` names every field.

    Parameters
    ----------
    errors
        (place, what is wrong and what to do) of each.
    """

    code = "invalid_input"

    def __init__(self, *errors: tuple[str, str]) -> None:
        places = ", ".join(place for place, _ in errors)
        super().__init__(
            f"nothing was written; mend: {places}",
            errors=[{"field": place, "message": message} for place, message in errors],
        )


class NotAMatch(Refusal):
    """The resource can't serve the need; `reason` says which rule stands against it."""

    code = "not_a_match"


class Taken(Refusal):
    """Somebody was faster; `next` holds what would serve as well now, the best first."""

    code = "taken"


class QuotaUsed(Refusal):
    """The month's quota of the resource's unit or area is used up; `next` holds what would serve as well now."""

    code = "quota_used"


class WrongState(Refusal):
    """The thing is in a state in which this can't be done."""

    code = "wrong_state"


class Expired(Refusal):
    """The time to answer is over."""

    code = "expired"


class TooMany(Refusal):
    """Done too often of late with one key; wait."""

    code = "too_many"


class TooLarge(Refusal):
    """The numbers are beyond what integers of 64 bits hold."""

    code = "too_large"
