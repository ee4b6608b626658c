"""Which resource may serve which need: made in arrays, with a count of what fell at which rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

import networkx as nx
import numpy as np

from graph.model.times import CITY_TIME, to_milliseconds
from graph.snapshot import AreaColumns, Bools, Floats, Ints, Links, Snapshot
from matching.meetings import Meetings, busy

WALKING_METRES_A_MINUTE = 80.0  # 4.8 km/h
DETOUR = 1.3  # of the way on foot over the straight line, where no walking network is known
_METRES_A_DEGREE = 111_320.0
_BLOCK = 1_000_000  # pairs looked at together; bounds the memory


class Rule(StrEnum):
    """Why a need has no candidate, in the order in which the rules are applied."""

    NO_CAPABILITY = "no_capability"
    LEVEL_OR_CERTIFICATE = "level_or_certificate"
    OUT_OF_REACH = "out_of_reach"
    NO_COMMON_TIME = "no_common_time"
    NOT_VERIFIED = "not_verified"
    ALL_DECLINED = "all_declined"
    RULED_OUT = "ruled_out"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs that may be matched, in the order of needs, then resources.

    Attributes
    ----------
    need, resource : shape (candidates,)
        Rows of the snapshot.
    level : shape (candidates,)
        Lowest level, 1 to 5, at which the resource provides what the need requires.
    minutes : shape (candidates,)
        On foot between the provider's area and the need's; nan where a position is not known.
    same_community : shape (candidates,)
        The provider lives or is located in the need's community.
    served_before : shape (candidates,)
        The provider has served the same person or household.
    within_reach : shape (candidates,)
        All of them, unless they were asked for anywhere.
    left : shape (needs, rules)
        Pairs left for each need behind each rule.
    """

    need: Ints
    resource: Ints
    level: Ints
    minutes: Floats
    same_community: Bools
    served_before: Bools
    within_reach: Bools
    left: Ints

    def reason(self, need: int) -> Rule | None:
        """Return the rule at which a need lost its last pair; None where it has candidates."""
        for rule, left in zip(Rule, self.left[need], strict=True):
            if left == 0:
                return rule
        return None


def find_candidates(snapshot: Snapshot, day: date, *, at: datetime | None = None, anywhere: bool = False) -> Candidates:
    """Return every pair that all rules allow.

    Parameters
    ----------
    day
        On which certificates must be valid.
    at
        When the offer would be made, for who is paused; the day's beginning in the city where it is not given.
    anywhere
        Also return pairs that are only out of reach.
    """
    moment = to_milliseconds(at or datetime.combine(day, time(), CITY_TIME))
    needs, resources = snapshot.needs, snapshot.resources
    skills = _Skills(snapshot, day)
    tree = _Tree(snapshot.areas)
    meets = Meetings(snapshot)
    declined = _declined(snapshot)
    ruled_out = snapshot.ruled_out.left * max(1, len(resources.id)) + snapshot.ruled_out.right
    listed = _columns(_grouped(snapshot.reaches, len(resources.id)))
    left = np.zeros((len(needs.id), len(Rule)), dtype=np.int64)
    column_of = {rule: column for column, rule in enumerate(Rule)}
    blocks: list[tuple[Ints, Ints, Ints, Floats, Bools, Bools]] = []

    def note(rule: Rule, need: Ints) -> None:
        left[:, column_of[rule]] += np.bincount(need, minlength=len(needs.id))

    # Most pairs fall early: each rule looks only at those that are left by the rules before it.
    for need, resource in skills.pairs():
        level = skills.level(need, resource)
        note(Rule.NO_CAPABILITY, need[level >= 0])
        good = level > 0
        need, resource, level = need[good], resource[good], level[good]
        note(Rule.LEVEL_OR_CERTIFICATE, need)

        home, place = resources.area[resource], needs.area[need]
        minutes = minutes_between(snapshot.areas, home, place)
        # A need above the communities (a street's) has the whole of its area as its catchment.
        local = snapshot.areas.community[place] >= 0
        near = tree.below(home, np.where(local, snapshot.areas.community[place], place))
        neighbour = near & local
        limit = resources.reach_minutes[resource]
        limited = resources.by_person[resource] & (limit >= 0)
        # A person's time goes as far as they said (where the way is not known, through their community), an
        # asset through the need's catchment; a listed area is added to either.
        as_said = np.where(np.isnan(minutes), neighbour, minutes <= limit)
        within = np.where(limited, as_said, near) | _covered(listed, tree, resource, place)
        looked_at = within | anywhere
        need, resource, level = need[looked_at], resource[looked_at], level[looked_at]
        minutes, neighbour, within = minutes[looked_at], neighbour[looked_at], within[looked_at]
        note(Rule.OUT_OF_REACH, need)

        kept = meets.together(needs.windows[need], resources.windows[resource], needs.duration[need])
        kept &= ~busy(snapshot, need, resource)
        note(Rule.NO_COMMON_TIME, need[kept])
        # Safeguarding: never relaxed.
        kept &= ~(needs.at_home[need] & needs.vulnerable[need]) | resources.verified[resource]
        note(Rule.NOT_VERIFIED, need[kept])
        kept &= ~np.isin(need * max(1, len(resources.id)) + resource, declined)
        note(Rule.ALL_DECLINED, need[kept])
        kept &= ~np.isin(need * max(1, len(resources.id)) + resource, ruled_out)
        note(Rule.RULED_OUT, need[kept])
        kept &= resources.paused_until[resource] <= moment
        note(Rule.PAUSED, need[kept])
        blocks.append((need[kept], resource[kept], level[kept], minutes[kept], neighbour[kept], within[kept]))

    blocks.append(_NOTHING)
    need = np.concatenate([block[0] for block in blocks])
    resource = np.concatenate([block[1] for block in blocks])
    order = np.lexsort((resource, need))
    known = snapshot.served_before
    width = max(1, len(resources.id))
    return Candidates(
        need=need[order],
        resource=resource[order],
        level=np.concatenate([block[2] for block in blocks])[order],
        minutes=np.concatenate([block[3] for block in blocks])[order],
        same_community=np.concatenate([block[4] for block in blocks])[order],
        served_before=np.isin((need * width + resource)[order], known.left * width + known.right),
        within_reach=np.concatenate([block[5] for block in blocks])[order],
        left=left,
    )


_NOTHING = (*(np.zeros(0, np.int64),) * 3, np.zeros(0), np.zeros(0, np.bool_), np.zeros(0, np.bool_))


class _Skills:
    """At which level each resource provides each capability, whatever more special one it named."""

    def __init__(self, snapshot: Snapshot, day: date) -> None:
        self._resources = max(1, len(snapshot.resources.id))
        generals = generals_of(len(snapshot.capabilities), snapshot.is_a)
        today = (day - date(1970, 1, 1)).days
        best: dict[int, int] = {}
        provides = snapshot.provides
        rows = zip(provides.left, provides.right, provides.value, snapshot.certificate_until, strict=True)
        for resource, capability, level, until in rows:
            valid = int(level) if until >= today else 0  # 0: provided, but the certificate has run out
            for general in generals[capability]:
                key = int(general) * self._resources + int(resource)
                best[key] = max(best.get(key, 0), valid)
        self._keys = np.array(sorted(best), dtype=np.int64)
        self._levels = np.array([best[key] for key in sorted(best)], dtype=np.int64)
        self._required = _grouped(snapshot.requires, len(snapshot.needs.id))
        self._columns = _columns(self._required)

    def pairs(self) -> Iterator[tuple[Ints, Ints]]:
        """Yield blocks of pairs of a need and a resource that provides its first capability."""
        by_capability: dict[int, list[int]] = {}
        for need, required in enumerate(self._required):
            if required:
                by_capability.setdefault(required[0][0], []).append(need)
        for capability, needs in sorted(by_capability.items()):
            start, end = np.searchsorted(self._keys, [capability * self._resources, (capability + 1) * self._resources])
            providers = self._keys[start:end] - capability * self._resources
            if len(providers) == 0:
                continue
            rows = max(1, _BLOCK // len(providers))
            for i in range(0, len(needs), rows):
                some = np.array(needs[i : i + rows], dtype=np.int64)
                yield np.repeat(some, len(providers)), np.tile(providers, len(some))

    def level(self, need: Ints, resource: Ints) -> Ints:
        """Return each pair's lowest level over all that is required.

        0 where a level is too low or a certificate has run out, −1 where a capability is missing.
        """
        lowest = np.full(len(need), 5, dtype=np.int64)
        for wanted, floor in self._columns:
            asked = np.flatnonzero(wanted[need] >= 0)  # few needs ask for more than one
            key = wanted[need[asked]] * self._resources + resource[asked]
            at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
            level = np.where(self._levels[at] >= floor[need[asked]], self._levels[at], 0)
            lowest[asked] = np.minimum(lowest[asked], np.where(self._keys[at] == key, level, -1))
        return lowest


class _Tree:
    """Answers which area lies below which, by the times a walk of the tree enters and leaves it."""

    def __init__(self, areas: AreaColumns) -> None:
        children: dict[int, list[int]] = {}
        for row, parent in enumerate(areas.parent.tolist()):
            children.setdefault(parent, []).append(row)
        self._enter = np.zeros(len(areas.parent), dtype=np.int64)
        self._leave = np.zeros(len(areas.parent), dtype=np.int64)
        time = 0
        walk = [(root, False) for root in children.get(-1, [])]
        while walk:
            row, done = walk.pop()
            if done:
                self._leave[row] = time
                continue
            self._enter[row] = time
            time += 1
            walk.append((row, True))
            walk.extend((child, False) for child in children.get(row, []))

    def below(self, area: Ints, top: Ints) -> Bools:
        """Tell of each pair whether `area` is `top` or lies below it."""
        found: Bools = (self._enter[top] <= self._enter[area]) & (self._enter[area] < self._leave[top])
        return found


def generals_of(count: int, is_a: Links) -> list[list[int]]:
    """Return of each capability itself and all that are more general.

    Raises
    ------
    ValueError
        The capabilities run in a circle.
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(zip(is_a.left.tolist(), is_a.right.tolist(), strict=True))
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError(f"IS_A runs in a circle: {nx.find_cycle(graph)}")
    return [[row, *sorted(nx.descendants(graph, row))] for row in range(count)]


def _grouped(links: Links, rows: int) -> list[list[tuple[int, int]]]:
    """Return of each left row its (right row, value), in order."""
    grouped: list[list[tuple[int, int]]] = [[] for _ in range(rows)]
    for left, right, value in sorted(zip(links.left.tolist(), links.right.tolist(), links.value.tolist(), strict=True)):
        grouped[left].append((right, value))
    return grouped


def _columns(grouped: list[list[tuple[int, int]]]) -> list[tuple[Ints, Ints]]:
    """Return the first pair of every group as two columns, then the second …; −1 and 0 where a group has fewer."""
    return [
        (
            np.array([group[i][0] if i < len(group) else -1 for group in grouped], dtype=np.int64),
            np.array([group[i][1] if i < len(group) else 0 for group in grouped], dtype=np.int64),
        )
        for i in range(max((len(group) for group in grouped), default=0))
    ]


def _covered(listed: list[tuple[Ints, Ints]], tree: _Tree, resource: Ints, place: Ints) -> Bools:
    """Tell of each pair whether one of the areas that the resource lists holds the need."""
    covered = np.zeros(len(resource), dtype=np.bool_)
    for areas, _ in listed:
        area = areas[resource]
        some = np.flatnonzero(area >= 0)
        covered[some] |= tree.below(place[some], area[some])
    return covered


def _declined(snapshot: Snapshot) -> Ints:
    """Return the keys of pairs once declined, where the need has not changed since."""
    links = snapshot.declined
    same = links.value == snapshot.needs.terms[links.left] if len(links.left) else np.zeros(0, np.bool_)
    keys: Ints = (links.left * max(1, len(snapshot.resources.id)) + links.right)[same]
    return keys


def minutes_between(areas: AreaColumns, a: Ints, b: Ints) -> Floats:
    """Return minutes on foot: the straight line × 1.3. Flat enough for a city (error below 0.1 % at 50 km)."""
    north = (areas.lat[a] - areas.lat[b]) * _METRES_A_DEGREE
    east = (areas.lon[a] - areas.lon[b]) * _METRES_A_DEGREE * np.cos(np.radians((areas.lat[a] + areas.lat[b]) / 2))
    minutes: Floats = np.hypot(north, east) * DETOUR / WALKING_METRES_A_MINUTE
    return minutes
