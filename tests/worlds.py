"""Small worlds for the tests: one tiny city, its actors, a clock that is set by hand, and an empty store.

The tiny city: city → district → street → two communities (`east`, `west`), each with one grid (`east-grid`) of
one building (`east-1`). Plumber Wang and the resident Liu live in `east-1`, electrician Zhao in `west-1`; the
clinic in `east` lends wheelchairs to the whole street. It has no needs: a test makes those it speaks of with
`need`:

    fill(store, need("leak"), need("dark", requires=["electrics"], area="west-1"))
    made = offer(store, clock, need="leak", resource="wang-time")
"""

import hashlib
import json
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from graph.engine import Engine, connect
from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.areas import Area, AreaKind
from graph.model.assignments import Assignment
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Need, Required
from graph.model.people import FocusKind, Household, Organisation, OrganisationKind, Person
from graph.model.resources import Provided, ProviderKind, Resource
from graph.model.times import Period, SystemClock, city_date
from graph.sealing import MasterKeys
from graph.store import Graph, IdempotencyKey, Store
from graph.store.areas import write_areas, write_capabilities
from graph.store.needs import write_needs
from graph.store.organisations import write_organisations
from graph.store.people import write_households, write_people
from graph.store.resources import write_resources
from matching.use_cases.offers import make_offer
from tests.stores import wipe

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
"""A Wednesday, 12:00 in the city: providers can be reached."""
WEEK, MONTH = "2026-W47", "2026-11"
"""The periods in which `NOON` lies."""
NIGHT = date(2026, 11, 18)
"""A night whose next day lies in the same week and month as `NOON`."""

EAST_STAFF = Actor("staff-east", Role.COMMUNITY, area="east")
WEST_STAFF = Actor("staff-west", Role.COMMUNITY, area="west")
STREET_STAFF = Actor("staff-street", Role.STREET, area="street")
WANG = Actor("key-wang", Role.PROVIDER, provider="wang")
ZHAO = Actor("key-zhao", Role.PROVIDER, provider="zhao")
CLINIC = Actor("key-clinic", Role.PROVIDER, provider="clinic")
OPERATOR = Actor("operator:test", Role.OPERATOR)


class FakeClock:
    """A clock that stands still until it is moved on."""

    def __init__(self, at: datetime = NOON) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, **time: float) -> datetime:
        """Move on by `timedelta(**time)`, such as `hours=25`, and return the new time."""
        self._now += timedelta(**time)
        return self._now


class ClockOfTheNight:
    """The machine's clock with the date of `NIGHT`: it runs, and is the same in every process."""

    def now(self) -> datetime:
        at = SystemClock().now()
        return at - timedelta(days=(city_date(at) - NIGHT).days)


def key(by: Actor = EAST_STAFF, *, name: str | None = None, request: str = "as before") -> IdempotencyKey:
    """Return an idempotency key; a fresh one unless it is named."""
    return IdempotencyKey(actor=by.id, key=name or str(uuid4()), request=request, at=NOON)


# ── the tiny city ────────────────────────────────────────────────────────────────────────────────────────────

CAPABILITIES = (
    Capability("repair", "维修", CapabilityKind.SKILL, "visit"),
    Capability("plumbing", "水电维修", CapabilityKind.SKILL, "visit", is_a=("repair",)),
    Capability("electrics", "电路维修", CapabilityKind.SKILL, "visit", is_a=("repair",)),
    Capability("company", "陪伴", CapabilityKind.PRESENCE, "visit"),
    Capability("wheelchair", "轮椅", CapabilityKind.GOODS, "piece"),
)

WANG_TIME = Resource(
    "wang-time",
    provider="wang",
    provider_kind=ProviderKind.PERSON,
    title="水管维修",
    provides=(Provided("plumbing", 4), Provided("company", 3)),
    capacity=2,
)
ZHAO_TIME = Resource(
    "zhao-time",
    provider="zhao",
    provider_kind=ProviderKind.PERSON,
    title="水电维修",
    provides=(Provided("plumbing", 3), Provided("electrics", 4)),
    capacity=2,
    reach_minutes=60,
)
WHEELCHAIRS = Resource(
    "wheelchairs",
    provider="clinic",
    provider_kind=ProviderKind.ORGANISATION,
    title="轮椅借用",
    provides=(Provided("wheelchair", 3),),
    capacity=3,
    period=Period.MONTH,
    reaches=("street",),
)


def _areas() -> list[Area]:
    areas = [
        Area("city", AreaKind.CITY, "市", code="9900", lat=34.90, lon=108.94),
        Area("district", AreaKind.DISTRICT, "区", parent="city", code="990002"),
        Area("street", AreaKind.STREET, "街道", parent="district", code="990002001"),
        Area("east", AreaKind.COMMUNITY, "东社区", parent="street", code="990002001001", lat=34.900, lon=108.940),
        Area("west", AreaKind.COMMUNITY, "西社区", parent="street", code="990002001002", lat=34.900, lon=108.930),
    ]
    for side in ("east", "west"):
        areas.append(Area(f"{side}-grid", AreaKind.GRID, "一网格", parent=side))
        areas.append(Area(f"{side}-1", AreaKind.BUILDING, "1号楼", parent=f"{side}-grid"))
    return areas


AREAS = tuple(_areas())
HOUSEHOLDS = (Household("liu-home", "east-1", (FocusKind.ADVANCED_AGE,)), Household("wang-home", "east-1"))
PEOPLE = (
    Person("liu", "刘桂兰", "east-1", phone="13900000001", birth_year=1938, household="liu-home"),
    Person("wang", "王建国", "east-1", phone="13900000002", household="wang-home", verified=True),
    Person("zhao", "赵强", "west-1", phone="13900000003"),
)
ORGANISATIONS = (Organisation("clinic", OrganisationKind.UNIT, "社区医院", located_in="east"),)


def need(name: str = "leak", **changes: Any) -> Need:
    """Return an open need: one visit of a plumber to building `east-1`, raised an hour before `NOON`.

    Parameters
    ----------
    **changes
        Fields of `Need`; a `requires` may be given as the capabilities' names.
    """
    if "requires" in changes:
        changes["requires"] = tuple(Required(r) if isinstance(r, str) else r for r in changes["requires"])
    made = Need(
        id=name,
        title="厨房水管漏水",
        area="east-1",
        requires=(Required("plumbing"),),
        raised_at=NOON - timedelta(hours=1),
        text="刘桂兰家厨房水管漏水,电话13900000001",
    )
    return replace(made, **changes)


def fill(
    store: Store, *things: Need | Resource, resources: Iterable[Resource] = (WANG_TIME, ZHAO_TIME, WHEELCHAIRS)
) -> None:
    """Write the tiny city to a store, with these needs and resources.

    Parameters
    ----------
    resources
        Instead of the three that the city has.
    """

    def work(graph: Graph) -> None:
        write_areas(graph.loading, AREAS)
        write_capabilities(graph.loading, CAPABILITIES)
        write_households(graph.loading, HOUSEHOLDS)
        write_people(graph.loading, PEOPLE)
        write_organisations(graph.loading, ORGANISATIONS)
        _add(graph, (*resources, *things))

    store.write(work, scope=EVERYTHING)


def add(store: Store, *things: Need | Resource) -> None:
    """Write more needs and resources."""
    store.write(lambda graph: _add(graph, things), scope=EVERYTHING)


def _add(graph: Graph, things: Iterable[Need | Resource]) -> None:
    things = list(things)
    write_resources(graph.loading, [t for t in things if isinstance(t, Resource)])
    write_needs(graph.loading, [t for t in things if isinstance(t, Need)])


def offer(
    store: Store,
    clock: FakeClock,
    *,
    need: str = "leak",
    resource: str = "wang-time",
    quantity: int = 1,
    by: Actor = EAST_STAFF,
    key_: IdempotencyKey | None = None,
) -> Assignment:
    """Let staff offer a resource for a need."""
    return make_offer(store, need=need, resource=resource, quantity=quantity, by=by, key=key_ or key(by), clock=clock)


# ── the store itself ─────────────────────────────────────────────────────────────────────────────────────────

MASTER_KEY = b"a key of 32 bytes for the tests!"
MASTERS = MasterKeys(MASTER_KEY)
_migrated: weakref.WeakSet[Engine] = weakref.WeakSet()


def fresh_store(engine: Engine) -> Store:
    """Return a store with the schema and nothing else; what was in it is gone."""
    store = Store(engine, MASTERS)
    if engine not in _migrated:
        store.migrate()
        _migrated.add(engine)
    wipe(engine)
    return store


def raw(engine: Engine, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a query past the store's code, and return its rows."""
    answer = engine.driver.execute_query(query, parameters_=parameters, database_=engine.database)
    return [record.data() for record in answer.records]


def properties(engine: Engine, label: str, node: str) -> dict[str, Any]:
    """Return a node's properties as the store keeps them."""
    found: dict[str, Any] = raw(engine, f"MATCH (n:{label} {{id: $id}}) RETURN properties(n) AS p", id=node)[0]["p"]
    return found


def counters(engine: Engine, need: str = "leak", bucket: str = f"wang-time|{WEEK}") -> dict[str, tuple[int, int]]:
    """Return (reserved, taken) of a need and of a bucket; an unused bucket is (0, 0)."""
    row = raw(
        engine,
        "MATCH (n:Need {id: $need}) OPTIONAL MATCH (b:Bucket {id: $bucket}) "
        "RETURN n.reserved AS nr, n.taken AS nt, coalesce(b.reserved, 0) AS br, coalesce(b.taken, 0) AS bt",
        need=need,
        bucket=bucket,
    )[0]
    return {"need": (row["nr"], row["nt"]), "bucket": (row["br"], row["bt"])}


def fingerprint(engine: Engine) -> str:
    """Return a hash of the whole graph: every node, property and relationship, but for the locks' traces."""
    nodes = [
        [row["labels"], {name: value for name, value in sorted(row["p"].items()) if name != "lock"}]
        for row in raw(engine, "MATCH (n) RETURN labels(n) AS labels, properties(n) AS p")
    ]
    relationships = [
        list(row.values())
        for row in raw(
            engine,
            "MATCH (a)-[r]->(b) RETURN labels(a) AS al, a.id AS a, type(r) AS t, properties(r) AS p, "
            "labels(b) AS bl, b.id AS b",
        )
    ]
    lines = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in (*nodes, *relationships))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def broken(store: Store) -> list[str]:
    """Return what the invariants find wrong."""
    return store.read(lambda graph: graph.invariants.broken(), scope=EVERYTHING)


@dataclass(frozen=True)
class Address:
    """Where a store is and how to enter it: enough for another process to open the same."""

    store: str
    data: Path
    user: str | None = None
    password: str | None = None

    def connect(self) -> Engine:
        """Open a connection of one's own."""
        return connect(self.store, data=self.data, user=self.user, password=self.password)
