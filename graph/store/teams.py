"""Volunteer teams and who has joined them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from graph import schema
from graph.model.needs import Field
from graph.model.people import Team
from graph.model.times import to_milliseconds
from graph.store.errors import NotFound
from graph.store.loading import Loading
from graph.store.organisations import write_teams
from graph.store.transaction import Transaction

_GET = """
UNWIND $ids AS id MATCH (t:Team {id: id})-[at:LOCATED_IN]->(a:Area) WHERE at.until IS NULL
RETURN properties(t) AS team, a.id AS area"""
_MEMBERS = """
UNWIND $ids AS id MATCH (t:Team {id: id})<-[j:JOINED]-(p:Person) WHERE j.until IS NULL
RETURN t.id AS team, p.id AS person ORDER BY person"""
_PAGE = """
MATCH (t:Team) WHERE t.id > $after AND ($field IS NULL OR t.field = $field)
RETURN t.id AS id ORDER BY t.id LIMIT $limit"""
_PAGE_OF_AREA = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[at:LOCATED_IN]-(t:Team)
WHERE at.until IS NULL AND t.id > $after AND ($field IS NULL OR t.field = $field)
RETURN t.id AS id ORDER BY t.id LIMIT $limit"""
_LOCK = "MATCH (t:Team {id: $id}) SET t.lock = $nonce"
_CHANGE = "MATCH (t:Team {id: $id}) SET t.name = $name, t.field = $field, t.verified = $verified, t.rev = $rev"
_LEAVE_PLACE = "MATCH (t:Team {id: $id})-[at:LOCATED_IN]->(:Area) WHERE at.until IS NULL SET at.until = $now"
_TAKE_PLACE = "MATCH (t:Team {id: $id}) MATCH (a:Area {id: $area}) CREATE (t)-[at:LOCATED_IN]->(a) SET at.since = $now"
_JOIN = "MATCH (t:Team {id: $id}) MATCH (p:Person {id: $person}) CREATE (p)-[j:JOINED]->(t) SET j.since = $now"
_LEAVE = """
MATCH (:Team {id: $id})<-[j:JOINED]-(:Person {id: $person}) WHERE j.until IS NULL SET j.until = $now"""


class Teams:
    """Teams, which every role may see; who is in one is a matter of the scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, team: str) -> Team:
        """Return a team with the ids of its members.

        Raises
        ------
        NotFound
            There is none.
        """
        found = self.many([team])
        if not found:
            raise NotFound("no such team; GET /teams lists them", team=team)
        return found[0]

    def many(self, ids: Sequence[str]) -> list[Team]:
        """Return teams with the ids of their members, in the order of their ids."""
        rows = {row["team"]["id"]: row for row in self._transaction.rows(_GET, ids=list(ids))}
        members: dict[str, list[str]] = {}
        for row in self._transaction.rows(_MEMBERS, ids=list(ids)):
            members.setdefault(row["team"], []).append(row["person"])
        return [_team(rows[i], members.get(i, [])) for i in ids if i in rows]

    def page(self, *, area: str | None, field: Field | None, after: str = "", limit: int) -> list[Team]:
        """Return teams by id, beginning behind `after`; below an area where one is given."""
        filters: dict[str, Any] = {"field": field, "after": after, "limit": limit}
        rows = (
            self._transaction.rows(_PAGE, **filters)
            if area is None
            else self._transaction.rows(_PAGE_OF_AREA, area=area, **filters)
        )
        return self.many([row["id"] for row in rows])

    def create(self, team: Team, *, at: datetime) -> None:
        """Write a new team with its members, who join it at this moment.

        Raises
        ------
        NotFound
            Its area or a member does not exist.
        """
        write_teams(Loading(self._transaction).beginning(at), [team])

    def lock(self, team: str) -> Team:
        """Lock a team and return it, read under the lock.

        Raises
        ------
        NotFound
            There is none.
        """
        self._transaction.do(_LOCK, id=team, nonce=self._transaction.nonce)
        return self.get(team)

    def change(self, before: Team, after: Team, *, at: datetime) -> None:
        """Write what differs; the caller holds the lock. Where it was and who has left is closed, and stays.

        Raises
        ------
        Erased
            Who joins was erased.
        """
        row = schema.TEAM.encode({name: getattr(after, name) for name in schema.TEAM.properties})
        self._transaction.do(_CHANGE, **row)
        now = to_milliseconds(at)
        if after.located_in != before.located_in:
            self._transaction.do(_LEAVE_PLACE, id=after.id, now=now)
            self._transaction.do(_TAKE_PLACE, id=after.id, area=after.located_in, now=now)
        for person in sorted(set(before.members) - set(after.members)):
            self._transaction.do(_LEAVE, id=after.id, person=person, now=now)
        joining = sorted(set(after.members) - set(before.members))
        Loading(self._transaction).lock_people(joining)
        for person in joining:
            self._transaction.do(_JOIN, id=after.id, person=person, now=now)


def _team(row: Mapping[str, Any], members: Sequence[str]) -> Team:
    return Team(**schema.TEAM.decode(row["team"]), located_in=row["area"], members=tuple(members))
