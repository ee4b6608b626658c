"""Assignments, and the events and notices that every change of one writes with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graph import schema
from graph.elements import Node
from graph.model.assignments import RESERVING, TAKING, Assignment, AssignmentState, Event, Notice
from graph.model.needs import Urgency
from graph.model.times import from_milliseconds, to_milliseconds
from graph.store.errors import NotFound
from graph.store.transaction import Transaction

_CREATE = """
UNWIND $rows AS row MATCH (n:Need {id: row.need}) MATCH (b:Bucket {id: row.bucket})
CREATE (a:Assignment) SET a = row CREATE (a)-[:SERVES]->(n) CREATE (a)-[:USES]->(b)"""
_GET = "UNWIND $ids AS id MATCH (a:Assignment {id: id}) RETURN properties(a) AS assignment"
_GET_IN_SCOPE = """
MATCH (a:Assignment {id: $id}) WHERE ($provider IS NULL OR a.provider = $provider) AND ($area IS NULL
  OR EXISTS { (a)-[:SERVES]->(:Need)-[:IN_AREA]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area}) })
RETURN properties(a) AS assignment"""
_LOCK = "UNWIND $ids AS id MATCH (a:Assignment {id: id}) SET a.lock = $nonce"
_UPDATE = """
MATCH (a:Assignment {id: $id})
SET a.state = $state, a.waiting_for = $waiting_for, a.live_key = $live_key, a.rev = $rev"""
_HOLDING = """
UNWIND $ids AS id MATCH (b:Bucket {id: id})<-[:USES]-(a:Assignment)-[:SERVES]->(n:Need) WHERE a.state IN $states
RETURN n.id AS need, n.urgency AS urgency ORDER BY a.id"""
_LIVE = "UNWIND $keys AS key MATCH (a:Assignment {live_key: key}) RETURN key"
_PAGE_FILTER = """
WHERE ($state IS NULL OR a.state = $state) AND ($need IS NULL OR a.need = $need) AND a.id > $after
RETURN properties(a) AS assignment ORDER BY a.id LIMIT $limit"""
_PAGE_OF_PROVIDER = "MATCH (a:Assignment {provider: $provider})" + _PAGE_FILTER
_PAGE_OF_AREA = (
    "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(:Need)<-[:SERVES]-(a:Assignment)" + _PAGE_FILTER
)
_PAGE_OF_NEED = "MATCH (a:Assignment {need: $need})" + _PAGE_FILTER
_PAGE_EVERYWHERE = "MATCH (a:Assignment)" + _PAGE_FILTER
_OVERDUE = """
MATCH (a:Assignment) WHERE a.state = 'offered' AND a.expires < $now RETURN a.id AS id ORDER BY id LIMIT $limit"""
_DECLINED = """
MATCH (r:Resource {id: $resource}) MATCH (n:Need {id: $need})
MERGE (r)-[d:DECLINED]->(n) SET d.at = $at, d.need_terms = $terms"""
_DECLINED_PAIRS = """
UNWIND $ids AS id MATCH (r:Resource)-[d:DECLINED]->(n:Need {id: id})
RETURN r.id AS resource, n.id AS need, d.need_terms AS terms"""
_HISTORY = """
MATCH (e:Event {subject: $need}) RETURN properties(e) AS event
UNION ALL
MATCH (a:Assignment {need: $need}) MATCH (e:Event {subject: a.id}) RETURN properties(e) AS event"""

# The latest of either kind, then merged: what a person and what a need hides is asked for in the same way.
_SHOWINGS_FILTER = """
WITH DISTINCT e ORDER BY e.at DESC, e.id DESC LIMIT $limit RETURN properties(e) AS event"""
_SHOWN = """
MATCH (e:Event) WHERE e.verb IN $verbs
  AND ($before IS NULL OR e.at < $before OR (e.at = $before AND e.id < $before_id))"""
_OF_PEOPLE = """
MATCH (p:Person {id: e.subject})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(top:Area {id: $top}) WHERE l.until IS NULL"""
_OF_NEEDS = "\nMATCH (n:Need {id: e.subject})-[:IN_AREA]->(:Area)-[:PART_OF*0..6]->(top:Area {id: $top})"
_OF_ORGANISATIONS = """
MATCH (o:Organisation {id: e.subject})-[l:LOCATED_IN]->(:Area)-[:PART_OF*0..6]->(top:Area {id: $top})
WHERE l.until IS NULL"""
_OF_KEYS = """
MATCH (k:ApiKey {id: e.subject}) MATCH (:Area {id: k.area})-[:PART_OF*0..6]->(top:Area {id: $top})"""
_SHOWINGS = tuple(
    _SHOWN + where + "\nMATCH (top)-[:PART_OF*0..6]->(:Area {id: $area})" + _SHOWINGS_FILTER
    for where in (_OF_PEOPLE, _OF_NEEDS, _OF_ORGANISATIONS, _OF_KEYS)
)
_AT = "MATCH (e:Event {id: $id}) RETURN e.at AS at"
_HOLDS = [str(state) for state in sorted(RESERVING | TAKING)]
_SHOWING_VERBS = ["show_personal", "show_text", "show_contact", "export", "search_people"]


class Assignments:
    """Pairs of need and resource, in one transaction and one scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def create(self, assignments: Iterable[Assignment]) -> None:
        """Write new pairs; the caller holds the locks of their needs and buckets."""
        rows = [_encode(a) for a in assignments]
        self._transaction.do(_CREATE, rows=rows)

    def get(self, assignment: str) -> Assignment:
        """Return a pair.

        Raises
        ------
        NotFound
            It does not exist, or lies outside the scope.
        """
        scope = self._transaction.scope
        row = self._transaction.one(
            _GET_IN_SCOPE, id=assignment, provider=scope.provider, area=None if scope.provider else scope.area
        )
        if row is None:
            raise NotFound("no such assignment in your area", assignment=assignment)
        return _assignment(row["assignment"])

    def lock(self, assignment: str) -> Assignment:
        """Lock a pair and return it, read under the lock; its need and bucket are locked before it."""
        self._transaction.do(_LOCK, ids=[assignment], nonce=self._transaction.nonce)
        return self.many([assignment])[0]

    def many(self, ids: Sequence[str]) -> list[Assignment]:
        """Return pairs by their ids; for callers that have checked the scope."""
        return [_assignment(row["assignment"]) for row in self._transaction.rows(_GET, ids=list(ids))]

    def update(self, assignment: Assignment) -> None:
        """Write a pair's new state."""
        row = _encode(assignment)
        self._transaction.do(
            _UPDATE,
            id=row["id"],
            state=row["state"],
            waiting_for=row["waiting_for"],
            live_key=row.get("live_key"),
            rev=row["rev"],
        )

    def holding(self, buckets: Sequence[str]) -> list[tuple[str, Urgency]]:
        """Return the need and its urgency of each pair that reserves or takes units of these buckets, of any area."""
        rows = self._transaction.rows(_HOLDING, ids=list(buckets), states=_HOLDS)
        return [(row["need"], Urgency(row["urgency"])) for row in rows]

    def live(self, keys: Sequence[str]) -> set[str]:
        """Return those of the live keys that are in use."""
        return {row["key"] for row in self._transaction.rows(_LIVE, keys=list(keys))}

    def page(self, *, state: AssignmentState | None, need: str | None, after: str = "", limit: int) -> list[Assignment]:
        """Return pairs of the scope by id, beginning behind `after`; with `need`, in a scope already checked."""
        scope = self._transaction.scope
        filters: dict[str, Any] = {"state": state, "need": need, "after": after, "limit": limit}
        if scope.provider is not None:
            rows = self._transaction.rows(_PAGE_OF_PROVIDER, provider=scope.provider, **filters)
        elif need is not None:
            rows = self._transaction.rows(_PAGE_OF_NEED, **filters)
        elif scope.area is not None:
            rows = self._transaction.rows(_PAGE_OF_AREA, area=scope.area, **filters)
        else:
            rows = self._transaction.rows(_PAGE_EVERYWHERE, **filters)
        return [_assignment(row["assignment"]) for row in rows]

    def overdue(self, now: datetime, *, limit: int) -> list[str]:
        """Return the ids of offers whose time to answer is over."""
        rows = self._transaction.rows(_OVERDUE, now=to_milliseconds(now), limit=limit)
        return [row["id"] for row in rows]

    def mark_declined(self, resource: str, need: str, *, at: datetime, need_terms: int) -> None:
        """Note that this pair must not be offered again while the need's terms stay."""
        self._transaction.do(_DECLINED, resource=resource, need=need, at=to_milliseconds(at), terms=need_terms)

    def declined(self, needs: Sequence[str]) -> dict[tuple[str, str], int]:
        """Return (need, resource) → the need's terms when the pair was declined."""
        rows = self._transaction.rows(_DECLINED_PAIRS, ids=list(needs))
        return {(row["need"], row["resource"]): row["terms"] for row in rows}


class Events:
    """What happened, append only."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def append(self, events: Iterable[Event]) -> None:
        """Write events down."""
        _create(
            self._transaction,
            schema.EVENT,
            (
                {name: getattr(e, name) for name in _fields(schema.EVENT)} | {"id": f"{e.subject}|{e.seq}"}
                for e in events
            ),
        )

    def at(self, subject: str, seq: int) -> datetime | None:
        """Return when the event of this number happened, or None where there is none."""
        row = self._transaction.one(_AT, id=f"{subject}|{seq}")
        return None if row is None else from_milliseconds(row["at"])

    def history(self, need: str) -> list[Event]:
        """Return the events of a need and of its assignments, in the order they happened.

        The caller has checked the scope.
        """
        rows = self._transaction.rows(_HISTORY, need=need)
        events = [_event(row["event"]) for row in rows]
        # A need's own event comes before its pair's of the same instant: it was raised before it was offered.
        return sorted(events, key=lambda e: (e.at, e.subject != need, e.subject, e.seq))

    def showings(self, area: str | None, before: tuple[datetime, str] | None, *, limit: int) -> list[Event]:
        """Return who read what is personal below an area, or there searched people by a number, the latest first.

        Parameters
        ----------
        area
            None is the whole scope; outside the scope nothing was seen.
        before
            (at, `subject|seq`) of the last one of the page before.
        """
        within = self._transaction.people_area
        filters: dict[str, Any] = {
            "verbs": _SHOWING_VERBS,
            "top": area or within,
            "area": within,
            "before": to_milliseconds(before[0]) if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        }
        rows = [row["event"] for query in _SHOWINGS for row in self._transaction.rows(query, **filters)]
        rows.sort(key=lambda row: (row["at"], row["id"]), reverse=True)
        return [_event(row) for row in rows[:limit]]


class Notices:
    """The outbox."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def post(self, notices: Iterable[Notice]) -> None:
        """Write notices to be sent."""
        _create(
            self._transaction,
            schema.NOTICE,
            (
                {
                    "id": n.id,
                    "to": n.to,
                    "template": n.template,
                    "values": json.dumps(dict(n.values), ensure_ascii=False),
                    "due": n.due,
                    "state": "waiting",
                }
                for n in notices
            ),
        )


def _fields(node: Node) -> list[str]:
    return [name for name in node.properties if name != node.key]


def _create(transaction: Transaction, node: Node, values: Iterable[Mapping[str, Any]]) -> None:
    transaction.create(node.label, [node.encode(value) for value in values])


def _event(properties: Mapping[str, Any]) -> Event:
    values = schema.EVENT.decode(properties)
    del values["id"]  # follows from the rest
    return Event(**values)


def _encode(assignment: Assignment) -> dict[str, Any]:
    values = {name: getattr(assignment, name) for name in schema.ASSIGNMENT.properties}
    values["parts"] = None if assignment.parts is None else json.dumps(dict(assignment.parts))
    values["backups"] = json.dumps(assignment.backups) if assignment.backups else None
    return schema.ASSIGNMENT.encode(values)


def _assignment(properties: Mapping[str, Any]) -> Assignment:
    values = schema.ASSIGNMENT.decode(properties)
    del values["live_key"]  # follows from the rest
    values["parts"] = None if values["parts"] is None else json.loads(values["parts"])
    values["backups"] = () if values["backups"] is None else tuple(json.loads(values["backups"]))
    return Assignment(**values)
