"""The graph's schema, declared once as data.

DDL, validation on the way in, decoding on the way out and encryption of personal properties all follow
from what stands here.
"""

from __future__ import annotations

from graph.elements import Node, Relationship
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
    Number,
    OneOf,
    Points,
    Property,
    Secret,
    SomeOf,
    Text,
    Words,
)

VERSION = 3
"""Raised by one with every step of `graph.store.migrations`."""


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
    population=Integer(minimum=0, optional=True),
    households=Integer(minimum=0, optional=True),
    outline=Points(optional=True),
    quota=Integer(minimum=0, optional=True),
    floor=Integer(minimum=0, maximum=100, optional=True),
    rev=Integer(minimum=0, optional=True),  # none: its limits were never set by hand
)
PARTY_ORGANISATION = _node("PartyOrganisation", id=_ID, kind=OneOf(PartyOrganisationKind), name=Text())
HOUSEHOLD = _node("Household", id=_ID, focus=SomeOf(FocusKind))
PERSON = _node(
    "Person",
    id=_ID,
    name=Secret(optional=True, longest=50),
    phone=Secret(optional=True, longest=20, search=True),
    id_number=Secret(optional=True, longest=18, search=True),
    address=Secret(optional=True, longest=200),
    health=Secret(optional=True, longest=500),
    described=Secret(optional=True, longest=300, search=True),
    birth_year=Integer(minimum=1900, maximum=2100, optional=True),
    home=Points(optional=True),  # coarse: one point, to a thousandth of a degree
    languages=Words(),
    verified=Flag(),
    paused_until=Instant(optional=True),
    consent=Day(optional=True),
    keep_until=Day(index=True, optional=True),
    erased=Flag(),
    events=Integer(minimum=0, optional=True),  # how many there are about them: the next one's number
    rev=_COUNT,
)
ORGANISATION = _node(
    "Organisation",
    id=_ID,
    kind=OneOf(OrganisationKind, index=True),
    name=Text(longest=100),
    contact=Secret(optional=True, longest=100),
    verified=Flag(),
    quota=Integer(minimum=0, optional=True),
    rev=_COUNT,
)
TEAM = _node("Team", id=_ID, name=Text(longest=100), field=OneOf(Field), verified=Flag(), rev=_COUNT)
CAPABILITY = _node("Capability", id=_ID, name=Text(longest=50), kind=OneOf(CapabilityKind), unit=Text(longest=20))
RESOURCE = _node(
    "Resource",
    id=_ID,
    provider=Text(index=True),
    provider_kind=OneOf(ProviderKind),
    title=Text(longest=80),
    card=Text(longest=800, fulltext="resource_card"),
    conditions=Text(longest=200, optional=True),
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
    kind=OneOf(NeedKind, index=True),
    group=Text(index=True, optional=True),
    state=OneOf(NeedState, index=True),
    urgency=OneOf(Urgency),
    field=OneOf(Field),
    channel=OneOf(Channel),
    quantity=Integer(minimum=1, maximum=10_000),
    reserved=_COUNT,
    taken=_COUNT,
    delivered=_COUNT,
    at_home=Flag(),
    duration=Integer(minimum=0, maximum=1440),
    windows=Integers(optional=True),
    appointed=Instant(optional=True),
    due=Instant(optional=True),
    raised_at=Instant(paged=True),
    title=Text(longest=40, index=True),  # the public card: no names
    card=Text(longest=800, fulltext="need_card"),  # what the card is searched by
    text=Secret(),
    rev=_COUNT,
    terms=_COUNT,
)
CLAIM = _node(
    "Claim",
    id=_ID,
    side=OneOf(Side),
    quantity=Integer(minimum=1),
    state=Text(index=True),
    key=Text(),  # the idempotency key that made it
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
    backups=Text(longest=500, optional=True),  # JSON
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
    findings=Text(longest=1_000_000, optional=True),  # JSON
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
    verb=Text(index=True),
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
    id=_ID,  # actor|keyed hash of the key
    request=Text(),  # keyed hash
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
    events=Integer(minimum=0, optional=True),  # how many there are about it: the next one's number
)
ESCALATION = _node(
    "Escalation",
    id=_ID,
    level=OneOf(AreaKind),
    owner=Text(index=True),
    evidence=Text(longest=20_000),  # JSON
    due=Instant(),
    answer=Secret(optional=True),
)
USER = _node(
    "User",
    id=_ID,
    login=Text(unique=True),
    hash=Text(),
    role=OneOf(Role),
    area=Text(optional=True),
    provider=Text(optional=True),
)
SIGN_IN = _node("SignIn", id=_ID, user=Text(index=True), hash=Text(unique=True), expires=Instant(index=True))
LEASE = _node("Lease", id=_ID, holder=Text(), until=Instant())
DATA_KEY = _node(
    "DataKey",
    id=_ID,  # the owner: a person, a household, an organisation, `public` or `index`
    wrapped=Text(optional=True),  # none: destroyed, and what it sealed with it
    master=Text(index=True),  # name of the master key that wrapped it
)
SCHEMA = _node("Schema", id=_ID, version=Integer(minimum=1), declared=Text(optional=True))
SEEDING = _node("Seeding", id=_ID, settings=Text())  # what a city was generated with, so it can't be mixed

NODES = (
    AREA,
    PARTY_ORGANISATION,
    HOUSEHOLD,
    PERSON,
    ORGANISATION,
    TEAM,
    CAPABILITY,
    RESOURCE,
    BUCKET,
    NEED,
    CLAIM,
    ASSIGNMENT,
    PLAN,
    PLAN_PAGE,
    EVENT,
    NOTICE,
    ESCALATION,
    IDEMPOTENCY_KEY,
    USER,
    API_KEY,
    SIGN_IN,
    LEASE,
    DATA_KEY,
    SCHEMA,
    SEEDING,
)

PART_OF = _relationship("PART_OF", (AREA, AREA))  # as it is now: every query of a scope goes along it
BORDERS = _relationship("BORDERS", (AREA, AREA))
WITHIN_COMPOUND = _relationship("WITHIN_COMPOUND", (AREA, AREA))
UNDER = _relationship("UNDER", (PARTY_ORGANISATION, PARTY_ORGANISATION), lasting=True)
LEADS = _relationship("LEADS", (PARTY_ORGANISATION, AREA), (PARTY_ORGANISATION, HOUSEHOLD), lasting=True)
LIVES_IN = _relationship("LIVES_IN", (PERSON, AREA), (HOUSEHOLD, AREA), lasting=True)
BELONGS_TO = _relationship("BELONGS_TO", (PERSON, HOUSEHOLD), lasting=True)
MEMBER_OF = _relationship("MEMBER_OF", (PERSON, PARTY_ORGANISATION), lasting=True)
WORKS_FOR = _relationship("WORKS_FOR", (PERSON, ORGANISATION), lasting=True)
JOINED = _relationship("JOINED", (PERSON, TEAM), lasting=True)
REPORTS_TO = _relationship(
    "REPORTS_TO", (PERSON, AREA), (ORGANISATION, AREA), lasting=True, agreement=Text(longest=500, optional=True)
)
LOCATED_IN = _relationship("LOCATED_IN", (ORGANISATION, AREA), (TEAM, AREA), lasting=True)
IS_A = _relationship("IS_A", (CAPABILITY, CAPABILITY))
LISTS = _relationship("LISTS", (PERSON, RESOURCE), (ORGANISATION, RESOURCE), (TEAM, RESOURCE))
PROVIDES = _relationship(
    "PROVIDES",
    (RESOURCE, CAPABILITY),
    level=Integer(minimum=1, maximum=5),
    certificate_until=Day(optional=True),
)
REACHES = _relationship("REACHES", (RESOURCE, AREA))
REQUIRES = _relationship("REQUIRES", (NEED, CAPABILITY), level=Integer(minimum=1, maximum=5))
IN_AREA = _relationship("IN_AREA", (NEED, AREA))
FOR_SUBJECT = _relationship("FOR_SUBJECT", (NEED, PERSON), (NEED, HOUSEHOLD), (NEED, AREA))
RAISED_BY = _relationship("RAISED_BY", (NEED, PERSON), (NEED, ORGANISATION))
DUPLICATE_OF = _relationship("DUPLICATE_OF", (NEED, NEED))
CLAIMS_NEED = _relationship("CLAIMS_NEED", (CLAIM, NEED))
CLAIMS_RESOURCE = _relationship("CLAIMS_RESOURCE", (CLAIM, RESOURCE))
SERVES = _relationship("SERVES", (ASSIGNMENT, NEED))
USES = _relationship("USES", (ASSIGNMENT, BUCKET))
DECLINED = _relationship("DECLINED", (RESOURCE, NEED), at=Instant(), need_terms=Integer(minimum=0))
RULES_OUT = _relationship(
    "RULES_OUT",
    *((subject, provider) for subject in (NEED, PERSON, HOUSEHOLD) for provider in (PERSON, ORGANISATION, TEAM)),
    lasting=True,
    side=OneOf(Side),
)
APART_FROM = _relationship("APART_FROM", (NEED, NEED), lasting=True)
ABOUT = _relationship("ABOUT", (ESCALATION, NEED))

RELATIONSHIPS = (
    PART_OF,
    BORDERS,
    WITHIN_COMPOUND,
    UNDER,
    LEADS,
    LIVES_IN,
    BELONGS_TO,
    MEMBER_OF,
    WORKS_FOR,
    JOINED,
    REPORTS_TO,
    LOCATED_IN,
    IS_A,
    LISTS,
    PROVIDES,
    REACHES,
    REQUIRES,
    IN_AREA,
    FOR_SUBJECT,
    RAISED_BY,
    DUPLICATE_OF,
    CLAIMS_NEED,
    CLAIMS_RESOURCE,
    SERVES,
    USES,
    DECLINED,
    RULES_OUT,
    APART_FROM,
    ABOUT,
)
