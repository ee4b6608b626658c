"""The graph's schema, declared once as data.

DDL, validation on the way in, decoding on the way out and encryption of personal properties all follow
from what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.model.actors import Role
from graph.model.areas import AreaKind
from graph.model.assignments import AssignmentState, Side
from graph.model.capabilities import CapabilityKind
from graph.model.needs import Channel, Field, NeedKind, NeedState, Urgency
from graph.model.people import FocusKind, OrganisationKind, PartyOrganisationKind
from graph.model.plans import PlanState, PlanStatus
from graph.model.resources import ProviderKind, ResourceState
from graph.model.times import Period
from graph.properties import (
    Day,
    Flag,
    Instant,
    Integer,
    Integers,
    Node,
    Number,
    OneOf,
    Property,
    SchemaViolation,
    Secret,
    SomeOf,
    Text,
)

VERSION = 1


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship type.

    Parameters
    ----------
    pairs
        (start, end) nodes that it may join.
    lasting
        It changes over the years: it carries `since` and, once over, `until`; closed, never deleted.
    """

    type: str
    pairs: tuple[tuple[Node, Node], ...]
    properties: Mapping[str, Property]
    lasting: bool = False

    def encode(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties as the store keeps them.

        Raises
        ------
        SchemaViolation
            A property that is not declared or breaks its rule; the message names the place and the rule.
        """
        encoded: dict[str, Any] = {}
        for name, value in values.items():
            if name not in self.properties:
                raise SchemaViolation(f"{self.type} has no property {name}")
            if value is None:
                continue
            try:
                encoded[name] = self.properties[name].encode(value)
            except (ValueError, TypeError) as error:
                raise SchemaViolation(f"{self.type}.{name}: {error}") from error
        return encoded


def _node(label: str, /, **properties: Property) -> Node:
    return Node(label, properties)


def _relationship(type_: str, *pairs: tuple[Node, Node], lasting: bool = False, **properties: Property) -> Relationship:
    if lasting:
        properties = {**properties, "since": Instant(optional=True), "until": Instant(optional=True)}
    return Relationship(type_, pairs, properties, lasting)


_ID = Text(key=True)
_COUNT = Integer(minimum=0)

AREA = _node(
    "Area",
    id=_ID,
    kind=OneOf(AreaKind, index=True),
    name=Text(),
    code=Text(index=True, optional=True),
    lat=Number(optional=True),
    lon=Number(optional=True),
)
PARTY_ORGANISATION = _node("PartyOrganisation", id=_ID, kind=OneOf(PartyOrganisationKind), name=Text())
HOUSEHOLD = _node("Household", id=_ID, focus=SomeOf(FocusKind))
PERSON = _node(
    "Person",
    id=_ID,
    name=Text(longest=50),
    phone=Secret(optional=True, longest=20),
    birth_year=Integer(minimum=1900, maximum=2100, optional=True),
    verified=Flag(),
)
ORGANISATION = _node("Organisation", id=_ID, kind=OneOf(OrganisationKind), name=Text(longest=100), verified=Flag())
CAPABILITY = _node("Capability", id=_ID, name=Text(longest=50), kind=OneOf(CapabilityKind), unit=Text(longest=20))
RESOURCE = _node(
    "Resource",
    id=_ID,
    provider=Text(index=True),
    provider_kind=OneOf(ProviderKind),
    title=Text(longest=80),
    capacity=Integer(minimum=0, maximum=1_000_000),
    period=OneOf(Period),
    windows=Integers(optional=True),
    reach_minutes=Integer(minimum=1, maximum=240, optional=True),
    state=OneOf(ResourceState, index=True),
    rev=_COUNT,
    terms=_COUNT,
)
BUCKET = _node(
    "Bucket",
    id=_ID,
    resource=Text(index=True),
    period=Text(index=True),
    capacity=_COUNT,
    reserved=_COUNT,
    taken=_COUNT,
)
NEED = _node(
    "Need",
    id=_ID,
    kind=OneOf(NeedKind),
    state=OneOf(NeedState, index=True),
    urgency=OneOf(Urgency),
    field=OneOf(Field),
    channel=OneOf(Channel),
    quantity=Integer(minimum=1, maximum=10_000),
    reserved=_COUNT,
    taken=_COUNT,
    at_home=Flag(),
    duration=Integer(minimum=0, maximum=1440),
    windows=Integers(optional=True),
    due=Instant(optional=True),
    raised_at=Instant(index=True),
    title=Text(longest=40),  # the public card: no names
    text=Secret(),
    rev=_COUNT,
    terms=_COUNT,
)
ASSIGNMENT = _node(
    "Assignment",
    id=_ID,
    need=Text(index=True),
    resource=Text(),
    provider=Text(index=True),
    bucket=Text(index=True),
    quantity=Integer(minimum=1),
    state=OneOf(AssignmentState, index=True),
    waiting_for=SomeOf(Side),
    made_at=Instant(),
    expires=Instant(index=True),
    plan=Text(index=True, optional=True),
    parts=Text(longest=2000, optional=True),  # JSON
    live_key=Text(unique=True, optional=True, longest=400),
    rev=_COUNT,
)
PLAN = _node(
    "Plan",
    id=_ID,
    area=Text(index=True),
    night=Day(index=True),
    number=Integer(minimum=1),
    state=OneOf(PlanState, index=True),
    status=OneOf(PlanStatus),
    objective=Integer(),
    bound=Integer(),
    method=Text(),
    made_at=Instant(),
    figures=Text(longest=20_000),  # JSON
    seconds=Text(longest=2000),  # JSON
    pairs=_COUNT,
    unmet=_COUNT,
    digest=Text(),
    written=_COUNT,
    skipped=_COUNT,
    fence=_COUNT,
    next_page=_COUNT,
)
PLAN_PAGE = _node(
    "PlanPage",
    id=_ID,  # plan|kind|number
    plan=Text(index=True),
    kind=Text(),
    number=_COUNT,
    rows=Text(longest=4_000_000),  # JSON
)
EVENT = _node(
    "Event",
    id=_ID,  # subject|seq
    subject=Text(index=True),
    seq=_COUNT,
    at=Instant(),
    actor=Text(),
    party=Text(),
    verb=Text(),
    before=Text(optional=True),
    after=Text(optional=True),
    reason=Text(optional=True),
)
NOTICE = _node(
    "Notice",
    id=_ID,
    to=Text(index=True),
    template=Text(),
    values=Text(longest=2000),  # JSON
    due=Instant(),
    state=Text(index=True),
)
IDEMPOTENCY_KEY = _node(
    "IdempotencyKey",
    id=_ID,  # actor|key
    request=Text(),  # hash
    outcome=Text(optional=True),
    at=Instant(index=True),
)
API_KEY = _node(
    "ApiKey",
    id=_ID,
    name=Text(longest=100),
    hash=Text(unique=True),
    role=OneOf(Role),
    area=Text(optional=True),
    provider=Text(optional=True),
    created=Instant(),
    expires=Instant(),
    revoked=Flag(),
)
LEASE = _node("Lease", id=_ID, holder=Text(), until=Instant())
SCHEMA = _node("Schema", id=_ID, version=Integer(minimum=1))
SEEDING = _node("Seeding", id=_ID, settings=Text())  # what a city was generated with, so it can't be mixed

NODES = (
    AREA,
    PARTY_ORGANISATION,
    HOUSEHOLD,
    PERSON,
    ORGANISATION,
    CAPABILITY,
    RESOURCE,
    BUCKET,
    NEED,
    ASSIGNMENT,
    PLAN,
    PLAN_PAGE,
    EVENT,
    NOTICE,
    IDEMPOTENCY_KEY,
    API_KEY,
    LEASE,
    SCHEMA,
    SEEDING,
)

PART_OF = _relationship("PART_OF", (AREA, AREA), lasting=True)
UNDER = _relationship("UNDER", (PARTY_ORGANISATION, PARTY_ORGANISATION), lasting=True)
LEADS = _relationship("LEADS", (PARTY_ORGANISATION, AREA), lasting=True)
LIVES_IN = _relationship("LIVES_IN", (PERSON, AREA), (HOUSEHOLD, AREA), lasting=True)
BELONGS_TO = _relationship("BELONGS_TO", (PERSON, HOUSEHOLD), lasting=True)
MEMBER_OF = _relationship("MEMBER_OF", (PERSON, PARTY_ORGANISATION), lasting=True)
LOCATED_IN = _relationship("LOCATED_IN", (ORGANISATION, AREA), lasting=True)
IS_A = _relationship("IS_A", (CAPABILITY, CAPABILITY))
LISTS = _relationship("LISTS", (PERSON, RESOURCE), (ORGANISATION, RESOURCE))
PROVIDES = _relationship(
    "PROVIDES",
    (RESOURCE, CAPABILITY),
    level=Integer(minimum=1, maximum=5),
    certificate_until=Day(optional=True),
)
REACHES = _relationship("REACHES", (RESOURCE, AREA))
REQUIRES = _relationship("REQUIRES", (NEED, CAPABILITY), level=Integer(minimum=1, maximum=5))
IN_AREA = _relationship("IN_AREA", (NEED, AREA))
FOR_SUBJECT = _relationship("FOR_SUBJECT", (NEED, PERSON))
SERVES = _relationship("SERVES", (ASSIGNMENT, NEED))
USES = _relationship("USES", (ASSIGNMENT, BUCKET))
DECLINED = _relationship("DECLINED", (RESOURCE, NEED), at=Instant(), need_terms=Integer(minimum=0))

RELATIONSHIPS = (
    PART_OF,
    UNDER,
    LEADS,
    LIVES_IN,
    BELONGS_TO,
    MEMBER_OF,
    LOCATED_IN,
    IS_A,
    LISTS,
    PROVIDES,
    REACHES,
    REQUIRES,
    IN_AREA,
    FOR_SUBJECT,
    SERVES,
    USES,
    DECLINED,
)


def ddl() -> list[str]:
    """Return the statements that make the constraints and indexes; each is safe to run again."""
    statements = []
    for node in NODES:
        for name, rule in node.properties.items():
            at = f"{node.label.lower()}_{name}"
            if rule.key or rule.unique:
                statements.append(
                    f"CREATE CONSTRAINT {at} IF NOT EXISTS FOR (n:{node.label}) REQUIRE n.{name} IS UNIQUE"
                )
            elif rule.index:
                statements.append(f"CREATE INDEX {at} IF NOT EXISTS FOR (n:{node.label}) ON (n.{name})")
    return statements
