"""Who is not to serve whom, and which needs do not go to one provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from graph import schema
from graph.model.assignments import RESERVING, TAKING, Side
from graph.model.exclusions import Exclusions, RuledOut
from graph.model.times import to_milliseconds
from graph.store.errors import NotFound, Unsettled
from graph.store.loading import Loading, Rows
from graph.store.needs import NeedCounters, Needs
from graph.store.transaction import PIECE, Transaction, chunks

_OF_NEED = "MATCH (n:Need {id: id})-[x:RULES_OUT]->(p) WHERE x.until IS NULL"
_OF_SUBJECT = "MATCH (n:Need {id: id})-[:FOR_SUBJECT]->(s)-[x:RULES_OUT]->(p) WHERE x.until IS NULL"
_OF_HOUSEHOLD = """MATCH (n:Need {id: id})-[:FOR_SUBJECT]->(:Person)-[b:BELONGS_TO]->(:Household)-[x:RULES_OUT]->(p)
WHERE x.until IS NULL AND b.until IS NULL"""
_HELD_BY = """MATCH (n:Need {id: id})-[x:APART_FROM]-(:Need)<-[:SERVES]-(a:Assignment)
WHERE x.until IS NULL AND a.state IN $states"""
_RULED_OUT = "\nUNION ALL\n".join(
    f"UNWIND $ids AS id {where} RETURN n.id AS need, {provider} AS provider"
    for where, provider in (
        (_OF_NEED, "p.id"),
        (_OF_SUBJECT, "p.id"),
        (_OF_HOUSEHOLD, "p.id"),
        (_HELD_BY, "a.provider"),
    )
)
_APART = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[x:APART_FROM]-(m:Need) WHERE x.until IS NULL
RETURN collect(n.id) AS left, collect(m.id) AS right"""
_LISTED = tuple(
    f"UNWIND [$id] AS id {where} RETURN p.id AS provider, x.side AS side" for where in (_OF_NEED, _OF_SUBJECT)
)
_SUBJECT = "MATCH (:Need {id: $id})-[:FOR_SUBJECT]->(s) RETURN labels(s)[0] AS label, s.id AS id"
_CONCERNED = (
    "MATCH (:Need {id: $id})-[:FOR_SUBJECT]->(s)<-[:FOR_SUBJECT]-(n:Need) RETURN n.id AS id",
    """MATCH (:Need {id: $id})-[:FOR_SUBJECT]->(:Household)<-[b:BELONGS_TO]-(:Person)<-[:FOR_SUBJECT]-(n:Need)
    WHERE b.until IS NULL RETURN n.id AS id""",
)
_CLOSE = """
MATCH (s:%s {id: $start})-[x:RULES_OUT]->(p) WHERE p.id = $provider AND x.until IS NULL SET x.until = $at"""
_PROVIDER = "MATCH (p:%s {id: $id}) RETURN p.id AS id"
_JOIN_APART = """
MATCH (n:Need {id: $one}) MATCH (m:Need {id: $other}) CREATE (n)-[x:APART_FROM]->(m) SET x.since = $at"""
_PART = """
MATCH (:Need {id: $one})-[x:APART_FROM]-(:Need {id: $other}) WHERE x.until IS NULL SET x.until = $at"""
_HOLDING = sorted(str(state) for state in RESERVING | TAKING)
_PROVIDERS = (schema.PERSON, schema.ORGANISATION, schema.TEAM)
_SUBJECTS = ("Person", "Household")


class ExclusionsOfNeeds:
    """Exclusions in one transaction; whoever writes them has locked the needs that they are about."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, need: str) -> Exclusions:
        """Return what was ruled out for a need or its subject, and which needs are kept apart from it."""
        providers = [
            RuledOut(row["provider"], Side(row["side"]), always)
            for query, always in zip(_LISTED, (False, True), strict=True)
            for row in self._transaction.rows(query, id=need)
        ]
        ordered = sorted(providers, key=lambda p: (p.provider, p.side, p.always))
        return Exclusions(need, tuple(ordered), tuple(sorted(m for _, m in self.apart([need]))))

    def apart(self, needs: Sequence[str]) -> set[tuple[str, str]]:
        """Return (need, other) of all that do not go to one provider with one of these."""
        found = self._transaction.columns(_APART, needs)
        return set(zip(found["left"], found["right"], strict=True))

    def lock(self, needs: Sequence[str]) -> tuple[dict[str, NeedCounters], set[tuple[str, str]]]:
        """Lock needs with those that are kept apart from them, and return what they hold and which these are.

        Two offers of one provider, for a need each, must not pass each other.
        """
        apart = self.apart(needs)
        locked = Needs(self._transaction).lock({*needs, *(other for _, other in apart)})
        if self.apart(needs) != apart:
            raise Unsettled("needs were just kept apart")
        return locked, apart

    def ruled_out(self, needs: Sequence[str]) -> set[tuple[str, str]]:
        """Return (need, provider) of all that may not be offered: ruled out, or serving what is kept apart from it."""
        return {
            (row["need"], row["provider"])
            for some in chunks(needs, PIECE)
            for row in self._transaction.rows(_RULED_OUT, ids=list(some), states=_HOLDING)
        }

    def concerned(self, need: str) -> list[str]:
        """Return the ids of the needs of the same person, or of the household and its members, itself among them."""
        found = {row["id"] for query in _CONCERNED for row in self._transaction.rows(query, id=need)}
        return sorted(found | {need})

    def rule_out(self, need: str, ruled_out: RuledOut, *, at: datetime) -> None:
        """Note who is not to serve a need, or its subject.

        Raises
        ------
        NotFound
            There is no such provider, or the need is for nobody of whom it could always be so.
        """
        self.lift(need, ruled_out, at=at)  # only one stands
        label, start = self._start(need, ruled_out)
        ends = [p.label for p in _PROVIDERS if self._transaction.one(_PROVIDER % p.label, id=ruled_out.provider)]
        if not ends:
            raise NotFound("no such provider", provider=ruled_out.provider)
        side = schema.RULES_OUT.encode({"side": ruled_out.side})["side"]
        query = f"MATCH (s:{label} {{id: $start}}) MATCH (p:{ends[0]} {{id: $end}}) CREATE (s)-[x:RULES_OUT]->(p) "
        query += "SET x.side = $side, x.since = $at"
        self._transaction.do(query, start=start, end=ruled_out.provider, side=side, at=to_milliseconds(at))

    def lift(self, need: str, ruled_out: RuledOut, *, at: datetime) -> None:
        """End it; where there is none nothing is changed."""
        label, start = self._start(need, ruled_out)
        now = to_milliseconds(at)
        self._transaction.do(_CLOSE % label, start=start, provider=ruled_out.provider, at=now)

    def keep_apart(self, need: str, other: str, *, at: datetime) -> None:
        """Note that two needs do not go to one provider."""
        self.lift_apart(need, other, at=at)
        one, two = sorted((need, other))
        self._transaction.do(_JOIN_APART, one=one, other=two, at=to_milliseconds(at))

    def lift_apart(self, need: str, other: str, *, at: datetime) -> None:
        """End that; where they are not kept apart nothing is changed."""
        self._transaction.do(_PART, one=need, other=other, at=to_milliseconds(at))

    def _start(self, need: str, ruled_out: RuledOut) -> tuple[str, str]:
        if not ruled_out.always:
            return "Need", need
        row = self._transaction.one(_SUBJECT, id=need)
        if row is None or row["label"] not in _SUBJECTS:
            raise NotFound("the need is for no person or household; rule it out for this need alone", need=need)
        return row["label"], row["id"]


def write_ruled_out(loading: Loading, pairs: Iterable[tuple[str, str]]) -> int:
    """Write which people (the first) want which other people never to serve them; return how many were new."""
    rows: Rows = [(person, provider, {"side": Side.COMMUNITY}) for person, provider in pairs]
    return loading.relationships(schema.RULES_OUT, schema.PERSON, schema.PERSON, rows)


def write_apart(loading: Loading, pairs: Iterable[tuple[str, str]]) -> int:
    """Write which needs do not go to one provider, each pair once; return how many were new."""
    ordered: Rows = [(min(pair), max(pair), {}) for pair in pairs]
    return loading.relationships(schema.APART_FROM, schema.NEED, schema.NEED, ordered)
