"""People and what they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from graph import schema
from graph.model.people import Household, Organisation, PartyOrganisation, Person
from graph.store.loading import Loading
from graph.store.transaction import Transaction

_IN_SCOPE = """
MATCH (p:Person {id: $id})-[:LIVES_IN]->(a:Area) WHERE $area IS NULL
  OR EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) } RETURN count(p) AS found"""
_PROVIDER = """
MATCH (r:Resource {provider: $id}) RETURN count(r) AS found"""


class People:
    """People, in one transaction and one scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def in_scope(self, person: str) -> bool:
        """Tell whether a person exists and lives in the scope."""
        row = self._transaction.one(_IN_SCOPE, id=person, area=self._transaction.scope.area)
        return row is not None and row["found"] > 0

    def lists_something(self, provider: str) -> bool:
        """Tell whether somebody of this id lists a resource."""
        row = self._transaction.one(_PROVIDER, id=provider)
        return row is not None and row["found"] > 0


def write_households(loading: Loading, households: Sequence[Household]) -> int:
    """Write households that do not exist yet; return how many were new."""
    new = loading.nodes(schema.HOUSEHOLD, ({"id": h.id, "focus": h.focus} for h in households))
    loading.relationships(schema.LIVES_IN, schema.HOUSEHOLD, schema.AREA, [(h.id, h.building, {}) for h in households])
    return new


def write_people(loading: Loading, people: Sequence[Person]) -> int:
    """Write people that do not exist yet with their relationships; return how many were new."""
    new = loading.nodes(schema.PERSON, ({name: getattr(p, name) for name in schema.PERSON.properties} for p in people))
    loading.relationships(schema.LIVES_IN, schema.PERSON, schema.AREA, [(p.id, p.lives_in, {}) for p in people])
    loading.relationships(
        schema.BELONGS_TO,
        schema.PERSON,
        schema.HOUSEHOLD,
        [(p.id, p.household, {}) for p in people if p.household],
    )
    loading.relationships(
        schema.MEMBER_OF,
        schema.PERSON,
        schema.PARTY_ORGANISATION,
        [(p.id, p.member_of, {}) for p in people if p.member_of],
    )
    return new


def write_party_organisations(loading: Loading, organisations: Sequence[PartyOrganisation]) -> int:
    """Write party organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.PARTY_ORGANISATION, ({"id": o.id, "kind": o.kind, "name": o.name} for o in organisations)
    )
    loading.relationships(
        schema.UNDER,
        schema.PARTY_ORGANISATION,
        schema.PARTY_ORGANISATION,
        [(o.id, o.under, {}) for o in organisations if o.under],
    )
    loading.relationships(
        schema.LEADS, schema.PARTY_ORGANISATION, schema.AREA, [(o.id, o.leads, {}) for o in organisations]
    )
    return new


def write_organisations(loading: Loading, organisations: Sequence[Organisation]) -> int:
    """Write organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.ORGANISATION,
        ({name: getattr(o, name) for name in schema.ORGANISATION.properties} for o in organisations),
    )
    loading.relationships(
        schema.LOCATED_IN, schema.ORGANISATION, schema.AREA, [(o.id, o.located_in, {}) for o in organisations]
    )
    return new
