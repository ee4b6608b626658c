"""A person's node and relationships as a row of the store, and the row as a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph import schema
from graph.elements import Node, Relationship
from graph.model.people import FocusKind, Person, PersonSummary

WITHIN = "-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area}) WHERE l.until IS NULL"
GET = f"""
UNWIND $ids AS id MATCH (p:Person {{id: id}}){WITHIN} WITH DISTINCT p
MATCH (p)-[l:LIVES_IN]->(a:Area) WHERE l.until IS NULL
OPTIONAL MATCH (a)-[:PART_OF*0..1]->(g:Area {{kind: 'grid'}})
OPTIONAL MATCH (p)-[b:BELONGS_TO]->(h:Household) WHERE b.until IS NULL
OPTIONAL MATCH (p)-[m:MEMBER_OF]->(o:PartyOrganisation) WHERE m.until IS NULL
OPTIONAL MATCH (p)-[w:WORKS_FOR]->(u:Organisation) WHERE w.until IS NULL
OPTIONAL MATCH (p)-[t:REPORTS_TO]->(c:Area) WHERE t.until IS NULL
RETURN properties(p) AS person, a.id AS lives_in, coalesce(g.id, a.id) AS grid, h.id AS household,
  h.focus AS focus, o.id AS member_of, u.id AS works_for, c.id AS reports_to
ORDER BY lives_in, household, member_of, works_for, reports_to"""

ENDS: dict[str, tuple[Relationship, Node]] = {
    "lives_in": (schema.LIVES_IN, schema.AREA),
    "household": (schema.BELONGS_TO, schema.HOUSEHOLD),
    "member_of": (schema.MEMBER_OF, schema.PARTY_ORGANISATION),
    "works_for": (schema.WORKS_FOR, schema.ORGANISATION),
    "reports_to": (schema.REPORTS_TO, schema.AREA),
}
"""Field of a person → the relationship that it stands for, and where that ends."""


def person(row: Mapping[str, Any], opened: Mapping[str, str]) -> Person:
    """Return a person from a row of `GET` and the personal texts that were opened."""
    values = schema.PERSON.decode(row["person"])
    del values["events"]  # counts, and is no field
    values["home"] = values["home"][0] if values["home"] else None
    return Person(**{"name": None, **values, **opened, **{name: row[name] for name in ENDS}})


def summary(row: Mapping[str, Any], opened: Mapping[str, str]) -> PersonSummary:
    """Return a summary from a row of `GET` and the name, where it could be opened."""
    return PersonSummary(
        person=person(row, opened),
        grid=row["grid"],
        focus=frozenset(FocusKind(kind) for kind in row["focus"] or ()),
        has_phone=row["person"].get("phone") is not None,
    )


def properties(person: Person) -> dict[str, Any]:
    """Return the properties of a person's node, as the schema encodes them."""
    own = {name: getattr(person, name, None) for name in schema.PERSON.properties}
    return own | {"home": None if person.home is None else [person.home]}
