"""Plans with their pages, and the lease under which one is written."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.model.actors import EVERYTHING
from graph.model.plans import (
    Bottleneck,
    Change,
    Findings,
    KeptFloor,
    Plan,
    PlannedPair,
    PlanState,
    PlanStatus,
    Served,
    UnmetNeed,
    Worth,
)
from graph.store import (
    Graph,
    LeaseHeld,
    LeaseLost,
    NotFound,
    Store,
)
from graph.store import plans as plans_module
from tests.contract.worlds import EAST, MINUTE, STREET, paged, read, write
from tests.worlds import (
    NOON,
    WEEK,
    fill,
)


def plan(name: str, *, area: str = "street", number: int = 1, minutes: int = 0, **more: Any) -> Plan:
    made = Plan(
        id=name,
        area=area,
        night=date(2026, 11, 18),
        number=number,
        state=PlanState.PUBLISHED,
        status=PlanStatus.OPTIMAL,
        objective=2**61,
        bound=2**61,
        method="flow",
        made_at=NOON + minutes * MINUTE,
        figures={"at_once": {"asked": 3, "unmet": 1}},
        seconds={"solve": 0.1234},
        pairs=5,
        unmet=1,
        digest="d",
    )
    return replace(made, **more)


def test_a_plan_comes_back_as_it_was_written_and_is_written_once(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.plans.create(plan("p")))
    write(store, lambda g: g.plans.create(plan("p", digest="another")))
    assert read(store, lambda g: g.plans.get("p")) == plan("p")
    worth = Worth(None, "plumbing", "east", urgency=24_000, rest=-3, needs=5, exact=True)
    found = Findings({"kept": 1}, (Served("area", "east", 2, 3, 1, 1),), {"full": 1}, (worth,), (worth,))
    found = replace(found, floors=(KeptFloor("east", 50, 3, 2, 1, proved=True, before=0, after=1),))
    write(store, lambda g: g.plans.create(plan("q", findings=found)))
    assert read(store, lambda g: g.plans.get("q")).findings == found
    with pytest.raises(NotFound):
        read(store, lambda g: g.plans.get("nothing"))


def test_a_plan_is_seen_where_its_area_lies_below_or_above(store: Store) -> None:
    fill(store)
    for area in ("city", "street", "east", "east-grid", "west"):
        write(store, lambda g, a=area: g.plans.create(plan(f"of-{a}", area=a)))
    write(store, lambda g: g.plans.create(plan("draft", area="east", state=PlanState.DRAFT)))
    seen = {"of-city", "of-street", "of-east", "of-east-grid"}
    everywhere = seen | {"of-west"}
    for scope, expected in ((EAST, seen), (STREET, everywhere), (EVERYTHING, everywhere)):
        assert {p.id for p in read(store, lambda g: g.plans.page(before=None, limit=99), scope)} == expected
        for name in everywhere | {"draft"}:
            if name in expected:
                assert read(store, lambda g, n=name: g.plans.get(n), scope).id == name
            else:
                with pytest.raises(NotFound):
                    read(store, lambda g, n=name: g.plans.get(n), scope)


def test_plans_come_in_pages_the_latest_first_without_gaps_or_doubles(store: Store) -> None:
    fill(store)
    many = [plan(f"p{i:02}", number=i + 1, minutes=i // 3) for i in range(11)]
    for one in many:
        write(store, lambda g, p=one: g.plans.create(p))
    order = [p.id for p in sorted(many, key=lambda p: (p.made_at, p.id), reverse=True)]
    for scope in (EVERYTHING, EAST):
        got = paged(
            lambda before, scope=scope: read(store, lambda g: g.plans.page(before=before, limit=2), scope),
            lambda p: (p.made_at, p.id),
            None,
        )
        assert [p.id for p in got] == order
    assert read(store, lambda g: g.plans.of_night("street", date(2026, 11, 18))) == many
    assert read(store, lambda g: g.plans.of_night("street", date(2026, 11, 19))) == []


def test_the_pages_of_a_plan_come_back_as_they_were_stored(store: Store) -> None:
    fill(store)
    pairs = [
        PlannedPair(f"n{i}", 1, "r", 2, WEEK, 3, {"near": i}, backups=("s",) * i, group="n1" if i else None)
        for i in range(5)
    ]
    unmet = [UnmetNeed(f"n{i}", "at_once", 2, "capacity", {"by_date": i}) for i in range(5)]

    changes = (Change("capacity", "r", by=1), Change("candidate", "r", area="a", minutes=9))
    lacking = [Bottleneck("capacity", "k", None, 3, 5 - i, 2, f"n{i}", (None, (), changes)[i % 3]) for i in range(5)]

    def work(graph: Graph) -> None:
        graph.plans.create(plan("p"))
        graph.plans.create(plan("q", number=2))
        for number in range(2):
            graph.plans.add_page("p", number, pairs[3 * number : 3 * number + 3], "pairs")
            graph.plans.add_page("p", number, unmet[3 * number : 3 * number + 3], "unmet")
            graph.plans.add_page("p", number, lacking[3 * number : 3 * number + 3], "bottlenecks")
        graph.plans.add_page("p", 0, [], "pairs")  # the same page again changes nothing

    write(store, work)
    assert [read(store, lambda g, n=n: g.plans.pairs("p", n)) for n in range(3)] == [pairs[:3], pairs[3:], []]
    assert read(store, lambda g: list(g.plans.unmet("p"))) == unmet
    assert read(store, lambda g: list(g.plans.bottlenecks("p"))) == lacking
    assert read(store, lambda g: list(g.plans.bottlenecks("q"))) == []
    assert (read(store, lambda g: g.plans.pages("p")), read(store, lambda g: g.plans.pages("q"))) == (2, 0)


def test_a_page_is_full_at_its_length_but_never_parts_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans_module, "PAGE_ROWS", 2)
    rows = [PlannedPair(f"n{i}", 1, "r", 1, WEEK, 1, {}, group=group) for i, group in enumerate("a--bbbb-c")]
    rows = [replace(row, group=None if row.group == "-" else row.group) for row in rows]
    assert [[row.need for row in page] for page in plans_module.paged(rows)] == [
        ["n0", "n1"],
        ["n2", "n3", "n4", "n5", "n6"],
        ["n7", "n8"],
    ]
    assert plans_module.paged([]) == []


def test_who_raised_the_fence_last_moves_the_plan_on_and_nobody_else(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.plans.create(plan("p", state=PlanState.PUBLISHING)))
    assert write(store, lambda g: g.plans.raise_fence("p")) == (1, 0)
    write(store, lambda g: g.plans.advance("p", next_page=1, written=4, skipped=1))
    assert write(store, lambda g: g.plans.raise_fence("p")) == (2, 1)
    for fence in (1, 3):
        with pytest.raises(LeaseLost):
            write(store, lambda g, f=fence: g.plans.require_fence("p", f))
    assert write(store, lambda g: g.plans.require_fence("p", 2)) == 1
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.require_fence("nothing", 1))
    write(store, lambda g: g.plans.advance("p", next_page=2, written=1, skipped=0))
    write(store, lambda g: g.plans.finish("p", seconds={"publish": 1.5}))
    done = read(store, lambda g: g.plans.get("p"))
    assert (done.next_page, done.written, done.skipped, done.fence) == (2, 5, 1, 2)
    assert (done.state, done.seconds) == (PlanState.PUBLISHED, {"publish": 1.5})
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.raise_fence("p"))


def test_a_plan_that_is_given_up_shuts_out_who_was_writing_it_and_stays_so(store: Store) -> None:
    fill(store)
    for name, state in (("old", PlanState.PUBLISHING), ("draft", PlanState.DRAFT), ("done", PlanState.PUBLISHED)):
        write(store, lambda g, n=name, s=state: g.plans.create(plan(n, state=s)))
    write(store, lambda g: g.plans.create(plan("new", state=PlanState.DRAFT)))
    fence, _ = write(store, lambda g: g.plans.raise_fence("old"))
    write(store, lambda g: g.plans.abandon_others("new", "city"))
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.require_fence("old", fence))
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.raise_fence("old"))
    write(store, lambda g: g.plans.set_state("draft", PlanState.PUBLISHING))
    write(store, lambda g: g.plans.set_state("new", PlanState.PUBLISHING))
    states = {n: read(store, lambda g, n=n: g.plans.get(n)).state for n in ("old", "draft", "done", "new")}
    assert states == {
        "old": PlanState.ABANDONED,
        "draft": PlanState.ABANDONED,
        "done": PlanState.PUBLISHED,
        "new": PlanState.PUBLISHING,
    }


def test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back(store: Store) -> None:
    def take(holder: str, minutes: float, name: str = "night") -> None:
        now = NOON + minutes * MINUTE
        write(store, lambda g: g.leases.take(name, holder, now=now, until=now + 2 * MINUTE))

    def release(holder: str) -> None:
        write(store, lambda g: g.leases.release("night", holder))

    take("a", 0)
    take("a", 1)  # prolongs it
    take("b", 1, name="another")
    with pytest.raises(LeaseHeld) as refused:
        take("b", 2.9)
    assert refused.value.more["until"] == (NOON + 3 * MINUTE).isoformat()
    release("b")  # it is not b's to give
    with pytest.raises(LeaseHeld):
        take("b", 2.9)
    take("b", 3)
    release("a")
    with pytest.raises(LeaseHeld):
        take("a", 4)
    release("b")
    take("a", 4)
