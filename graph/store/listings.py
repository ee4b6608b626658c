"""The list of what can be had (亮单): looked through, and changed under the locks that offers take too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph import schema
from graph.elements import Node
from graph.model.resources import Bucket, ProviderKind, Resource, ResourceState
from graph.model.times import flatten
from graph.store.errors import NotFound
from graph.store.loading import Loading
from graph.store.resources import Resources, cards_of, write_resources
from graph.store.transaction import Transaction

_HOMES = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p)-[at:LIVES_IN|LOCATED_IN]->(a:Area)
WHERE at.until IS NULL
OPTIONAL MATCH (a)-[:PART_OF]->(up:Area) WHERE a.kind = 'building'
RETURN r.id AS id, a.id AS area, coalesce(up.id, a.id) AS grid"""
_HOME = "MATCH (p:%s {id: $id})-[at:LIVES_IN|LOCATED_IN]->(a:Area) WHERE at.until IS NULL RETURN a.id AS area"
_PAGE = """
WHERE r.id > $after AND r.state = $state AND ($provider IS NULL OR r.provider = $provider)
{nearer}WITH DISTINCT r.id AS id ORDER BY id LIMIT $limit RETURN id"""
_ALL = "MATCH (r:Resource) "
_GIVING = "MATCH (:Capability {id: $capability})<-[:IS_A*0..9]-(:Capability)<-[:PROVIDES]-(r:Resource) "
_NEARER = """MATCH (r)<-[:LISTS]-(p)-[at:LIVES_IN|LOCATED_IN]->(a:Area) WHERE at.until IS NULL
MATCH (a)-[:PART_OF*0..6]->(:Area {id: $area})
"""
_LOCK = "MATCH (r:Resource {id: $id}) SET r.lock = $nonce"
_BUCKETS = """
MATCH (b:Bucket {resource: $id}) WHERE b.period >= $since
RETURN b.id AS id, b.resource AS resource, b.period AS period, b.capacity AS capacity,
  b.reserved AS reserved, b.taken AS taken ORDER BY id"""
_SET_CAPACITY = "UNWIND $rows AS row MATCH (b:Bucket {id: row.id}) SET b.capacity = row.capacity"
_CHANGE = "MATCH (r:Resource {id: $id}) SET r += $row"
_NO_LONGER_GIVEN = """
MATCH (:Resource {id: $id})-[p:PROVIDES]->(c:Capability) WHERE NOT c.id IN $kept DELETE p"""
_GIVEN = """
UNWIND $rows AS row MATCH (r:Resource {id: $id}) MATCH (c:Capability {id: row.capability})
MERGE (r)-[p:PROVIDES]->(c) SET p.level = row.level, p.certificate_until = row.certificate_until"""
_NO_LONGER_REACHED = "MATCH (:Resource {id: $id})-[x:REACHES]->(a:Area) WHERE NOT a.id IN $kept DELETE x"

_PROVIDERS: dict[ProviderKind, Node] = {
    ProviderKind.PERSON: schema.PERSON,
    ProviderKind.ORGANISATION: schema.ORGANISATION,
    ProviderKind.TEAM: schema.TEAM,
}


class Listings:
    """List entries as they are found, made and changed; public, whatever the scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def page(
        self,
        *,
        area: str | None,
        capability: str | None,
        provider: str | None,
        state: ResourceState,
        after: str = "",
        limit: int,
    ) -> list[Resource]:
        """Return entries by id, beginning behind `after`.

        Parameters
        ----------
        area
            Only of providers at home below it.
        capability
            Only of what gives it, or something more special.
        """
        query = (_ALL if capability is None else _GIVING) + _PAGE.format(nearer="" if area is None else _NEARER)
        filters: dict[str, Any] = {"state": str(state), "provider": provider, "after": after, "limit": limit}
        rows = self._transaction.rows(query, area=area, capability=capability, **filters)
        return Resources(self._transaction).many([row["id"] for row in rows])

    def homes(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return of each resource the area in which its provider is at home, and the grid as far as a card may say."""
        return {row["id"]: (row["area"], row["grid"]) for row in self._transaction.rows(_HOMES, ids=list(ids))}

    def provider(self, provider: str) -> tuple[ProviderKind, str]:
        """Return of what kind a provider is, and the area in which it is at home.

        Raises
        ------
        NotFound
            There is no person, organisation or team of this id.
        """
        for kind, node in _PROVIDERS.items():
            row = self._transaction.one(_HOME % node.label, id=provider)
            if row is not None:
                return kind, str(row["area"])
        raise NotFound("no such provider", provider=provider)

    def create(self, resource: Resource) -> None:
        """Write a new entry.

        Raises
        ------
        NotFound
            Its provider, a capability or an area does not exist.
        Erased
            Its provider was erased.
        """
        write_resources(Loading(self._transaction), [resource])

    def lock(self, resource: str) -> Resource:
        """Lock an entry and with it all its buckets, and return it, read under the lock.

        Whoever makes or writes a bucket locks its resource first (`Resources.lock_buckets`).

        Raises
        ------
        NotFound
            There is none.
        """
        self._transaction.do(_LOCK, id=resource, nonce=self._transaction.nonce)
        return Resources(self._transaction).get(resource)

    def buckets(self, resource: str, *, since: str) -> list[Bucket]:
        """Return an entry's buckets from a period on."""
        return [Bucket(**row) for row in self._transaction.rows(_BUCKETS, id=resource, since=since)]

    def set_capacities(self, capacities: dict[str, int]) -> None:
        """Write each bucket's capacity; the caller holds the locks."""
        rows = [{"id": bucket, "capacity": capacity} for bucket, capacity in capacities.items()]
        self._transaction.do(_SET_CAPACITY, rows=rows)

    def change(self, after: Resource) -> None:
        """Write an entry as it is to be; the caller holds the lock. Provider and period never change.

        Raises
        ------
        NotFound
            A capability or an area does not exist.
        Erased
            Its provider was erased.
        """
        loading = Loading(self._transaction)
        if after.provider_kind is ProviderKind.PERSON:
            loading.lock_people([after.provider])
        wanted = {p.capability for p in after.provides}
        if loading.existing(schema.CAPABILITY, sorted(wanted)) != wanted:
            raise NotFound("PROVIDES: a Capability of these does not exist", resource=after.id)
        card = cards_of(loading, [after])[after.id]
        values = {name: getattr(after, name, None) for name in schema.RESOURCE.properties}
        row = schema.RESOURCE.encode(values | {"windows": flatten(after.windows), "card": card})
        gone = {name: None for name in schema.RESOURCE.properties if name not in row}
        self._transaction.do(_CHANGE, id=after.id, row=row | gone)
        given = [
            {"capability": p.capability, "certificate_until": None}
            | schema.PROVIDES.encode({"level": p.level, "certificate_until": p.certificate_until})
            for p in after.provides
        ]
        self._transaction.do(_NO_LONGER_GIVEN, id=after.id, kept=[p.capability for p in after.provides])
        self._transaction.do(_GIVEN, id=after.id, rows=given)
        self._transaction.do(_NO_LONGER_REACHED, id=after.id, kept=list(after.reaches))
        loading.relationships(schema.REACHES, schema.RESOURCE, schema.AREA, [(after.id, a, {}) for a in after.reaches])
