"""Until when an offer can be answered."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from graph.model.needs import Urgency
from graph.model.times import CITY_TIME

REACHABLE_FROM = time(8)
REACHABLE_UNTIL = time(20)
DEFAULT_LIMIT = timedelta(hours=24)
AT_ONCE_LIMIT = timedelta(hours=2)


def answer_by(made_at: datetime, urgency: Urgency) -> datetime:
    """Return the end of the time to answer an offer.

    The clock starts when the provider can be reached (08:00 to 20:00 in the city) and runs 24 hours, 2 where
    the need is urgent. What is left of it when the provider goes out of reach runs on when they are back: an
    offer made at 02:00 has until 10:00, one made at 19:00 until 09:00.
    """
    start = _reachable(made_at.astimezone(CITY_TIME))
    end = start + (AT_ONCE_LIMIT if urgency is Urgency.AT_ONCE else DEFAULT_LIMIT)
    closing = datetime.combine(start, REACHABLE_UNTIL, CITY_TIME)
    if urgency is Urgency.AT_ONCE and end > closing:
        end = _reachable(closing) + (end - closing)
    return end.astimezone(made_at.tzinfo)


def _reachable(at: datetime) -> datetime:
    """Return the first moment from `at` on in which a provider can be reached."""
    if at.time() < REACHABLE_FROM:
        return datetime.combine(at, REACHABLE_FROM, CITY_TIME)
    if at.time() >= REACHABLE_UNTIL:
        return datetime.combine(at + timedelta(days=1), REACHABLE_FROM, CITY_TIME)
    return at
