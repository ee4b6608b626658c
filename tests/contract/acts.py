"""Each writing use case that its caller may send again, as a table: what is cut off and what races runs through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import Side
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.people import Organisation, OrganisationKind, Person
from graph.store import Store
from graph.store.needs import write_needs
from graph.store.organisations import write_teams
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.capabilities import add_capability, rename_capability
from matching.use_cases.exclusions import keep_apart, rule_out
from matching.use_cases.importing import bring_in
from matching.use_cases.listings import change_resource, list_resource, withdraw_resource
from matching.use_cases.needs import record_need
from matching.use_cases.nightly import LEASE_SECONDS, nightly
from matching.use_cases.offers import make_offer
from matching.use_cases.organisations import add_organisation, change_organisation
from matching.use_cases.people import change_person, record_person
from matching.use_cases.personal_data import EraseReason, erase_person
from matching.use_cases.places import change_limits
from matching.use_cases.teams import add_team, join_team
from tests.contract.test_organisations import TEAM
from tests.worlds import (
    EAST_STAFF,
    NIGHT,
    OPERATOR,
    STREET_STAFF,
    WANG,
    WANG_TIME,
    FakeClock,
    fill,
    key,
    need,
    offer,
    raw,
)

NOT_AN_EFFECT = ("Plan", "PlanPage", "Lease", "Bucket", "DataKey")
"""Of a night that was cut a draft may stay, of any other a bucket or a key that nothing was written with yet."""
IMPORTER = replace(OPERATOR, area="city")
PAGE = [Person(f"page-{i}", "新", "east-1", phone=f"1390000001{i}") for i in range(5)]

Do = Callable[[Store, FakeClock, str, str], Any]
"""Does it, on what was prepared (an offer's id, or nothing), under an idempotency key of this name."""


@dataclass(frozen=True)
class Act:
    """A use case that writes.

    Parameters
    ----------
    offered
        It answers an offer, which is made before.
    once
        Sent by several, each under a key of its own, it has the effect that it has once: it moves something that is
        there, and the others are refused or change nothing.
    """

    do: Do
    offered: bool = False
    once: bool = False


def _record(store: Store, clock: FakeClock, given: str, name: str) -> None:
    record_need(store, need("cut", person="liu"), by=EAST_STAFF, key=key(name=name), clock=clock)


def _offer(store: Store, clock: FakeClock, given: str, name: str) -> None:
    make_offer(store, need="leak", resource="wang-time", quantity=1, by=EAST_STAFF, key=key(name=name), clock=clock)


def _accept(store: Store, clock: FakeClock, given: str, name: str) -> None:
    accept(store, given, side=Side.PROVIDER, by=WANG, key=key(WANG, name=name), clock=clock)


def _decline(store: Store, clock: FakeClock, given: str, name: str) -> None:
    why = DeclineReason.BUSY
    decline(store, given, side=Side.PROVIDER, reason=why, by=WANG, key=key(WANG, name=name), clock=clock)


def _sweep(store: Store, clock: FakeClock, given: str, name: str) -> None:
    clock.advance(days=3)
    sweep(store, clock=clock)


def _night(store: Store, clock: FakeClock, given: str, name: str) -> None:
    clock.advance(seconds=LEASE_SECONDS + 1)  # the lease of the one that was cut has run out
    nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)


def _load(store: Store, clock: FakeClock, given: str, name: str) -> None:
    needs = [need(f"load-{i}", person="liu") for i in range(30)]
    store.write(lambda graph: write_needs(graph.loading, needs), scope=EVERYTHING)


def _record_person(store: Store, clock: FakeClock, given: str, name: str) -> None:
    person = Person("cut", "新", "east-1", phone="13900000008", household="liu-home")
    record_person(store, person, by=EAST_STAFF, key=key(name=name), clock=clock)


def _change_person(store: Store, clock: FakeClock, given: str, name: str) -> None:
    changes = {"lives_in": "east-1", "phone": "13900000009"}  # who lists something: its terms rise with it
    change_person(store, "zhao", changes, rev=1, by=STREET_STAFF, key=key(STREET_STAFF, name=name), clock=clock)


def _erase_person(store: Store, clock: FakeClock, given: str, name: str) -> None:
    asked = EraseReason.RESIDENT_ASKED
    erase_person(store, "zhao", reason=asked, by=STREET_STAFF, key=key(STREET_STAFF, name=name), clock=clock)


def _list_resource(store: Store, clock: FakeClock, given: str, name: str) -> None:
    entry = replace(WANG_TIME, id="cut", title="陪伴")
    list_resource(store, entry, provider=None, by=WANG, key=key(WANG, name=name), clock=clock)


def _change_resource(store: Store, clock: FakeClock, given: str, name: str) -> None:
    changes = {"capacity": 1, "reaches": ("west",), "title": "水管"}
    change_resource(store, "wang-time", changes, rev=1, by=WANG, key=key(WANG, name=name), clock=clock)


def _withdraw_resource(store: Store, clock: FakeClock, given: str, name: str) -> None:
    withdraw_resource(store, "wang-time", by=WANG, key=key(WANG, name=name), clock=clock)


def _add_organisation(store: Store, clock: FakeClock, given: str, name: str) -> None:
    shop = Organisation("cut", OrganisationKind.MERCHANT, "便利店", located_in="east", contact="13900000009")
    add_organisation(store, shop, by=EAST_STAFF, key=key(name=name), clock=clock)


def _change_organisation(store: Store, clock: FakeClock, given: str, name: str) -> None:
    changes = {"located_in": "east-grid", "reports_to": "east", "contact": "13900000009"}
    change_organisation(store, "clinic", changes, rev=1, by=EAST_STAFF, key=key(name=name), clock=clock)


def _set_limits(store: Store, clock: FakeClock, given: str, name: str) -> None:
    changes = {"quota": 3, "floor": 20}
    change_limits(store, "east", changes, rev=0, by=STREET_STAFF, key=key(STREET_STAFF, name=name), clock=clock)


def _add_team(store: Store, clock: FakeClock, given: str, name: str) -> None:
    add_team(store, replace(TEAM, id="cut", members=()), by=EAST_STAFF, key=key(name=name), clock=clock)


def _join_team(store: Store, clock: FakeClock, given: str, name: str) -> None:
    join_team(store, "team", "liu", by=EAST_STAFF, key=key(name=name), clock=clock)


def _rule_out(store: Store, clock: FakeClock, given: str, name: str) -> None:
    given_by = {"side": Side.COMMUNITY, "always": False, "by": EAST_STAFF}
    rule_out(store, "leak", "wang-time", key=key(name=name), clock=clock, **given_by)


def _keep_apart(store: Store, clock: FakeClock, given: str, name: str) -> None:
    keep_apart(store, "leak", "other", by=EAST_STAFF, key=key(name=name), clock=clock)


def _add_capability(store: Store, clock: FakeClock, given: str, name: str) -> None:
    welding = Capability("cut", "焊接", CapabilityKind.SKILL, "visit", is_a=("repair",))
    add_capability(store, welding, by=OPERATOR, key=key(OPERATOR, name=name))


def _rename_capability(store: Store, clock: FakeClock, given: str, name: str) -> None:
    rename_capability(store, "plumbing", "水管维修", by=OPERATOR, key=key(OPERATOR, name=name))


def _import_page(store: Store, clock: FakeClock, given: str, name: str) -> None:
    bring_in(store, PAGE, by=IMPORTER, clock=clock)


ACTS: dict[str, Act] = {
    "record": Act(_record),
    "offer": Act(_offer, once=True),
    "accept": Act(_accept, offered=True, once=True),
    "decline": Act(_decline, offered=True, once=True),
    "sweep": Act(_sweep, offered=True),
    "night": Act(_night),
    "load": Act(_load, once=True),
    "record a person": Act(_record_person),
    "change a person": Act(_change_person, once=True),
    "erase a person": Act(_erase_person, once=True),
    "list a resource": Act(_list_resource),
    "change a resource": Act(_change_resource, once=True),
    "withdraw a resource": Act(_withdraw_resource, once=True),
    "add an organisation": Act(_add_organisation),
    "change an organisation": Act(_change_organisation, once=True),
    "set an area's limits": Act(_set_limits, once=True),
    "add a team": Act(_add_team),
    "join a team": Act(_join_team, once=True),
    "rule out": Act(_rule_out),
    "keep apart": Act(_keep_apart),
    "add a capability": Act(_add_capability, once=True),
    "rename a capability": Act(_rename_capability, once=True),
    "import a page": Act(_import_page, once=True),
}
UNKEYED = ("sweep", "night", "load", "import a page")
"""Those that need no idempotency key: they look at what there is to do."""


def prepare(store: Store, act: Act, clock: FakeClock) -> str:
    """Fill an empty store for an act; return the id of its offer, or nothing."""
    fill(store, need(), need("other"))
    store.write(lambda graph: write_teams(graph.loading, [TEAM]), scope=EVERYTHING)
    return offer(store, clock).id if act.offered else ""


def effect(engine: Engine) -> dict[str, int]:
    """Return how many nodes and relationships of each kind there are, and how far all `rev` have risen together."""
    nodes = raw(engine, "MATCH (n) RETURN labels(n)[0] AS what, count(n) AS n")
    joined = raw(engine, "MATCH ()-[r]->() RETURN type(r) AS what, count(r) AS n")
    risen = raw(engine, "MATCH (n) WHERE n.rev IS NOT NULL RETURN 'rev' AS what, sum(n.rev) AS n")
    return {row["what"]: row["n"] for row in (*nodes, *joined, *risen) if row["what"] not in NOT_AN_EFFECT}
