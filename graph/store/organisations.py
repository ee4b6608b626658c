"""Organisations and teams: who helps without being one person. Both are public, but for whom to call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from graph import schema
from graph.model.people import Organisation, OrganisationKind, Team
from graph.model.times import to_milliseconds
from graph.store.errors import NotFound
from graph.store.loading import Loading, Rows
from graph.store.transaction import Transaction
from graph.store.vault import Vault

_GET = """
UNWIND $ids AS id MATCH (o:Organisation {id: id})-[at:LOCATED_IN]->(a:Area) WHERE at.until IS NULL
OPTIONAL MATCH (o)-[report:REPORTS_TO]->(to:Area) WHERE report.until IS NULL
RETURN properties(o) AS organisation, a.id AS area, to.id AS reports_to, report.agreement AS agreement"""
_PAGE = """
MATCH (o:Organisation) WHERE o.id > $after AND ($kind IS NULL OR o.kind = $kind)
RETURN o.id AS id ORDER BY o.id LIMIT $limit"""
_PAGE_OF_AREA = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[at:LOCATED_IN]-(o:Organisation)
WHERE at.until IS NULL AND o.id > $after AND ($kind IS NULL OR o.kind = $kind)
RETURN o.id AS id ORDER BY o.id LIMIT $limit"""
_LOCK = "MATCH (o:Organisation {id: $id}) SET o.lock = $nonce"
_CHANGE = """
MATCH (o:Organisation {id: $id})
SET o.name = $name, o.kind = $kind, o.verified = $verified, o.quota = $quota, o.rev = $rev"""
_SET_CONTACT = "MATCH (o:Organisation {id: $id}) SET o.contact = $contact"
_CLOSE = "MATCH (o:Organisation {id: $id})-[r:%s]->(:Area) WHERE r.until IS NULL SET r.until = $at"
_OPEN_LOCATION = """
MATCH (o:Organisation {id: $id}) MATCH (a:Area {id: $area}) CREATE (o)-[r:LOCATED_IN]->(a) SET r.since = $at"""
_OPEN_REPORT = """
MATCH (o:Organisation {id: $id}) MATCH (a:Area {id: $area}) CREATE (o)-[r:REPORTS_TO]->(a)
SET r.since = $at, r.agreement = $agreement"""
_CONTACT = "MATCH (o:Organisation {id: $id}) RETURN o.id AS id, o.contact AS contact"
_SHOWN = "MATCH (o:Organisation {id: $id}) SET o.lock = $nonce SET o.rev = o.rev + 1 RETURN o.rev AS rev"


class Organisations:
    """Organisations, which every role may see; whom to call is read apart."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, organisation: str) -> Organisation:
        """Return an organisation, without its contact.

        Raises
        ------
        NotFound
            There is none.
        """
        found = self.many([organisation])
        if not found:
            raise NotFound("no such organisation; GET /organisations lists them", organisation=organisation)
        return found[0]

    def many(self, ids: Sequence[str]) -> list[Organisation]:
        """Return organisations without their contacts, in the order of their ids."""
        rows = {row["organisation"]["id"]: row for row in self._transaction.rows(_GET, ids=list(ids))}
        return [_organisation(rows[i]) for i in ids if i in rows]

    def page(
        self, *, area: str | None, kind: OrganisationKind | None, after: str = "", limit: int
    ) -> list[Organisation]:
        """Return organisations by id, beginning behind `after`; below an area where one is given."""
        filters: dict[str, Any] = {"kind": kind, "after": after, "limit": limit}
        rows = (
            self._transaction.rows(_PAGE, **filters)
            if area is None
            else self._transaction.rows(_PAGE_OF_AREA, area=area, **filters)
        )
        return self.many([row["id"] for row in rows])

    def create(self, organisation: Organisation, *, at: datetime) -> None:
        """Write a new organisation, which is there from this moment on; its contact is encrypted.

        Raises
        ------
        NotFound
            Its area does not exist.
        """
        write_organisations(Loading(self._transaction).beginning(at), [organisation])

    def lock(self, organisation: str) -> Organisation:
        """Lock an organisation and return it, read under the lock.

        Raises
        ------
        NotFound
            There is none.
        """
        self._transaction.do(_LOCK, id=organisation, nonce=self._transaction.nonce)
        return self.get(organisation)

    def change(self, before: Organisation, after: Organisation, *, at: datetime) -> None:
        """Write what differs; the caller holds the lock.

        What has ended is closed and stays: where it was, to whom it reported, by which agreement.
        `after.contact` of None leaves the contact as it is.
        """
        row = schema.ORGANISATION.encode(
            {name: getattr(after, name) for name in ("id", "kind", "name", "verified", "quota", "rev")}
        )
        self._transaction.do(_CHANGE, **{"quota": None, **row})
        now = to_milliseconds(at)
        if after.contact is not None:
            sealer = Vault(self._transaction).sealers([after.id])[after.id]
            whole = {**row, "contact": after.contact}
            sealed = schema.ORGANISATION.encode(whole, sealer)["contact"]
            self._transaction.do(_SET_CONTACT, id=after.id, contact=sealed)
        if after.located_in != before.located_in:
            self._transaction.do(_CLOSE % "LOCATED_IN", id=after.id, at=now)
            self._transaction.do(_OPEN_LOCATION, id=after.id, area=after.located_in, at=now)
        if (after.reports_to, after.agreement) != (before.reports_to, before.agreement):
            self._transaction.do(_CLOSE % "REPORTS_TO", id=after.id, at=now)
            if after.reports_to is not None:
                checked = schema.REPORTS_TO.encode({"agreement": after.agreement})
                self._transaction.do(
                    _OPEN_REPORT, id=after.id, area=after.reports_to, agreement=checked.get("agreement"), at=now
                )

    def contact(self, organisation: str) -> str | None:
        """Return whom to call; None where nobody wrote it down. The caller writes down the showing."""
        row = self._transaction.one(_CONTACT, id=organisation)
        if row is None:
            return None
        [opened] = Vault(self._transaction).open(schema.ORGANISATION, [row], ["contact"])
        return opened.get("contact")

    def count_showing(self, organisation: str) -> int:
        """Raise the organisation's `rev` for a showing of its contact and return it."""
        row = self._transaction.one(_SHOWN, id=organisation, nonce=self._transaction.nonce)
        return int(row["rev"]) if row else 0


def _organisation(row: Mapping[str, Any]) -> Organisation:
    values = schema.ORGANISATION.decode(row["organisation"])
    return Organisation(**values, located_in=row["area"], reports_to=row["reports_to"], agreement=row["agreement"])


def write_organisations(loading: Loading, organisations: Sequence[Organisation]) -> int:
    """Write organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.ORGANISATION,
        [{name: getattr(o, name) for name in schema.ORGANISATION.properties} for o in organisations],
        [o.id for o in organisations],
    )
    organisations = loading.made(schema.ORGANISATION, organisations)
    loading.relationships(
        schema.LOCATED_IN, schema.ORGANISATION, schema.AREA, [(o.id, o.located_in, {}) for o in organisations]
    )
    reports: Rows = [(o.id, o.reports_to, {"agreement": o.agreement}) for o in organisations if o.reports_to]
    loading.relationships(schema.REPORTS_TO, schema.ORGANISATION, schema.AREA, reports)
    return new


def write_teams(loading: Loading, teams: Sequence[Team]) -> int:
    """Write teams that do not exist yet with their members; return how many were new.

    Raises
    ------
    Erased
        A member was erased.
    """
    new = loading.nodes(schema.TEAM, [{name: getattr(t, name) for name in schema.TEAM.properties} for t in teams])
    teams = loading.made(schema.TEAM, teams)
    loading.lock_people(member for t in teams for member in t.members)
    loading.relationships(schema.LOCATED_IN, schema.TEAM, schema.AREA, [(t.id, t.located_in, {}) for t in teams])
    members: Rows = [(member, t.id, {}) for t in teams for member in t.members]
    loading.relationships(schema.JOINED, schema.PERSON, schema.TEAM, members)
    return new
