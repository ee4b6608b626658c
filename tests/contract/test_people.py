"""People, each in the scope in which they live, and all that is kept of one of them."""

from dataclasses import replace
from datetime import datetime

import pytest

from graph.engine import Engine
from graph.model.assignments import AssignmentState, Event
from graph.model.needs import Need, NeedState
from graph.model.resources import ResourceState
from graph.sealing import KeyProblem, MasterKeys
from graph.store import Erased, Graph, Store
from tests.contract.worlds import EAST, MINUTE, STREET, WEST, paged, pair, put, read, write
from tests.worlds import NOON, fill, need, properties


def test_a_person_is_in_the_scope_in_which_they_live(store: Store) -> None:
    fill(store)
    for scope, seen in ((EAST, {"liu", "wang"}), (WEST, {"zhao"}), (STREET, {"liu", "wang", "zhao"})):
        found = {
            p for p in ("liu", "wang", "zhao", "nobody") if read(store, lambda g, p=p: g.people.in_scope(p), scope)
        }
        assert found == seen


def test_who_lists_something_is_a_provider(store: Store) -> None:
    fill(store)
    listing = {
        p for p in ("liu", "wang", "clinic", "nobody") if read(store, lambda g, p=p: g.people.lists_something(p))
    }
    assert listing == {"wang", "clinic"}


# ── all of a person ──────────────────────────────────────────────────────────────────────────────────────────


def home_and_person() -> tuple[Need, Need, Need]:
    return need(person="liu"), need("home", household="liu-home", text="家里的事"), need("other", person="zhao")


def test_all_of_a_person_is_locked_and_read_as_one(store: Store) -> None:
    fill(store, *home_and_person())
    put(store, pair("live"), pair("over", need_="home", state=AssignmentState.DECLINED))
    of_liu = write(store, lambda g: g.all_of_a_person.lock("liu"))
    assert (of_liu.homes, set(of_liu.needs)) == (("liu-home",), {"leak", "home"})
    assert (of_liu.resources, of_liu.live) == ({}, ("live",))
    of_wang = write(store, lambda g: g.all_of_a_person.lock("wang"))
    assert (of_wang.homes, of_wang.needs, of_wang.live) == (("wang-home",), {}, ("live",))
    [listed] = of_wang.resources.values()
    assert (listed.id, listed.state, listed.rev) == ("wang-time", ResourceState.LISTED, 1)


def test_what_was_a_person_s_is_written_back_as_it_was_changed_under_the_lock(store: Store, engine: Engine) -> None:
    fill(store, *home_and_person())

    def cancel(graph: Graph) -> None:
        theirs = graph.all_of_a_person.lock("liu")
        for one in theirs.needs.values():
            one.state, one.rev = NeedState.CANCELLED, one.rev + 1
        graph.needs.set_states(theirs.needs.values())
        graph.all_of_a_person.erase_homes(theirs.homes)

    def withdraw(graph: Graph) -> None:
        listed = graph.all_of_a_person.lock("wang").resources.values()
        for one in listed:
            one.state, one.rev = ResourceState.WITHDRAWN, one.rev + 1
        graph.all_of_a_person.withdraw(listed)

    write(store, cancel)
    write(store, withdraw)
    found = read(store, lambda g: g.needs.many(["leak", "home", "other"]))
    assert [(n.state, n.rev) for n in found] == [
        (NeedState.CANCELLED, 2),
        (NeedState.CANCELLED, 2),
        (NeedState.OPEN, 1),
    ]
    assert properties(engine, "Household", "liu-home")["focus"] == []
    with pytest.raises(Erased):
        read(store, lambda g: g.needs.text("home"))
    kept = properties(engine, "Resource", "wang-time")
    assert (kept["state"], kept["rev"], kept["terms"]) == ("withdrawn", 2, 2)
    assert properties(engine, "Resource", "zhao-time")["state"] == "listed"


def test_everything_of_a_person_is_read_and_nothing_personal_of_another(store: Store, engine: Engine) -> None:
    fill(store, *home_and_person(), need("for-wang", person="wang", raised_by="liu", text="王建国家的事"))
    put(store, pair("theirs"), pair("anothers", need_="other"))
    write(store, lambda g: g.events.append([showing("liu", 1, NOON), showing("zhao", 1, NOON)]))
    found = read(store, lambda g: g.all_of_a_person.everything("liu"))
    assert (found["person"]["name"], found["person"]["phone"]) == ("刘桂兰", "13900000001")
    assert {(r["type"], r["to"]["id"]) for r in found["relationships"]} >= {
        ("LIVES_IN", "east-1"),
        ("BELONGS_TO", "liu-home"),
    }
    assert {n["id"]: n.get("text") for n in found["needs"]} == {
        "leak": need().text,
        "home": "家里的事",
        "for-wang": None,
    }
    assert [h["id"] for h in found["households"]] == ["liu-home"]
    assert [a["id"] for a in found["assignments"]] == ["theirs"]
    assert [e["subject"] for e in found["events"]] == ["liu"]
    assert [r["id"] for r in read(store, lambda g: g.all_of_a_person.everything("wang"))["resources"]] == ["wang-time"]
    with pytest.raises(KeyProblem):
        read(Store(engine, MasterKeys(b"x" * 32)), lambda g: g.all_of_a_person.everything("liu"))


# ── who read what is personal ────────────────────────────────────────────────────────────────────────────────


def showing(subject: str, seq: int, at: datetime, verb: str = "show_personal") -> Event:
    return Event(subject, seq, at, "staff", "community", verb, None, None, "handling")


def test_showings_come_in_pages_of_the_scope_the_latest_first_without_gaps_or_doubles(store: Store) -> None:
    fill(store, need())
    shown = [
        showing("clinic", 2, NOON + 3 * MINUTE, "show_contact"),
        showing("zhao", 1, NOON + 2 * MINUTE),
        showing("wang", 1, NOON + MINUTE),
        showing("liu", 1, NOON + MINUTE, "export"),
        showing("leak", 2, NOON, "show_text"),
    ]
    write(store, lambda g: g.events.append([*shown, replace(shown[0], seq=3, verb="change")]))
    for limit in (1, 2, 9):
        found = paged(
            lambda before, n=limit: read(store, lambda g: g.events.showings(None, before, limit=n), STREET),
            lambda e: (e.at, f"{e.subject}|{e.seq}"),
            None,
        )
        assert found == shown

    assert read(store, lambda g: g.events.at("clinic", 2)) == NOON + 3 * MINUTE
    assert read(store, lambda g: g.events.at("clinic", 4)) is None

    def below(area: str | None) -> list[str]:
        return [e.subject for e in read(store, lambda g: g.events.showings(area, None, limit=9), EAST)]

    assert below(None) == ["clinic", "wang", "liu", "leak"]
    assert below("east-1") == ["wang", "liu", "leak"]
    assert below("west") == below("street") == []
    assert [e.subject for e in read(store, lambda g: g.events.showings(None, None, limit=9), WEST)] == ["zhao"]
