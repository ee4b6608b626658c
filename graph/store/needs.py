"""Needs, as one transaction sees them, inside one scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from graph import schema
from graph.model.assignments import AssignmentState
from graph.model.needs import Need, NeedState, Required, Urgency
from graph.model.times import flatten, to_milliseconds, unflatten
from graph.sealing import PUBLIC
from graph.store.cards import card_text
from graph.store.errors import Erased, NotFound
from graph.store.loading import Loading, Rows
from graph.store.newest import Newest
from graph.store.transaction import Transaction
from graph.store.vault import Vault

_IN_SCOPE = """
MATCH (n:Need {id: $id}) WHERE $area IS NULL
  OR EXISTS { (n)-[:IN_AREA]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area}) }
RETURN count(n) AS found"""
_OF_PROVIDER = """
MATCH (a:Assignment {need: $id}) WHERE a.provider = $provider AND a.state IN $states
RETURN count(a) AS found"""
_GET = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->(a:Area)
OPTIONAL MATCH (n)-[:FOR_SUBJECT]->(s)
OPTIONAL MATCH (n)-[:RAISED_BY]->(w)
OPTIONAL MATCH (n)-[q:REQUIRES]->(c:Capability)
RETURN properties(n) AS need, a.id AS area, s.id AS subject, labels(s) AS subject_labels, w.id AS raiser,
  labels(w) AS raiser_labels, collect([c.id, q.level]) AS requires"""
_LISTED = "($state IS NULL OR n.state = $state) AND ($urgency IS NULL OR n.urgency = $urgency)"
_LOCK = "UNWIND $ids AS id MATCH (n:Need {id: id}) SET n.lock = $nonce"
_COUNTERS = """
UNWIND $ids AS id MATCH (n:Need {id: id})
RETURN n.id AS id, n.state AS state, n.quantity AS quantity, n.reserved AS reserved, n.taken AS taken,
  n.rev AS rev, n.terms AS terms, n.urgency AS urgency"""
_SET = """
UNWIND $rows AS row MATCH (n:Need {id: row.id})
SET n.reserved = row.reserved, n.taken = row.taken, n.rev = row.rev"""
_SET_STATES = "UNWIND $rows AS row MATCH (n:Need {id: row.id}) SET n.state = row.state, n.rev = row.rev"
_TEXT = "MATCH (n:Need {id: $id}) RETURN n.id AS id, n.text AS text"
_SHOWN = "MATCH (n:Need {id: $id}) SET n.lock = $nonce SET n.rev = n.rev + 1 RETURN n.rev AS rev"
_AREAS = "UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->(a:Area) RETURN n.id AS id, a.id AS area"
_CARDS = """
UNWIND $ids AS id MATCH (n:Need {id: id}) WHERE $area IS NULL
  OR EXISTS { (n)-[:IN_AREA]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area}) }
RETURN n.id AS id, n.title AS title"""
_NAMING = """
MATCH (:Capability {id: $capability})<-[:REQUIRES]-(n:Need) WHERE n.id > $after
RETURN n.id AS id ORDER BY id LIMIT $limit"""
_SET_CARDS = "UNWIND $rows AS row MATCH (n:Need {id: row.id}) SET n.card = row.card"


CONCERNED = frozenset(
    {AssignmentState.OFFERED, AssignmentState.ACTIVE, AssignmentState.DELIVERED, AssignmentState.CONFIRMED}
)
"""A provider sees a need while one of its pairs is in such a state, not once it has said no."""


@dataclass(slots=True)
class NeedCounters:
    """What a decision under the lock needs to know of a need; changed in place, then written back."""

    id: str
    state: NeedState
    urgency: Urgency
    quantity: int
    reserved: int
    taken: int
    rev: int
    terms: int

    @property
    def free(self) -> int:
        """Units that nobody has offered or accepted yet."""
        return self.quantity - self.reserved - self.taken


class Needs:
    """Needs as one transaction sees them, inside one scope.

    Staff see the needs of their area's subtree; a provider those that it is asked to serve, serves or has served.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, need: str) -> Need:
        """Return the need, without its full text.

        Raises
        ------
        NotFound
            It does not exist, or lies outside the scope (the caller can't tell which).
        """
        self.require_in_scope(need)
        return self.many([need])[0]

    def in_scope(self, need: str, *, provider_states: Collection[AssignmentState] = CONCERNED) -> bool:
        """Tell whether a need exists and lies in the scope.

        Parameters
        ----------
        provider_states
            For a provider: the states of its assignments that let it see the need.
        """
        scope = self._transaction.scope
        if scope.provider is not None:
            states = [str(state) for state in provider_states]
            row = self._transaction.one(_OF_PROVIDER, id=need, provider=scope.provider, states=states)
        else:
            row = self._transaction.one(_IN_SCOPE, id=need, area=scope.area)
        return row is not None and row["found"] > 0

    def require_in_scope(self, need: str, *, provider_states: Collection[AssignmentState] = CONCERNED) -> None:
        """Refuse a need that does not exist or lies outside the scope.

        Raises
        ------
        NotFound
            The caller can't tell which of the two.
        """
        if not self.in_scope(need, provider_states=provider_states):
            raise NotFound("no such need in your area", need=need)

    def many(self, ids: Sequence[str]) -> list[Need]:
        """Return needs in the order of their ids; for callers that have checked the scope."""
        rows = {row["need"]["id"]: row for row in self._transaction.rows(_GET, ids=list(ids))}
        return [_need(rows[i]) for i in ids if i in rows]

    def page(
        self,
        *,
        area: str | None,
        state: NeedState | None,
        urgency: Urgency | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Need]:
        """Return needs below an area, the latest first.

        Parameters
        ----------
        area
            In scope (the caller has checked); None is the whole scope.
        before
            (raised_at, id) of the last one of the page before.
        """
        found = Newest(self._transaction).page(
            _LISTED,
            area=area or self._transaction.scope.area,
            before=(to_milliseconds(before[0]), before[1]) if before else None,
            limit=limit,
            state=state,
            urgency=urgency,
        )
        return self.many([need for need, _ in found])

    def create(self, need: Need) -> None:
        """Write a new need; its text is encrypted.

        Raises
        ------
        NotFound
            Its area, person or a capability does not exist.
        """
        write_needs(Loading(self._transaction), [need])

    def lock(self, ids: Iterable[str]) -> dict[str, NeedCounters]:
        """Lock needs in the order of their ids and return what they hold, read under the locks.

        Needs are always locked before buckets, so that two writers never wait for each other.
        """
        ordered = sorted(set(ids))
        self._transaction.do(_LOCK, ids=ordered, nonce=self._transaction.nonce)
        rows = self._transaction.rows(_COUNTERS, ids=ordered)
        return {
            row["id"]: NeedCounters(**{**row, "state": NeedState(row["state"]), "urgency": Urgency(row["urgency"])})
            for row in rows
        }

    def set_counters(self, counters: Iterable[NeedCounters]) -> None:
        """Write back what was changed under the lock."""
        rows = [{"id": c.id, "reserved": c.reserved, "taken": c.taken, "rev": c.rev} for c in counters]
        self._transaction.do(_SET, rows=rows)

    def set_states(self, counters: Iterable[NeedCounters]) -> None:
        """Write back states that were changed under the lock."""
        rows = [{"id": c.id, "state": str(c.state), "rev": c.rev} for c in counters]
        self._transaction.do(_SET_STATES, rows=rows)

    def text(self, need: str) -> str:
        """Return the full words of a need; the caller has checked the scope and writes down the showing.

        Raises
        ------
        NotFound
            There is no such need.
        Erased
            The person whom it was for was erased.
        """
        row = self._transaction.one(_TEXT, id=need)
        if row is None:
            raise NotFound("no such need in your area", need=need)
        [opened] = Vault(self._transaction).open(schema.NEED, [row])
        if "text" not in opened:
            raise Erased("the person whom this need was for was erased, and its words with them", need=need)
        return opened["text"]

    def count_showing(self, need: str) -> int:
        """Raise the need's `rev` for a showing of its text and return it."""
        row = self._transaction.one(_SHOWN, id=need, nonce=self._transaction.nonce)
        return int(row["rev"]) if row else 0

    def areas_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the area of each need."""
        rows = self._transaction.rows(_AREAS, ids=list(ids))
        return {row["id"]: row["area"] for row in rows}

    def titles_in_scope(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the card's title of those needs that lie in the scope."""
        rows = self._transaction.rows(_CARDS, ids=list(ids), area=self._transaction.scope.area)
        return {row["id"]: row["title"] for row in rows}

    def naming(self, capability: str, *, after: str = "", limit: int) -> list[str]:
        """Return the ids of the needs whose cards name a capability, wherever they lie, beginning behind `after`."""
        rows = self._transaction.rows(_NAMING, capability=capability, after=after, limit=limit)
        return [row["id"] for row in rows]

    def rewrite_cards(self, ids: Sequence[str]) -> None:
        """Write the cards of these needs anew, under their locks: with the names of now."""
        self.lock(ids)
        cards = _cards(Loading(self._transaction), self.many(ids))
        self._transaction.do(_SET_CARDS, rows=[{"id": i, "card": card} for i, card in cards.items()])


def _cards(loading: Loading, needs: Sequence[Need]) -> dict[str, str]:
    """Return what each need's card is searched by."""
    grids = loading.grid_names(n.area for n in needs)
    names = loading.names(schema.CAPABILITY, (r.capability for n in needs for r in n.requires))
    return {n.id: card_text(n.title, (names.get(r.capability) for r in n.requires), grids.get(n.area)) for n in needs}


def _need(row: Mapping[str, Any]) -> Need:
    values = schema.NEED.decode(row["need"])
    values["windows"] = unflatten(values["windows"])
    requires = tuple(sorted((Required(c, level) for c, level in row["requires"]), key=lambda r: r.capability))
    del values["card"]  # follows from the rest
    subjects = {"Person": "person", "Household": "household", "Area": "place"}
    for label in row["subject_labels"] or ():
        values[subjects[label]] = row["subject"]
    raisers = {"Person": "raised_by", "Organisation": "raised_by_organisation"}
    for label in row["raiser_labels"] or ():
        values[raisers[label]] = row["raiser"]
    return Need(**values, area=row["area"], requires=requires)


def write_needs(loading: Loading, needs: Sequence[Need]) -> int:
    """Write needs that do not exist yet with their relationships; return how many were new.

    Raises
    ------
    Erased
        A resident whom one is for, or who raised it, was erased.
    """
    if not needs:
        return 0
    cards = _cards(loading, needs)

    def values(need: Need) -> dict[str, Any]:
        properties = {name: getattr(need, name, None) for name in schema.NEED.properties}
        return properties | {"windows": flatten(need.windows), "card": cards[need.id]}

    owners = [n.person or n.household or PUBLIC for n in needs]
    new = loading.nodes(schema.NEED, [values(n) for n in needs], owners)
    needs = loading.made(schema.NEED, needs)
    loading.lock_people(who for n in needs for who in (n.person, n.raised_by) if who)
    join = partial(loading.relationships, start=schema.NEED)
    join(
        schema.REQUIRES,
        end=schema.CAPABILITY,
        rows=[(n.id, r.capability, {"level": r.level}) for n in needs for r in n.requires],
    )
    join(schema.IN_AREA, end=schema.AREA, rows=[(n.id, n.area, {}) for n in needs])
    join(schema.FOR_SUBJECT, end=schema.PERSON, rows=[(n.id, n.person, {}) for n in needs if n.person])
    join(schema.FOR_SUBJECT, end=schema.HOUSEHOLD, rows=[(n.id, n.household, {}) for n in needs if n.household])
    join(schema.FOR_SUBJECT, end=schema.AREA, rows=[(n.id, n.place, {}) for n in needs if n.place])
    join(schema.RAISED_BY, end=schema.PERSON, rows=[(n.id, n.raised_by, {}) for n in needs if n.raised_by])
    by_organisation: Rows = [(n.id, n.raised_by_organisation, {}) for n in needs if n.raised_by_organisation]
    join(schema.RAISED_BY, end=schema.ORGANISATION, rows=by_organisation)
    return new
