"""What a person has in the graph: locked as one for an erasure, read as one for them to take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph import schema
from graph.elements import Node
from graph.model.assignments import LIVE
from graph.model.people import Team
from graph.model.resources import ResourceState
from graph.model.times import from_milliseconds
from graph.sealing import PUBLIC, owner_of
from graph.store.errors import Unsettled
from graph.store.needs import NeedCounters, Needs
from graph.store.people import People
from graph.store.teams import Teams
from graph.store.transaction import Transaction
from graph.store.vault import Vault

_ALONE = """
MATCH (:Person {id: $id})-[b:BELONGS_TO]->(h:Household) WHERE b.until IS NULL
OPTIONAL MATCH (h)<-[c:BELONGS_TO]-(q:Person) WHERE c.until IS NULL AND q.id <> $id AND q.erased = false
WITH h, count(q) AS others WHERE others = 0 RETURN h.id AS id"""
_NEEDS = "MATCH (:Person {id: $id})<-[:FOR_SUBJECT]-(n:Need) RETURN n.id AS id"
_NEEDS_OF_HOMES = "UNWIND $homes AS home MATCH (:Household {id: home})<-[:FOR_SUBJECT]-(n:Need) RETURN n.id AS id"
_TEAMS = "MATCH (:Person {id: $id})-[j:JOINED]->(t:Team) WHERE j.until IS NULL RETURN DISTINCT t.id AS id"
_RESOURCES = "MATCH (r:Resource {provider: $id}) RETURN r.id AS id"
_LOCK_RESOURCES = "UNWIND $ids AS id MATCH (r:Resource {id: id}) SET r.lock = $nonce"
_READ_RESOURCES = "UNWIND $ids AS id MATCH (r:Resource {id: id}) RETURN r.id AS id, r.state AS state, r.rev AS rev"
_WITHDRAW = """
UNWIND $rows AS row MATCH (r:Resource {id: row.id})
SET r.state = row.state, r.rev = row.rev, r.terms = r.terms + 1
SET r.title = $title, r.card = $title, r.conditions = null"""
_FORGOTTEN = "已删除"  # the title of what an erased person listed
_PAIRS_OF_NEEDS = "UNWIND $ids AS id MATCH (a:Assignment {need: id}) RETURN properties(a) AS found"
_PAIRS_OF_PROVIDER = "MATCH (a:Assignment {provider: $id}) RETURN properties(a) AS found"
_FORGET_FOCUS = "UNWIND $homes AS home MATCH (h:Household {id: home}) SET h.focus = []"
_PERSON = "MATCH (p:Person {id: $id}) RETURN properties(p) AS found"
_RELATIONSHIPS = """
MATCH (:Person {id: $id})-[r]->(n)
WHERE type(r) <> 'LISTS' AND (type(r) <> 'RULES_OUT' OR r.side = 'community')
RETURN type(r) AS type, labels(n) AS labels, n.id AS id,
  CASE WHEN n:Person THEN null ELSE n.name END AS name, r.since AS since, r.until AS until,
  r.agreement AS agreement ORDER BY type, since, id"""
_HOMES = """
MATCH (:Person {id: $id})-[b:BELONGS_TO]->(h:Household) WHERE b.until IS NULL
RETURN DISTINCT properties(h) AS found"""
_NEEDS_FOUND = "UNWIND $ids AS id MATCH (n:Need {id: id}) RETURN properties(n) AS found ORDER BY n.raised_at, n.id"
_RAISED = "MATCH (:Person {id: $id})<-[:RAISED_BY]-(n:Need) RETURN n.id AS id"
_RESOURCES_FOUND = "UNWIND $ids AS id MATCH (r:Resource {id: id}) RETURN properties(r) AS found ORDER BY r.id"
_EVENTS = """
UNWIND $ids AS id MATCH (e:Event {subject: id}) RETURN properties(e) AS found ORDER BY e.at, e.subject, e.seq"""


@dataclass(slots=True)
class ResourceCounters:
    """What an erasure needs to know of a resource; changed in place, then written back."""

    id: str
    state: ResourceState
    rev: int


@dataclass(frozen=True, slots=True)
class Belongings:
    """What an erasure decides on, read under the locks.

    Parameters
    ----------
    homes
        Households of theirs in which nobody else lives.
    needs, resources
        Needs for them or for such a household; what they list.
    teams
        That they are in.
    live
        Ids of the offered and active assignments of either, sorted.
    """

    homes: tuple[str, ...]
    needs: dict[str, NeedCounters]
    resources: dict[str, ResourceCounters]
    teams: tuple[Team, ...]
    live: tuple[str, ...]


class AllOfAPerson:
    """What one person has in the graph, in one transaction; the caller has found them in the scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def lock(self, person: str) -> Belongings:
        """Lock a person's needs, what they list, their teams, then the person; read all of it under the locks."""
        homes, needs, resources, teams = self._ids(person)
        needs_locked = Needs(self._transaction).lock(needs)
        self._transaction.do(_LOCK_RESOURCES, ids=resources, nonce=self._transaction.nonce)
        teams_locked = tuple(Teams(self._transaction).lock(team) for team in teams)
        People(self._transaction).lock(person)
        if self._ids(person) != (homes, needs, resources, teams):
            raise Unsettled("something of theirs was just recorded")
        rows = self._transaction.rows(_READ_RESOURCES, ids=resources)
        pairs = self._pairs(person, needs)
        return Belongings(
            homes=tuple(homes),
            needs=needs_locked,
            resources={row["id"]: ResourceCounters(row["id"], ResourceState(row["state"]), row["rev"]) for row in rows},
            teams=teams_locked,
            live=tuple(sorted(pair["id"] for pair in pairs if pair["state"] in LIVE)),
        )

    def withdraw(self, resources: Iterable[ResourceCounters]) -> None:
        """Write back what they list as it was changed under the lock, without the words that they gave it."""
        rows = [{"id": r.id, "state": str(r.state), "rev": r.rev} for r in resources]
        self._transaction.do(_WITHDRAW, rows=rows, title=_FORGOTTEN)

    def erase_homes(self, homes: Sequence[str]) -> None:
        """Forget what made households be kept in view, and destroy the key of what was recorded for them."""
        for home in homes:
            Vault(self._transaction).destroy(home)
        self._transaction.do(_FORGET_FOCUS, homes=list(homes))

    def everything(self, person: str) -> dict[str, Any]:
        """Return all that is kept of a person, as plain values; the caller writes down who took it.

        Raises
        ------
        KeyProblem
            The master key is another one.
        """
        own = self._transaction.rows(_PERSON, id=person)
        homes = self._transaction.rows(_HOMES, id=person)
        raised = [row["id"] for row in self._transaction.rows(_RAISED, id=person)]
        subject = {row["id"] for row in self._transaction.rows(_NEEDS, id=person)}
        at_home = self._transaction.rows(_NEEDS_OF_HOMES, homes=[row["found"]["id"] for row in homes])
        needs = sorted({*raised, *subject, *(row["id"] for row in at_home)})
        resources = [row["id"] for row in self._transaction.rows(_RESOURCES, id=person)]
        pairs = self._pairs(person, needs)
        mine = {person, PUBLIC, *(row["found"]["id"] for row in homes)}
        events = self._transaction.rows(_EVENTS, ids=[person, *needs, *resources, *(pair["id"] for pair in pairs)])
        return {
            "person": self._opened(schema.PERSON, own)[0],
            "relationships": [_relationship(row) for row in self._transaction.rows(_RELATIONSHIPS, id=person)],
            "households": [_plain(schema.HOUSEHOLD, row["found"]) for row in homes],
            "needs": self._opened(schema.NEED, self._transaction.rows(_NEEDS_FOUND, ids=needs), mine),
            "resources": [
                _plain(schema.RESOURCE, row["found"])
                for row in self._transaction.rows(_RESOURCES_FOUND, ids=sorted(resources))
            ],
            "assignments": [_plain(schema.ASSIGNMENT, pair) for pair in pairs],
            "events": [_plain(schema.EVENT, row["found"]) for row in events],
        }

    def _ids(self, person: str) -> tuple[list[str], list[str], list[str], list[str]]:
        homes = sorted(row["id"] for row in self._transaction.rows(_ALONE, id=person))
        own = self._transaction.rows(_NEEDS, id=person)
        at_home = self._transaction.rows(_NEEDS_OF_HOMES, homes=homes)
        resources = self._transaction.rows(_RESOURCES, id=person)
        teams = self._transaction.rows(_TEAMS, id=person)
        return (
            homes,
            sorted({row["id"] for row in (*own, *at_home)}),
            sorted(row["id"] for row in resources),
            sorted(row["id"] for row in teams),
        )

    def _pairs(self, person: str, needs: Sequence[str]) -> list[dict[str, Any]]:
        found = [
            *self._transaction.rows(_PAIRS_OF_NEEDS, ids=list(needs)),
            *self._transaction.rows(_PAIRS_OF_PROVIDER, id=person),
        ]
        by_id = {row["found"]["id"]: row["found"] for row in found}
        return [by_id[i] for i in sorted(by_id)]

    def _opened(
        self, node: Node, rows: Sequence[Mapping[str, Any]], owners: Iterable[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return nodes with their personal texts: of these owners only, for some may be about somebody else."""
        opened = Vault(self._transaction).open(node, [row["found"] for row in rows])
        allowed = None if owners is None else set(owners)
        plain = []
        for row, texts in zip(rows, opened, strict=True):
            shown = {
                name: text for name, text in texts.items() if allowed is None or owner_of(row["found"][name]) in allowed
            }
            plain.append(_plain(node, row["found"]) | shown)
        return plain


def _plain(node: Node, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node's properties as JSON has them, without secrets."""
    return {name: _json(value) for name, value in node.decode(properties).items()}


def _json(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(str(item) for item in value)
    return value.isoformat() if isinstance(value, date) else value  # an instant is a date too


def _relationship(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": row["type"],
        "to": {"kind": row["labels"][0], "id": row["id"], "name": row["name"]},
        "since": None if row["since"] is None else from_milliseconds(row["since"]).isoformat(),
        "until": None if row["until"] is None else from_milliseconds(row["until"]).isoformat(),
        "agreement": row["agreement"],
    }
