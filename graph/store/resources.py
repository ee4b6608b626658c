"""Resources, their buckets and their providers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graph import schema
from graph.model.resources import Bucket, Provided, ProviderKind, Resource, ResourceState, bucket_id
from graph.model.times import flatten, unflatten
from graph.store.cards import card_text
from graph.store.errors import NotFound, Unsettled
from graph.store.loading import Loading
from graph.store.people import People
from graph.store.transaction import Transaction

_GET = """
UNWIND $ids AS id MATCH (r:Resource {id: id})
OPTIONAL MATCH (r)-[p:PROVIDES]->(c:Capability)
RETURN properties(r) AS resource, collect([c.id, p.level, p.certificate_until]) AS provides"""
_REACHES = """
UNWIND $ids AS id MATCH (r:Resource {id: id})-[:REACHES]->(a:Area) RETURN r.id AS id, collect(a.id) AS areas"""
_LOCK = """
UNWIND $rows AS row MATCH (r:Resource {id: row.resource}) SET r.lock = $nonce
MERGE (b:Bucket {id: row.id})
ON CREATE SET b.resource = row.resource, b.period = row.period, b.capacity = r.capacity,
  b.reserved = 0, b.taken = 0
SET b.lock = $nonce"""
_READ = """
UNWIND $ids AS id MATCH (b:Bucket {id: id}) MATCH (r:Resource {id: b.resource})
RETURN b.id AS id, b.resource AS resource, b.period AS period, b.capacity AS capacity, b.reserved AS reserved,
  b.taken AS taken, r.capacity AS listed, r.terms AS terms, r.state AS state, r.provider AS provider"""
_EXIST = "UNWIND $ids AS id MATCH (r:Resource {id: id}) RETURN r.id AS id LIMIT 1"
_SET = """
UNWIND $rows AS row MATCH (b:Bucket {id: row.id})
SET b.capacity = row.capacity, b.reserved = row.reserved, b.taken = row.taken"""
_PEOPLE = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p:Person) RETURN r.id AS id, p.id AS person"""
_ORGANISATIONS = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(o:Organisation)
RETURN r.id AS id, o.name AS name"""
_TEAMS = "UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(t:Team) RETURN r.id AS id, t.name AS name"

_NAMING = """
MATCH (:Capability {id: $capability})<-[:PROVIDES]-(r:Resource) WHERE r.id > $after
RETURN r.id AS id ORDER BY id LIMIT $limit"""
_LOCK_ENTRIES = "UNWIND $ids AS id MATCH (r:Resource {id: id}) SET r.lock = $nonce"
_SET_CARDS = "UNWIND $rows AS row MATCH (r:Resource {id: row.id}) SET r.card = row.card"


@dataclass(slots=True)
class BucketCounters:
    """What a decision under the lock needs to know of a bucket; changed in place, then written back.

    Parameters
    ----------
    listed
        The resource's own capacity: below the bucket's where it was cut while more was held.
    """

    id: str
    resource: str
    period: str
    capacity: int
    reserved: int
    taken: int
    listed: int
    terms: int
    state: ResourceState
    provider: str

    @property
    def free(self) -> int:
        """Units that nobody reserves or takes."""
        return self.capacity - self.reserved - self.taken


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """Who lists a resource, as far as the scope may see.

    Parameters
    ----------
    name
        An organisation's name, which is public; of a person only where they live in the scope, else None.
    """

    kind: ProviderKind
    name: str | None


class Resources:
    """Resource lists and their capacity, in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, resource: str) -> Resource:
        """Return a resource's list entry.

        Raises
        ------
        NotFound
            There is none.
        """
        found = self.many([resource])
        if not found:
            raise NotFound("no such resource", resource=resource)
        return found[0]

    def many(self, ids: Sequence[str]) -> list[Resource]:
        """Return list entries, which are public, in the order of their ids."""
        rows = {row["resource"]["id"]: row for row in self._transaction.rows(_GET, ids=list(ids))}
        reaches = {row["id"]: row["areas"] for row in self._transaction.rows(_REACHES, ids=list(ids))}
        resources = []
        for i in ids:
            if i not in rows:
                continue
            values = schema.RESOURCE.decode(rows[i]["resource"])
            values["windows"] = unflatten(values["windows"])
            del values["card"]  # follows from the rest
            day = schema.PROVIDES.properties["certificate_until"].decode
            provides = tuple(
                sorted(
                    (
                        Provided(c, level, None if until is None else day(until))
                        for c, level, until in rows[i]["provides"]
                    ),
                    key=lambda p: p.capability,
                )
            )
            resources.append(Resource(**values, provides=provides, reaches=tuple(sorted(reaches.get(i, [])))))
        return resources

    def lock_buckets(self, keys: Iterable[tuple[str, str]]) -> dict[str, BucketCounters]:
        """Lock buckets, each with its resource, in the order of their ids, make those that are new, and read them.

        Parameters
        ----------
        keys
            (resource, name of the period).

        Returns
        -------
        dict
            By bucket id; a resource that does not exist is left out.
        """
        rows = [
            {"id": i, "resource": resource, "period": period}
            for i, resource, period in sorted({(bucket_id(r, p), r, p) for r, p in keys})
        ]
        self._transaction.do(_LOCK, rows=rows, nonce=self._transaction.nonce)
        found = self._transaction.rows(_READ, ids=[row["id"] for row in rows])
        missing = {row["id"]: row["resource"] for row in rows}
        for row in found:
            del missing[row["id"]]
        if missing and self._transaction.one(_EXIST, ids=sorted(missing.values())):
            raise Unsettled(f"buckets {sorted(missing)}")
        return {row["id"]: BucketCounters(**{**row, "state": ResourceState(row["state"])}) for row in found}

    def buckets(self, keys: Iterable[tuple[str, str]]) -> dict[str, Bucket]:
        """Return buckets as they are, without a lock; those never used are left out."""
        ids = [bucket_id(resource, period) for resource, period in keys]
        return {
            row["id"]: Bucket(row["id"], row["resource"], row["period"], row["capacity"], row["reserved"], row["taken"])
            for row in self._transaction.rows(_READ, ids=ids)
        }

    def set_counters(self, counters: Iterable[BucketCounters]) -> None:
        """Write back what was changed under the lock.

        A capacity that stayed above a cut because more was held follows what is held down to what is listed.
        """
        rows = [
            {
                "id": c.id,
                "capacity": min(c.capacity, max(c.listed, c.reserved + c.taken)),
                "reserved": c.reserved,
                "taken": c.taken,
            }
            for c in counters
        ]
        self._transaction.do(_SET, rows=rows)

    def provider_cards(self, ids: Sequence[str]) -> dict[str, ProviderCard]:
        """Return who lists each resource, as far as the scope may see."""
        cards = {
            row["id"]: ProviderCard(ProviderKind.ORGANISATION, row["name"])
            for row in self._transaction.rows(_ORGANISATIONS, ids=list(ids))
        }
        for row in self._transaction.rows(_TEAMS, ids=list(ids)):
            cards[row["id"]] = ProviderCard(ProviderKind.TEAM, row["name"])
        people = {row["id"]: row["person"] for row in self._transaction.rows(_PEOPLE, ids=list(ids))}
        seen = People(self._transaction).names(set(people.values())) if self._transaction.scope.area else {}
        for resource, person in people.items():
            cards[resource] = ProviderCard(ProviderKind.PERSON, seen.get(person))
        return cards

    def naming(self, capability: str, *, after: str = "", limit: int) -> list[str]:
        """Return the ids of the entries whose cards name a capability, by id, beginning behind `after`."""
        rows = self._transaction.rows(_NAMING, capability=capability, after=after, limit=limit)
        return [row["id"] for row in rows]

    def rewrite_cards(self, ids: Sequence[str]) -> None:
        """Write the cards of these entries anew, under their locks: with the names of now."""
        self._transaction.do(_LOCK_ENTRIES, ids=sorted(ids), nonce=self._transaction.nonce)
        cards = cards_of(Loading(self._transaction), self.many(ids))
        self._transaction.do(_SET_CARDS, rows=[{"id": i, "card": card} for i, card in cards.items()])


def cards_of(loading: Loading, resources: Sequence[Resource]) -> dict[str, str]:
    """Return what each entry's card is searched by."""
    names = loading.names(schema.CAPABILITY, (p.capability for r in resources for p in r.provides))
    return {r.id: card_text(r.title, (names.get(p.capability) for p in r.provides), r.conditions) for r in resources}


def write_resources(loading: Loading, resources: Sequence[Resource]) -> int:
    """Write resources that do not exist yet with their relationships; return how many were new.

    Raises
    ------
    Erased
        A provider was erased.
    """
    if not resources:
        return 0
    cards = cards_of(loading, resources)

    def values(resource: Resource) -> dict[str, Any]:
        properties = {name: getattr(resource, name, None) for name in schema.RESOURCE.properties}
        return properties | {"windows": flatten(resource.windows), "card": cards[resource.id]}

    new = loading.nodes(schema.RESOURCE, [values(r) for r in resources])
    resources = loading.made(schema.RESOURCE, resources)
    loading.lock_people(r.provider for r in resources if r.provider_kind is ProviderKind.PERSON)
    for kind, node in (
        (ProviderKind.PERSON, schema.PERSON),
        (ProviderKind.ORGANISATION, schema.ORGANISATION),
        (ProviderKind.TEAM, schema.TEAM),
    ):
        loading.relationships(
            schema.LISTS,
            node,
            schema.RESOURCE,
            [(r.provider, r.id, {}) for r in resources if r.provider_kind is kind],
        )
    loading.relationships(
        schema.PROVIDES,
        schema.RESOURCE,
        schema.CAPABILITY,
        [
            (r.id, p.capability, {"level": p.level, "certificate_until": p.certificate_until})
            for r in resources
            for p in r.provides
        ],
    )
    loading.relationships(
        schema.REACHES, schema.RESOURCE, schema.AREA, [(r.id, a, {}) for r in resources for a in r.reaches]
    )
    return new
