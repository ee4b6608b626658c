"""Areas and capabilities: what everything else hangs on."""

import pytest

from graph.model.actors import EVERYTHING, Scope
from graph.model.areas import Area, AreaKind
from graph.model.capabilities import Capability, CapabilityKind
from graph.store import (
    NotFound,
    Store,
)
from graph.store.areas import write_areas, write_capabilities
from tests.contract.worlds import EAST, WEST, paged, read, write
from tests.worlds import (
    AREAS,
    CAPABILITIES,
    fill,
)


def test_an_area_is_found_by_its_id_and_by_its_code(store: Store) -> None:
    fill(store)
    east = next(a for a in AREAS if a.id == "east")
    assert read(store, lambda g: g.areas.get("east")) == east
    assert read(store, lambda g: g.areas.find("east")) == east
    assert read(store, lambda g: g.areas.find("990002001001")) == east
    assert read(store, lambda g: g.areas.get("city")).parent is None
    for missing in ("nowhere", "990002001009"):
        with pytest.raises(NotFound):
            read(store, lambda g, missing=missing: g.areas.find(missing))
    with pytest.raises(NotFound):
        read(store, lambda g: g.areas.get("990002001001"))


def test_the_areas_below_one_come_in_pages_without_gaps_or_doubles(store: Store) -> None:
    fill(store)
    grids = [Area(f"g{i:02}", AreaKind.GRID, f"{i}网格", parent="west") for i in range(25)]
    write(store, lambda g: write_areas(g.loading, grids))
    got = paged(lambda after: read(store, lambda g: g.areas.children("west", after=after, limit=7)), lambda a: a.id, "")
    assert got == [*grids, next(a for a in AREAS if a.id == "west-grid")]
    assert [a.id for a in read(store, lambda g: g.areas.children(None, limit=5))] == ["city"]
    assert read(store, lambda g: g.areas.children("west-1", limit=5)) == []


def test_the_path_of_an_area_leads_up_to_its_city(store: Store) -> None:
    fill(store)
    path = ["east-1", "east-grid", "east", "street", "district", "city"]
    assert read(store, lambda g: g.areas.path("east-1")) == path
    assert read(store, lambda g: g.areas.path("city")) == ["city"]
    assert read(store, lambda g: g.areas.path("nowhere")) == []
    assert read(store, lambda g: g.areas.names(["east-1", "nowhere", "east"])) == {"east": "东社区", "east-1": "1号楼"}
    assert read(store, lambda g: g.areas.names([])) == {}
    assert read(store, lambda g: g.areas.grid_of("east-1")) == "east-grid"
    assert read(store, lambda g: g.areas.grid_of("east-grid")) == "east-grid"
    assert read(store, lambda g: g.areas.grid_of("street")) == "street"


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (EAST, {"east", "east-grid", "east-1"}),
        (WEST, {"west", "west-grid", "west-1"}),
        (EVERYTHING, {a.id for a in AREAS}),
        (Scope(area="city"), {a.id for a in AREAS}),
        (Scope(area="nowhere"), set()),
    ],
)
def test_a_scope_is_its_area_and_what_lies_below(store: Store, scope: Scope, seen: set[str]) -> None:
    fill(store)
    ids = [*(a.id for a in AREAS), "nowhere"]
    assert {a for a in ids if read(store, lambda g, a=a: g.areas.in_scope(a), scope)} == seen


def test_capabilities_come_with_what_they_are_more_special_than(store: Store) -> None:
    fill(store)
    both = Capability("smart-home", "智能家居", CapabilityKind.SKILL, "visit", is_a=("electrics", "plumbing"))
    write(store, lambda g: write_capabilities(g.loading, [both]))
    assert read(store, lambda g: g.capabilities.all()) == sorted([*CAPABILITIES, both], key=lambda c: c.id)
