"""Some visits have an appointed time: agreed on with the resident, within the hours that suit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from graph.model.needs import Need, Urgency
from graph.model.times import CITY_TIME, city_date
from seeds.chance import stream
from seeds.tongchuan.divisions import CITY

_SHARE = 0.2  # ours, of the visits at home that have a duration and are not at once
_DAYS_AHEAD = (2, 6)
_HOURS = (9, 10, 14, 15, 16)
_A_DAY = 24 * 60


def appoint(needs: Sequence[Need], *, seed: int, now: datetime) -> tuple[Need, ...]:
    """Return the needs, some of them with an appointed time in the days after `now`."""
    chance = stream(CITY, seed, "appointments")
    appointed = []
    for need in needs:
        day = city_date(now) + timedelta(days=chance.randint(*_DAYS_AHEAD))
        begins = datetime.combine(day, time(chance.choice(_HOURS)), CITY_TIME)
        chosen = chance.random() < _SHARE
        may = need.at_home and need.duration > 0 and need.urgency is not Urgency.AT_ONCE and need.group is None
        if chosen and may and _suits(need, begins) and (need.due is None or begins < need.due):
            need = replace(need, appointed=begins)
        appointed.append(need)
    return tuple(appointed)


def _suits(need: Need, begins: datetime) -> bool:
    minute = begins.weekday() * _A_DAY + begins.hour * 60
    return need.windows is None or any(w.start <= minute and minute + need.duration <= w.end for w in need.windows)
