"""People and what they belong to, in one transaction and one area's scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from graph import schema
from graph.model.people import Household, PartyOrganisation, Person
from graph.store.loading import Loading, Rows
from graph.store.transaction import Transaction
from graph.store.vault import Vault

# Every query that shows people takes the area within which it may.
_IN_SCOPE = """
UNWIND $ids AS id MATCH (p:Person {id: id})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area})
WHERE l.until IS NULL RETURN p.id AS id, p.name AS name"""
_EXISTS = "MATCH (p:Person {id: $id})-[:LIVES_IN]->(:Area) RETURN count(p) AS found"
_PROVIDER = """
MATCH (r:Resource {provider: $id}) RETURN count(r) AS found"""


class People:
    """People, in one transaction and one area's scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def in_scope(self, person: str) -> bool:
        """Tell whether a person exists and lives in the scope; shows nothing of them."""
        if self._transaction.scope.area is None:
            row = self._transaction.one(_EXISTS, id=person)
            return row is not None and row["found"] > 0
        return bool(self._transaction.rows(_IN_SCOPE, ids=[person], area=self._transaction.people_area))

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Return the names of those of these people who live in the scope's area.

        Raises
        ------
        Unscoped
            The scope is no area's.
        """
        rows = self._transaction.rows(_IN_SCOPE, ids=sorted(ids), area=self._transaction.people_area)
        opened = Vault(self._transaction).open(schema.PERSON, rows, ["name"])
        return {row["id"]: found["name"] for row, found in zip(rows, opened, strict=True) if "name" in found}

    def lists_something(self, provider: str) -> bool:
        """Tell whether somebody of this id lists a resource."""
        row = self._transaction.one(_PROVIDER, id=provider)
        return row is not None and row["found"] > 0


def write_households(loading: Loading, households: Sequence[Household]) -> int:
    """Write households that do not exist yet; return how many were new."""
    new = loading.nodes(schema.HOUSEHOLD, [{"id": h.id, "focus": h.focus} for h in households])
    loading.relationships(schema.LIVES_IN, schema.HOUSEHOLD, schema.AREA, [(h.id, h.building, {}) for h in households])
    return new


def write_people(loading: Loading, people: Sequence[Person]) -> int:
    """Write people that do not exist yet with their relationships; return how many were new."""

    def values(person: Person) -> dict[str, Any]:
        properties = {name: getattr(person, name) for name in schema.PERSON.properties}
        return properties | {"home": None if person.home is None else [person.home]}

    new = loading.nodes(schema.PERSON, [values(p) for p in people], [p.id for p in people])
    for relationship, end, name in (
        (schema.LIVES_IN, schema.AREA, "lives_in"),
        (schema.BELONGS_TO, schema.HOUSEHOLD, "household"),
        (schema.MEMBER_OF, schema.PARTY_ORGANISATION, "member_of"),
        (schema.WORKS_FOR, schema.ORGANISATION, "works_for"),
        (schema.REPORTS_TO, schema.AREA, "reports_to"),
    ):
        rows: Rows = [(p.id, getattr(p, name), {}) for p in people if getattr(p, name)]
        loading.relationships(relationship, schema.PERSON, end, rows)
    return new


def write_party_organisations(loading: Loading, organisations: Sequence[PartyOrganisation]) -> int:
    """Write party organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.PARTY_ORGANISATION, [{"id": o.id, "kind": o.kind, "name": o.name} for o in organisations]
    )
    loading.relationships(
        schema.UNDER,
        schema.PARTY_ORGANISATION,
        schema.PARTY_ORGANISATION,
        [(o.id, o.under, {}) for o in organisations if o.under],
    )
    areas: Rows = [(o.id, o.leads, {}) for o in organisations if o.leads]
    loading.relationships(schema.LEADS, schema.PARTY_ORGANISATION, schema.AREA, areas)
    households: Rows = [(o.id, household, {}) for o in organisations for household in o.households]
    loading.relationships(schema.LEADS, schema.PARTY_ORGANISATION, schema.HOUSEHOLD, households)
    return new
