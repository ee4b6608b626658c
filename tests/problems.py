"""Tiny problems of every kind, and an oracle that tries every plan."""

import itertools
from collections import Counter
from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from matching import Problem
from matching.problem import Floor, Group, Held, Pin, Pool, Windows

HORIZON = 12  # minutes; every window of these problems ends by then, and all their work fits


def ints(numbers) -> np.ndarray:
    return np.array(list(numbers), dtype=np.int64)


def flags(answers) -> np.ndarray:
    return np.array(list(answers), dtype=bool)


def best_by_trying_everything(p: Problem) -> int | None:
    """The optimal objective, or None where nothing fits: every number of units on every pair, every start."""
    best = None
    most = np.minimum(p.limit, p.need_quantity[p.need]).tolist()
    for units in itertools.product(*(range(m + 1) for m in most)):
        worth = value(p, units)
        if (best is None or worth > best) and allowed(p, units) and can_be_timed(p, units):
            best = worth
    return best


def value(p: Problem, units: tuple[int, ...]) -> int:
    total, given, carried = 0, {}, Counter()
    for k, u in enumerate(units):
        total += u * int(p.need_value[p.need[k]] + p.value[k])
        given[int(p.need[k]), int(p.resource[k])] = u
        carried[int(p.resource[k])] += u
    for r, x in carried.items():
        total -= p.balance * ((int(p.resource_load[r]) + x) ** 2 - int(p.resource_load[r]) ** 2)
    held = Counter()
    for h in p.current:
        held[h.need, h.resource] += h.quantity
    return total - p.change_cost * sum(max(0, u - given.get(pair, 0)) for pair, u in held.items())


def allowed(p: Problem, units: tuple[int, ...]) -> bool:
    met, used, pinned = Counter(), Counter(), Counter()
    serves = set()
    for k, u in enumerate(units):
        met[int(p.need[k])] += u
        used[int(p.resource[k])] += u * int(p.use[k])
        if u:
            serves.add((int(p.need[k]), int(p.resource[k])))
    for pin in p.fixed:
        pinned[pin.candidate] += pin.quantity
    quantity = p.need_quantity.tolist()
    everything = {n for n, q in enumerate(quantity) if met[n] == q}
    return (
        all(met[n] <= q for n, q in enumerate(quantity))
        and all(n in everything or not met[n] for n in np.flatnonzero(p.need_whole))
        and all(n in everything for n in np.flatnonzero(p.need_required))
        and all(used[r] <= c for r, c in enumerate(p.resource_capacity))
        and all(sum(used[r] for r in pool.resources.tolist()) <= pool.capacity for pool in p.pools)
        and all(sum(met[n] for n in floor.needs.tolist()) >= floor.minimum for floor in p.floors)
        and all(set(g.needs) <= everything or not any(met[n] for n in g.needs) for g in p.groups)
        and not any((a, r) in serves and (b, r) in serves for a, b in p.conflicts for _, r in serves)
        and all(units[k] >= u for k, u in pinned.items())
    )


def can_be_timed(p: Problem, units: tuple[int, ...]) -> bool:
    work = [k for k, u in enumerate(units) for _ in range(u) if p.need_duration[p.need[k]]]
    for starts in schedules(p, work, []):
        wanted = Counter((pin.candidate, pin.start) for pin in p.fixed if pin.start is not None)
        if not wanted - Counter(zip(work, starts, strict=True)):
            return True
    return False


def schedules(p: Problem, work: list[int], starts: list[int]) -> Iterator[list[int]]:
    """Every way to start the units, one after another."""
    if len(starts) == len(work):
        yield list(starts)
        return
    k = work[len(starts)]
    need, duration = int(p.need[k]), int(p.need_duration[p.need[k]])
    group = next((g for g in p.groups if need in g.needs and g.together), None)
    for start in range(HORIZON):
        minutes = set(range(start, start + duration))
        of_need = p.need_windows.list(need)
        if of_need is not None and not any(minutes <= set(range(*w)) and start + duration <= w[1] for w in of_need):
            continue
        of_resource = p.resource_windows.list(int(p.resource[k]))
        if of_resource is not None and not minutes <= {m for w in of_resource for m in range(*w)}:
            continue
        before = list(zip(work, starts, strict=False))
        if any(
            p.resource[j] == p.resource[k] and minutes & set(range(s, s + int(p.need_duration[p.need[j]])))
            for j, s in before
        ):
            continue
        if group and any(s != start for j, s in before if int(p.need[j]) in group.needs):
            continue
        yield from schedules(p, work, [*starts, start])


def is_a_timetable(p: Problem, units: tuple[int, ...], starts: dict[int, tuple[int, ...]]) -> bool:
    """Whether these starts, and no others, are a way to time these units."""
    work = [k for k, u in enumerate(units) for _ in range(u) if p.need_duration[p.need[k]]]
    given = [start for k in sorted(starts) for start in starts[k]]
    if sorted(k for k, mine in starts.items() for _ in mine) != work:
        return False
    minutes = [set(range(s, s + int(p.need_duration[p.need[k]]))) for k, s in zip(work, given, strict=True)]
    busy: set[tuple[int, int]] = set()
    together: dict[str, set[int]] = {}
    for k, start, mine in zip(work, given, minutes, strict=True):
        need, resource = int(p.need[k]), int(p.resource[k])
        of_need, of_resource = p.need_windows.list(need), p.resource_windows.list(resource)
        taken = {(resource, minute) for minute in mine}
        if (
            min(mine) < 0
            or (of_need is not None and not any(mine <= set(range(*window)) for window in of_need))
            or (of_resource is not None and not mine <= {minute for window in of_resource for minute in range(*window)})
            or taken & busy
        ):
            return False
        busy |= taken
        for group in p.groups:
            if group.together and need in group.needs:
                together.setdefault(group.id, set()).add(start)
    wanted = Counter((pin.candidate, pin.start) for pin in p.fixed if pin.start is not None)
    return not wanted - Counter(zip(work, given, strict=True)) and all(len(at) == 1 for at in together.values())


def subsets(draw: st.DrawFn, count: int) -> np.ndarray:
    return ints(sorted(draw(st.sets(st.integers(0, count - 1), max_size=count))))


@st.composite
def tiny_problems(draw: st.DrawFn, *, flow: bool = False) -> Problem:
    """Any mix of features; those of a flow alone where that is asked for."""
    needs, resources = draw(st.integers(1, 3)), draw(st.integers(1, 2 if not flow else 3))
    possible = st.tuples(st.integers(0, needs - 1), st.integers(0, resources - 1))
    pairs = draw(st.lists(possible, unique=True, max_size=5))
    has = draw(
        st.sets(st.sampled_from(["required", "pools", "floors", "fixed", "current", "balance", "limit", "rest"]))
    )
    hard = not flow and "rest" in has

    def column(count: int, numbers: st.SearchStrategy[int]) -> np.ndarray:
        return ints(draw(st.lists(numbers, min_size=count, max_size=count)))

    quantity = column(needs, st.integers(1, 2))
    duration = column(needs, st.sampled_from([0, 0, 1, 2])) if hard else np.zeros(needs, dtype=np.int64)
    some = st.lists(st.sampled_from([(0, 1), (1, 3), (3, 4), (5, 7)]), unique=True, max_size=3)
    windows = st.one_of(st.none(), some, st.just([(0, 3)]))
    pools, floors, groups, conflicts = [], [], [], []
    if "pools" in has:
        for i in range(draw(st.integers(1, 2))):
            members = subsets(draw, resources)
            if flow and pools:  # nested or apart
                first = set(pools[0].resources.tolist())
                members = (
                    ints(r for r in members if r in first)
                    if draw(st.booleans())
                    else ints(r for r in members if r not in first)
                )
            pools.append(Pool(f"p{i}", draw(st.integers(0, 3)), members))
    if "floors" in has:
        for i in range(draw(st.integers(1, 2))):
            members = subsets(draw, needs)
            if flow and floors:
                members = ints(n for n in members if n in set(floors[0].needs.tolist()))
            floors.append(Floor(f"f{i}", draw(st.integers(0, 2)), members))
    if hard and draw(st.booleans()):
        one = subsets(draw, needs).tolist()
        groups.append(Group("g", tuple(one), draw(st.booleans())))
        if draw(st.booleans()):
            groups.append(Group("h", tuple(sorted(set(range(needs)) - set(one))), draw(st.booleans())))
    if hard and needs > 1:
        possible_conflicts = [(a, b) for a in range(needs) for b in range(needs) if a != b]
        conflicts = draw(st.lists(st.sampled_from(possible_conflicts), max_size=2))
    fixed = []
    if "fixed" in has and pairs:
        row = draw(st.integers(0, len(pairs) - 1))
        timed = duration[pairs[row][0]] > 0
        start = draw(st.one_of(st.none(), st.integers(0, 5))) if timed else None
        fixed.append(Pin(row, 1 if start is not None else draw(st.integers(1, 2)), start))
        if draw(st.booleans()):
            fixed.append(Pin(draw(st.integers(0, len(pairs) - 1))))
    current = []
    if "current" in has:
        current = [Held(*pair, draw(st.integers(1, 2))) for pair in draw(st.lists(possible, min_size=1, max_size=3))]
    return Problem(
        need_quantity=quantity,
        need_value=column(needs, st.integers(-3, 9)),
        resource_capacity=column(resources, st.integers(0, 3)),
        need=ints(n for n, _ in pairs),
        resource=ints(r for _, r in pairs),
        value=column(len(pairs), st.integers(-5, 5)),
        limit=column(len(pairs), st.integers(0, 2)) if "limit" in has else None,
        use=column(len(pairs), st.integers(0, 2)) if hard else None,
        need_whole=flags(draw(st.lists(st.booleans(), min_size=needs, max_size=needs))) if hard else None,
        need_required=flags(draw(st.lists(st.booleans(), min_size=needs, max_size=needs)))
        if "required" in has
        else None,
        need_duration=duration,
        need_windows=Windows.of([draw(windows) for _ in range(needs)]) if hard else None,
        resource_windows=Windows.of([draw(windows) for _ in range(resources)]) if hard else None,
        resource_load=column(resources, st.integers(0, 2)),
        pools=pools,
        floors=floors,
        groups=groups,
        conflicts=conflicts,
        fixed=fixed,
        current=current,
        change_cost=draw(st.integers(0, 3)) if current else 0,
        balance=draw(st.integers(0, 2)) if "balance" in has else 0,
    )
