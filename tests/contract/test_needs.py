"""Needs as they are written, found, locked and shown."""

from dataclasses import replace

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.model.assignments import AssignmentState
from graph.model.needs import NeedState, Urgency
from graph.store import (
    Graph,
    NotFound,
    Store,
)
from tests.contract.worlds import EAST, FULL, MINUTE, STREET, WEST, paged, read, write
from tests.worlds import (
    NOON,
    WANG,
    ZHAO,
    FakeClock,
    fill,
    need,
    offer,
)

WAYS = [(3000, 2000), (1, 2000), (1, 6), (1, 1)]
"""How few needs an area is read whole for, and how many are met backwards in time: each makes pages another way."""


def test_a_need_comes_back_as_it_was_written_but_for_its_text(store: Store) -> None:
    fill(store, FULL, need("plain"), need("never", windows=()))
    assert read(store, lambda g: g.needs.get("full"), EAST) == replace(FULL, text=None)
    assert read(store, lambda g: g.needs.get("plain"), EAST) == replace(need("plain"), text=None)
    assert read(store, lambda g: g.needs.get("never"), EAST).windows == ()


def test_to_a_neighbour_and_to_another_provider_a_need_does_not_exist(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    for scope in (WEST, WANG.scope, Scope(area="nowhere")):
        with pytest.raises(NotFound) as hidden:
            read(store, lambda g: g.needs.get("leak"), scope)
        with pytest.raises(NotFound) as missing:
            read(store, lambda g: g.needs.get("nothing"), scope)
        assert hidden.value.detail == missing.value.detail
    offer(store, clock)
    assert read(store, lambda g: g.needs.get("leak"), WANG.scope).id == "leak"
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.get("leak"), ZHAO.scope)
    active = (AssignmentState.ACTIVE,)
    assert not read(store, lambda g: g.needs.in_scope("leak", provider_states=active), WANG.scope)
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.require_in_scope("leak", provider_states=active), WANG.scope)


@pytest.mark.parametrize(("few", "latest"), WAYS)
def test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, latest: int
) -> None:
    monkeypatch.setattr("graph.store.newest.FEW", few)
    monkeypatch.setattr("graph.store.newest.LATEST", latest)
    many = [
        need(f"n{i:02}", raised_at=NOON - MINUTE * (i // 3), area=f"{('east', 'west')[i % 2]}-1") for i in range(25)
    ]
    fill(store, *many)
    order = [n.id for n in sorted(many, key=lambda n: (n.raised_at, n.id), reverse=True)]
    east = [i for i in order if int(i[1:]) % 2 == 0]

    def pages(scope: Scope, area: str | None = None) -> list[str]:
        got = paged(
            lambda before: read(
                store, lambda g: g.needs.page(area=area, state=None, urgency=None, before=before, limit=4), scope
            ),
            lambda n: (n.raised_at, n.id),
            None,
        )
        return [n.id for n in got]

    assert pages(EVERYTHING) == pages(STREET) == order
    assert pages(EAST) == pages(EVERYTHING, "east-grid") == pages(STREET, "east") == east


def test_needs_are_filtered_by_state_and_urgency(store: Store) -> None:
    fill(
        store,
        need("a", state=NeedState.CLOSED),
        need("b", urgency=Urgency.AT_ONCE),
        need("c", state=NeedState.CLOSED, urgency=Urgency.AT_ONCE),
    )

    def found(state: NeedState | None, urgency: Urgency | None) -> set[str]:
        page = read(store, lambda g: g.needs.page(area=None, state=state, urgency=urgency, before=None, limit=9), EAST)
        return {n.id for n in page}

    assert found(NeedState.CLOSED, None) == {"a", "c"}
    assert found(None, Urgency.AT_ONCE) == {"b", "c"}
    assert found(NeedState.CLOSED, Urgency.AT_ONCE) == {"c"}


def test_many_needs_come_in_the_order_asked_and_those_missing_are_left_out(store: Store) -> None:
    fill(store, need("a"), need("b"), need("c"))
    assert [n.id for n in read(store, lambda g: g.needs.many(["c", "x", "a"]))] == ["c", "a"]
    assert read(store, lambda g: g.needs.many([])) == []


def test_locked_needs_can_be_counted_up_and_those_missing_are_left_out(store: Store, engine: Engine) -> None:
    fill(store, need("a", quantity=5), need("b"))

    def work(graph: Graph) -> None:
        locked = graph.needs.lock(["b", "x", "a", "a"])
        assert list(locked) == ["a", "b"]
        assert (locked["a"].free, locked["a"].state, locked["a"].urgency) == (5, NeedState.OPEN, Urgency.BY_DATE)
        locked["a"].reserved, locked["a"].taken, locked["a"].rev = 2, 1, 8
        graph.needs.set_counters([locked["a"]])

    write(store, work)
    changed = read(store, lambda g: g.needs.get("a"))
    assert (changed.reserved, changed.taken, changed.rev, changed.terms, changed.free) == (2, 1, 8, 1, 2)
    assert read(store, lambda g: g.needs.get("b")).rev == 1


def test_each_showing_of_a_text_is_counted(store: Store) -> None:
    fill(store, need())
    assert [write(store, lambda g: g.needs.count_showing("leak")) for _ in range(2)] == [2, 3]


def test_the_titles_of_needs_out_of_scope_are_left_out(store: Store) -> None:
    fill(store, need("a"), need("b", area="west-1", title="别处"))
    assert read(store, lambda g: g.needs.areas_of(["a", "b", "x"])) == {"a": "east-1", "b": "west-1"}
    assert read(store, lambda g: g.needs.titles_in_scope(["a", "b", "x"]), EAST) == {"a": need().title}
    assert set(read(store, lambda g: g.needs.titles_in_scope(["a", "b"]), STREET)) == {"a", "b"}


def test_needs_are_counted_by_area_and_one_thing_more(store: Store) -> None:
    fill(store, need("a"), need("b", quantity=3), need("c", area="west", requires=["plumbing", "company"]))

    def counted(area: str, by: str) -> set[tuple[str, str, int, int, int]]:
        return {tuple(row) for row in read(store, lambda g: g.statistics.needs(area, by))}

    assert counted("street", "area") == {("east-1", "", 2, 4, 0), ("west", "", 1, 1, 0)}
    assert counted("east", "state") == {("east-1", "open", 2, 4, 0)}
    assert counted("west", "capability") == {("west", "plumbing", 1, 1, 0), ("west", "company", 1, 1, 0)}
    assert counted("nowhere", "area") == set()
    assert read(store, lambda g: g.statistics.parents("east")) == {
        "east": "street",
        "east-grid": "east",
        "east-1": "east-grid",
    }
    assert "city" not in read(store, lambda g: g.statistics.parents("city"))
