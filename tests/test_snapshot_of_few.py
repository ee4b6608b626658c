"""Columns read for one need only: a part of the city's tree, and the same candidates as from all of it."""

from graph.model.actors import EVERYTHING
from graph.snapshot import Snapshot
from graph.store import Store
from matching.candidates import find_candidates
from seeds.load import load
from seeds.tongchuan import build
from tests.worlds import NIGHT, NOON


def candidates(snapshot: Snapshot, need: str) -> list[tuple[str, int, str, bool]]:
    """Return (resource, level, minutes, of one community) of every candidate of a need."""
    found = find_candidates(snapshot, NIGHT)
    return [
        (str(snapshot.resources.id[resource]), int(level), f"{minutes:.6f}", bool(same))
        for row, resource, level, minutes, same in zip(
            found.need, found.resource, found.level, found.minutes, found.same_community, strict=True
        )
        if snapshot.needs.id[row] == need
    ]


def test_one_need_has_the_same_candidates_from_its_part_of_the_tree_as_from_all_of_it(store: Store) -> None:
    city = build(scale=0.01, now=NOON)
    load(store, city)
    top = city.areas[0].id
    whole = store.read(lambda graph: graph.snapshots.read(top, NIGHT), scope=EVERYTHING)
    some = 0
    for need in city.needs[:6]:
        few = store.read(
            lambda graph, need=need: graph.snapshots.read(need.area, NIGHT, needs=[need.id]),  # type: ignore[misc]
            scope=EVERYTHING,
        )
        assert list(few.needs.id) == [need.id]
        assert len(few.areas.id) < len(whole.areas.id) / 4
        assert candidates(few, need.id) == candidates(whole, need.id)
        some += len(candidates(few, need.id))
    assert some > 0
