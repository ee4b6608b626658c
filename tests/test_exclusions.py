"""Who is not to serve whom, by day and by night, on both stores."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import Side
from graph.model.exclusions import Exclusions, RuledOut
from graph.store import NotFound, Store
from graph.store.exclusions import write_apart, write_ruled_out
from matching.errors import InvalidInput, NotAMatch
from matching.use_cases.exclusions import exclusions_of, keep_apart, rule_out
from matching.use_cases.matches import request_match
from matching.use_cases.nightly import nightly
from matching.use_cases.personal_data import EraseReason, erase_person
from tests.crew import threads
from tests.worlds import (
    EAST_STAFF,
    NIGHT,
    NOON,
    OPERATOR,
    STREET_STAFF,
    WANG_TIME,
    FakeClock,
    add,
    broken,
    fill,
    key,
    need,
    offer,
    raw,
)


def ruled_out(store: Store, clock: FakeClock, need_: str = "leak", **more: Any) -> Exclusions:
    given: dict[str, Any] = {"side": Side.COMMUNITY, "always": False, "resource": "wang-time", **more}
    return rule_out(store, need_, by=EAST_STAFF, key=key(), clock=clock, **given)


def apart(store: Store, clock: FakeClock, one: str = "leak", other: str = "other", **more: Any) -> Exclusions:
    return keep_apart(store, one, other, by=EAST_STAFF, key=key(), clock=clock, **more)


def matches(store: Store, clock: FakeClock, need_: str) -> set[str]:
    return {m.resource.id for m in request_match(store, need_, by=STREET_STAFF, clock=clock).matches}


def test_who_is_ruled_out_is_so_until_it_is_lifted_and_stands_once(store: Store, clock: FakeClock) -> None:
    fill(store, need(person="liu"), need("other", person="liu"))
    for _ in range(2):
        told = ruled_out(store, clock, side=Side.PROVIDER)
    assert told.providers == (RuledOut("wang", Side.PROVIDER, always=False),)
    assert store.read(lambda g: g.exclusions.ruled_out(["leak", "other"]), scope=EVERYTHING) == {("leak", "wang")}
    always = ruled_out(store, clock, always=True)
    assert [(p.side, p.always) for p in always.providers] == [(Side.COMMUNITY, True), (Side.PROVIDER, False)]
    assert ("other", "wang") in store.read(lambda g: g.exclusions.ruled_out(["other"]), scope=EVERYTHING)
    for _ in range(2):
        assert apart(store, clock).needs == ("other",)
    assert exclusions_of(store, "other", by=EAST_STAFF).needs == ("leak",)
    for _ in range(2):
        ruled_out(store, clock, lift=True)
        ruled_out(store, clock, always=True, lift=True)
        left = apart(store, clock, "other", "leak", lift=True)
    assert left == Exclusions("other")
    assert exclusions_of(store, "leak", by=EAST_STAFF) == Exclusions("leak")


def test_what_is_loaded_stands_once_and_stays_lifted(store: Store, clock: FakeClock) -> None:
    fill(store, need(person="liu"), need("other"))

    def load() -> int:
        return store.write(
            lambda g: write_ruled_out(g.loading, [("liu", "wang")]) + write_apart(g.loading, [("other", "leak")]),
            scope=EVERYTHING,
        )

    assert (load(), load()) == (2, 0)
    wang = RuledOut("wang", Side.COMMUNITY, always=True)
    assert exclusions_of(store, "leak", by=EAST_STAFF) == Exclusions("leak", (wang,), ("other",))
    ruled_out(store, clock, always=True, lift=True)
    assert load() == 0 and exclusions_of(store, "leak", by=EAST_STAFF).providers == ()


def test_who_is_ruled_out_is_no_match_by_day_and_gets_no_offer_by_night(store: Store, clock: FakeClock) -> None:
    fill(store, need(person="liu"), need("other", person="liu"))
    assert matches(store, clock, "leak") == {"wang-time", "zhao-time"}
    ruled_out(store, clock)
    assert matches(store, clock, "leak") == {"zhao-time"}
    assert matches(store, clock, "other") == {"wang-time", "zhao-time"}
    with pytest.raises(NotAMatch) as refusal:
        offer(store, clock)
    assert refusal.value.more["reason"] == "ruled_out"
    ruled_out(store, clock, always=True)
    ruled_out(store, clock, "other", always=True, resource="zhao-time")
    assert request_match(store, "leak", by=STREET_STAFF, clock=clock).reason == "ruled_out"
    assert nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock).reasons == {"ruled_out": 2}


def test_what_a_household_rules_out_holds_for_who_lives_in_it(store: Store, clock: FakeClock) -> None:
    fill(store, need("home", household="liu-home"), need(person="liu"), need("other", person="wang"))
    ruled_out(store, clock, "home", always=True)
    assert matches(store, clock, "leak") == {"zhao-time"}
    assert matches(store, clock, "other") == {"wang-time", "zhao-time"}


def test_who_shares_a_household_is_concerned_by_what_it_rules_out(store: Store) -> None:
    fill(store, need("home", household="liu-home"), need(person="liu"), need("other", person="wang"), need("public"))

    def concerned(need_: str) -> list[str]:
        return store.read(lambda g: g.exclusions.concerned(need_), scope=EVERYTHING)

    assert concerned("home") == ["home", "leak"]
    assert concerned("public") == ["public"]


def test_nobody_is_ruled_out_for_ever_for_a_need_of_the_public(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    for lift in (False, True):
        with pytest.raises(NotFound, match="for this need alone"):
            ruled_out(store, clock, always=True, lift=lift)
    with pytest.raises(NotFound):
        ruled_out(store, clock, resource="nothing")
    nobody = RuledOut("nobody")
    with pytest.raises(NotFound):
        store.write(lambda g: g.exclusions.rule_out("leak", nobody, at=NOON), scope=EVERYTHING)


def test_needs_kept_apart_do_not_go_to_one_provider_whatever_it_lists(store: Store, clock: FakeClock) -> None:
    fill(store, need(), need("other"), replace(WANG_TIME, id="wang-more"))
    apart(store, clock)
    offer(store, clock, need="leak", resource="wang-time")
    assert matches(store, clock, "other") == {"zhao-time"}
    with pytest.raises(NotAMatch):
        offer(store, clock, need="other", resource="wang-more")
    with pytest.raises(InvalidInput):
        apart(store, clock, "leak", "leak")


def test_a_night_sends_needs_kept_apart_to_two(store: Store, clock: FakeClock) -> None:
    fill(store, need(), need("other"), resources=[WANG_TIME])
    apart(store, clock)
    report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    assert (report.plan.written, report.reasons) == (1, {"conflict": 1})
    add(store, replace(WANG_TIME, id="wang-more"))  # of the same provider: planned, and not written
    clock.advance(minutes=1)
    again = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    assert (again.plan.written, again.reasons) == (0, {"ruled_out": 1})


@pytest.mark.parametrize("round_", range(3))
def test_two_offers_of_one_provider_for_needs_kept_apart_do_not_pass_each_other(
    store: Store, clock: FakeClock, round_: int
) -> None:
    fill(store, need(), need("other"), replace(WANG_TIME, id="wang-more"))
    apart(store, clock)
    offers = [
        partial(offer, clock=clock, need=n, resource=r) for n, r in (("leak", "wang-time"), ("other", "wang-more"))
    ]
    outcomes = threads(store)(offers)
    assert sorted(o.refused or "" for o in outcomes) == ["", "NotAMatch"]
    assert broken(store) == []


def test_of_an_offer_and_a_ruling_out_at_once_one_comes_first(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    outcomes = threads(store)([partial(offer, clock=clock), lambda s: ruled_out(s, clock)])
    assert outcomes[1].refused is None and outcomes[0].refused in (None, "NotAMatch")
    made = raw(engine, "MATCH (e:Event) WHERE e.verb IN ['offer', 'rule_out'] RETURN e.verb AS verb")
    assert len(made) == (1 if outcomes[0].refused else 2)


def test_what_an_erased_resident_ruled_out_is_over(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(person="liu"))
    ruled_out(store, clock, always=True)
    asked = EraseReason.RESIDENT_ASKED
    erase_person(store, "liu", reason=asked, by=EAST_STAFF, key=key(), clock=clock)
    assert raw(engine, "MATCH ()-[x:RULES_OUT]->() WHERE x.until IS NULL RETURN x") == []
