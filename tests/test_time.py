"""Periods, windows, and until when an offer can be answered."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model.needs import Urgency
from graph.model.times import (
    CITY_TIME,
    Period,
    Window,
    city_date,
    flatten,
    from_milliseconds,
    to_milliseconds,
    unflatten,
)
from matching.time_to_answer import REACHABLE_FROM, REACHABLE_UNTIL, answer_by


@pytest.mark.parametrize(
    ("day", "week", "month"),
    [
        (date(2026, 11, 22), "2026-W47", "2026-11"),  # a Sunday
        (date(2026, 11, 23), "2026-W48", "2026-11"),
        (date(2027, 1, 1), "2026-W53", "2027-01"),  # the week belongs to the old year
        (date(2024, 12, 30), "2025-W01", "2024-12"),  # and here to the new one
    ],
)
def test_a_day_lies_in_its_iso_week_and_its_month(day: date, week: str, month: str):
    assert (Period.WEEK.of(day), Period.MONTH.of(day), Period.ONCE.of(day)) == (week, month, "once")


def test_the_citys_date_is_eight_hours_ahead_of_utc():
    assert city_date(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert city_date(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (6, 5), (0, 10081)])
def test_a_window_outside_the_week_or_reversed_is_refused(start: int, end: int):
    with pytest.raises(ValueError, match="a window needs"):
        Window(start, end)


@given(st.lists(st.tuples(st.integers(0, 10000), st.integers(1, 80)).map(lambda w: Window(w[0], w[0] + w[1]))))
def test_windows_survive_their_flat_form(windows: list[Window]):
    assert unflatten(flatten(tuple(windows))) == tuple(windows)


def test_any_time_and_never_are_two_things():
    assert unflatten(flatten(None)) is None
    assert unflatten(flatten(())) == ()


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_an_instant_survives_to_the_millisecond(at: datetime):
    assert abs(from_milliseconds(to_milliseconds(at)) - at) <= timedelta(milliseconds=1)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        to_milliseconds(datetime(2026, 11, 22))


def city(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY_TIME)


@pytest.mark.parametrize(
    ("made", "urgency", "until"),
    [
        (city(22, 2), Urgency.AT_ONCE, city(22, 10)),  # the night's: from eight o'clock
        (city(22, 9, 30), Urgency.AT_ONCE, city(22, 11, 30)),
        (city(22, 19), Urgency.AT_ONCE, city(23, 9)),  # one hour today, one tomorrow
        (city(22, 21), Urgency.AT_ONCE, city(23, 10)),
        (city(22, 18), Urgency.AT_ONCE, city(22, 20)),
        (city(22, 2), Urgency.BY_DATE, city(23, 8)),
        (city(22, 12), Urgency.BY_DATE, city(23, 12)),
        (city(22, 22), Urgency.LONG_TERM, city(24, 8)),
    ],
)
def test_the_time_to_answer_runs_while_the_provider_can_be_reached(made: datetime, urgency: Urgency, until: datetime):
    assert answer_by(made, urgency) == until


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.sampled_from(Urgency))
def test_an_offer_never_runs_out_while_nobody_can_be_reached(made: datetime, urgency: Urgency):
    until = answer_by(made, urgency).astimezone(CITY_TIME)
    assert until - made >= timedelta(hours=2)
    assert REACHABLE_FROM <= until.time() <= REACHABLE_UNTIL
