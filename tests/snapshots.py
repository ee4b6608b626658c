"""Small snapshots for tests of the optimizer, which knows no store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from graph.snapshot import AreaColumns, Floor, Links, NeedColumns, Quota, ResourceColumns, Snapshot

DAY = date(2026, 11, 23)
TODAY = (DAY - date(1970, 1, 1)).days
FOREVER = np.iinfo(np.int64).max

# city 0 – two communities 1, 2 – a grid in each: 3 below 1, 4 below 2; about 900 m apart, 15 minutes on foot.
_PARENT = [-1, 0, 0, 1, 2]
_COMMUNITY = [-1, 1, 2, 1, 2]
_LAT = [np.nan, 34.9, 34.908, 34.9, 34.908]
_LON = [np.nan, 108.95, 108.95, 108.95, 108.95]
CITY, EAST, WEST, EAST_GRID, WEST_GRID = range(5)

# repair 0 ← plumbing 1; nursing 2
CAPABILITIES = ["repair", "plumbing", "nursing"]
REPAIR, PLUMBING, NURSING = range(3)
IS_A = [(PLUMBING, REPAIR)]


@dataclass(frozen=True)
class N:
    """A need."""

    requires: tuple[tuple[int, int], ...] = ((PLUMBING, 1),)
    area: int = EAST_GRID
    wanted: int = 1
    urgency: int = 1
    raised_at: int = 0
    due: int = -1
    duration: int = 0
    windows: tuple[tuple[int, int], ...] | None = None
    at_home: bool = False
    vulnerable: bool = False
    terms: int = 1
    appointed: int = -1
    group: int = -1


@dataclass(frozen=True)
class R:
    """A resource."""

    provides: tuple[tuple[int, int], ...] = ((PLUMBING, 3),)
    area: int = EAST_GRID
    by_person: bool = True
    verified: bool = True
    capacity: int = 1
    reach_minutes: int = -1
    reaches: tuple[int, ...] = ()
    windows: tuple[tuple[int, int], ...] | None = None
    certificate_until: int = FOREVER
    paused_until: int = -1
    load: int = 0


def snapshot(
    needs: list[N],
    resources: list[R],
    *,
    declined: list[tuple[int, int, int]] | None = None,
    served_before: list[tuple[int, int, int]] | None = None,
    held: list[tuple[str, str, int]] | None = None,
    quotas: list[tuple[str, int, list[int]]] | None = None,
    floors: dict[int, int] | None = None,
) -> Snapshot:
    """Return a snapshot.

    Need `i` has the id `n00i`, resource `j` the id `r00j`; floors are by area.
    """
    windows: list[tuple[tuple[int, int], ...]] = []

    def row(one: tuple[tuple[int, int], ...] | None) -> int:
        if one is None:
            return -1
        if one not in windows:
            windows.append(one)
        return windows.index(one)

    provides = [(j, c, level, r.certificate_until) for j, r in enumerate(resources) for c, level in r.provides]
    return Snapshot(
        areas=AreaColumns(
            id=np.array([f"a{i}" for i in range(5)]),
            parent=_ints(_PARENT),
            community=_ints(_COMMUNITY),
            lat=np.array(_LAT),
            lon=np.array(_LON),
        ),
        needs=NeedColumns(
            id=np.array([f"n{i:03d}" for i in range(len(needs))], dtype=np.str_),
            area=_ints(n.area for n in needs),
            wanted=_ints(n.wanted for n in needs),
            urgency=_ints(n.urgency for n in needs),
            raised_at=_ints(n.raised_at for n in needs),
            due=_ints(n.due for n in needs),
            duration=_ints(n.duration for n in needs),
            windows=_ints(row(n.windows) for n in needs),
            terms=_ints(n.terms for n in needs),
            at_home=np.array([n.at_home for n in needs], dtype=np.bool_),
            vulnerable=np.array([n.vulnerable for n in needs], dtype=np.bool_),
            appointed=_ints(n.appointed for n in needs),
            group=_ints(n.group for n in needs),
        ),
        resources=ResourceColumns(
            id=np.array([f"r{j:03d}" for j in range(len(resources))], dtype=np.str_),
            area=_ints(r.area for r in resources),
            by_person=np.array([r.by_person for r in resources], dtype=np.bool_),
            verified=np.array([r.verified for r in resources], dtype=np.bool_),
            capacity=_ints(r.capacity for r in resources),
            period=_ints(0 for _ in resources),
            reach_minutes=_ints(r.reach_minutes for r in resources),
            windows=_ints(row(r.windows) for r in resources),
            terms=_ints(1 for _ in resources),
            paused_until=_ints(r.paused_until for r in resources),
            load=_ints(r.load for r in resources),
        ),
        windows=tuple(windows),
        capabilities=np.array(CAPABILITIES),
        is_a=_links([(a, b, 0) for a, b in IS_A]),
        requires=_links([(i, c, level) for i, n in enumerate(needs) for c, level in n.requires]),
        provides=_links([p[:3] for p in provides]),
        certificate_until=_ints(p[3] for p in provides),
        reaches=_links([(j, a, 0) for j, r in enumerate(resources) for a in r.reaches]),
        declined=_links(declined or []),
        served_before=_links(served_before or []),
        held=tuple(held or []),
        periods=("2026-W48", "2026-11", "once"),
        quotas=tuple(Quota(name, units, _ints(rows)) for name, units, rows in quotas or []),
        floors=_floors(needs, floors or {}),
    )


def _floors(needs: list[N], shares: dict[int, int]) -> tuple[Floor, ...]:
    depth = {CITY: 0, EAST: 1, WEST: 1, EAST_GRID: 2, WEST_GRID: 2}
    below = {
        area: [i for i, n in enumerate(needs) if area in (n.area, _PARENT[n.area], _PARENT[_PARENT[n.area]])]
        for area in shares
    }
    floors = [Floor(f"a{area}", share, depth[area], _ints(below[area])) for area, share in shares.items()]
    return tuple(sorted((f for f in floors if len(f.needs)), key=lambda f: (-f.depth, f.id)))


def _ints(values: object) -> np.ndarray:
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]


def _links(rows: list[tuple[int, int, int]]) -> Links:
    return Links(_ints(r[0] for r in rows), _ints(r[1] for r in rows), _ints(r[2] for r in rows))
