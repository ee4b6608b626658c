"""Plans with their pages, and the lease under which one is written back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from graph import schema
from graph.model.plans import (
    Bottleneck,
    Change,
    Findings,
    KeptFloor,
    Plan,
    PlannedPair,
    PlanState,
    Served,
    Shortage,
    Sole,
    UnmetNeed,
    Worth,
)
from graph.model.times import from_milliseconds, to_milliseconds
from graph.store.errors import LeaseHeld, LeaseLost, NotFound
from graph.store.transaction import Transaction

PAGE_ROWS = 1000  # pairs a page, and so a transaction of the write-back: 0.1 s of locks, measured

_CREATE = "MERGE (p:Plan {id: $row.id}) ON CREATE SET p = $row"
_ADD_PAGE = "MERGE (p:PlanPage {id: $row.id}) ON CREATE SET p = $row"
_STATE = """
MATCH (p:Plan {id: $id}) SET p.lock = $nonce
WITH p WHERE p.state <> 'abandoned' SET p.state = $state"""
_FINISH = "MATCH (p:Plan {id: $id}) SET p.state = 'published', p.seconds = $seconds"
_ABANDON = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) MATCH (p:Plan {area: a.id})
WHERE p.state IN ['draft', 'publishing'] AND p.id <> $id SET p.lock = $nonce
WITH p WHERE p.state IN ['draft', 'publishing'] SET p.state = 'abandoned', p.fence = p.fence + 1"""
_GET = "MATCH (p:Plan {id: $id}) RETURN properties(p) AS plan"
_OF_NIGHT = """
MATCH (p:Plan {area: $area, night: $night}) RETURN properties(p) AS plan ORDER BY plan.number"""
_PAGE = "MATCH (p:PlanPage {id: $id}) RETURN p.rows AS rows"
_PAGES = "MATCH (p:PlanPage {plan: $id}) WHERE p.kind = 'pairs' RETURN count(p) AS pages"
_LIST = """
MATCH (p:Plan) WHERE p.state <> 'draft'
  AND p.area IN $areas AND ($before IS NULL OR p.made_at < $before OR (p.made_at = $before AND p.id < $before_id))
RETURN properties(p) AS plan ORDER BY p.made_at DESC, p.id DESC LIMIT $limit"""
_LIST_EVERYWHERE = _LIST.replace("p.area IN $areas AND", "")
_SCOPE_AREAS = """
MATCH (a:Area {id: $area})<-[:PART_OF*0..6]-(below:Area) RETURN below.id AS id
UNION MATCH (a:Area {id: $area})-[:PART_OF*0..6]->(above:Area) RETURN above.id AS id"""
_TAKE = """
MERGE (l:Lease {id: $name}) ON CREATE SET l.holder = '', l.until = 0
SET l.lock = $nonce RETURN l.holder AS holder, l.until AS until"""
_HOLD = "MATCH (l:Lease {id: $name}) SET l.holder = $holder, l.until = $until"
_RAISE_FENCE = """
MATCH (p:Plan {id: $id}) SET p.lock = $nonce
WITH p WHERE p.state = 'publishing' SET p.fence = p.fence + 1
RETURN p.fence AS fence, p.next_page AS next_page"""
_FENCE = "MATCH (p:Plan {id: $id}) SET p.lock = $nonce RETURN p.fence AS fence, p.next_page AS next_page"
_ADVANCE = """
MATCH (p:Plan {id: $id})
SET p.next_page = $next, p.written = p.written + $written, p.skipped = p.skipped + $skipped"""


class Plans:
    """Plans in one transaction and one scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def create(self, plan: Plan) -> None:
        """Write a plan's record; a second time changes nothing."""
        values = asdict(plan) | {
            "figures": json.dumps(plan.figures),
            "seconds": json.dumps(plan.seconds),
            "findings": None if plan.findings is None else json.dumps(asdict(plan.findings)),
        }
        row = schema.PLAN.encode(values)
        self._transaction.do(_CREATE, row=row)

    def add_page(
        self,
        plan: str,
        number: int,
        rows: Sequence[PlannedPair] | Sequence[UnmetNeed] | Sequence[Bottleneck],
        kind: str,
    ) -> None:
        """Store one page of a draft: at most `PAGE_ROWS` of its `pairs`, `unmet` needs or `bottlenecks`."""
        row = {
            "id": f"{plan}|{kind}|{number}",
            "plan": plan,
            "kind": kind,
            "number": number,
            "rows": json.dumps([asdict(r) for r in rows], ensure_ascii=False, separators=(",", ":")),
        }
        self._transaction.do(_ADD_PAGE, row=schema.PLAN_PAGE.encode(row))

    def set_state(self, plan: str, state: PlanState) -> None:
        """Move a plan on; one that was given up stays so."""
        self._transaction.do(_STATE, id=plan, state=str(state), nonce=self._transaction.nonce)

    def finish(self, plan: str, *, seconds: Mapping[str, float]) -> None:
        """Mark a plan as written back, with the time each stage took."""
        self._transaction.do(_FINISH, id=plan, seconds=json.dumps(dict(seconds)))

    def abandon_others(self, plan: str, area: str) -> None:
        """Give up the other unfinished plans of an area and of what lies below: this one plans anew what they left.

        The caller holds the lease. Their fence is raised, so that whoever was writing one of them writes nothing more.
        """
        self._transaction.do(_ABANDON, id=plan, area=area, nonce=self._transaction.nonce)

    def get(self, plan: str) -> Plan:
        """Return a plan whose area lies in the scope or above it.

        Raises
        ------
        NotFound
            It does not exist, is still being made, or concerns another area.
        """
        row = self._transaction.one(_GET, id=plan)
        found = None if row is None else _plan(row["plan"])
        areas = self._areas()
        if found is None or found.state is PlanState.DRAFT or (areas is not None and found.area not in areas):
            raise NotFound("no such plan for your area", plan=plan)
        return found

    def of_night(self, area: str, night: date) -> list[Plan]:
        """Return the plans of one scope and date, the first first."""
        rows = self._transaction.rows(_OF_NIGHT, area=area, night=night.isoformat())
        return [_plan(row["plan"]) for row in rows]

    def page(self, *, before: tuple[datetime, str] | None, limit: int) -> list[Plan]:
        """Return plans that concern the scope, the latest first."""
        areas = self._areas()
        filters: dict[str, Any] = {
            "before": to_milliseconds(before[0]) if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        }
        rows = (
            self._transaction.rows(_LIST_EVERYWHERE, **filters)
            if areas is None
            else self._transaction.rows(_LIST, areas=sorted(areas), **filters)
        )
        return [_plan(row["plan"]) for row in rows]

    def _areas(self) -> set[str] | None:
        top = self._transaction.scope.area
        if top is None:
            return None
        return {row["id"] for row in self._transaction.rows(_SCOPE_AREAS, area=top)}

    def pairs(self, plan: str, number: int) -> list[PlannedPair]:
        """Return one page of the pairs that a plan wants offered."""
        rows = self._rows(plan, "pairs", number)
        return [PlannedPair(**{**row, "backups": tuple(row.get("backups", ()))}) for row in rows]

    def pages(self, plan: str) -> int:
        """Return how many pages of pairs a plan has: they may have been stored with another length of page."""
        row = self._transaction.one(_PAGES, id=plan)
        return int(row["pages"]) if row else 0

    def unmet(self, plan: str) -> Iterator[UnmetNeed]:
        """Yield the needs that a plan leaves, page by page, by id."""
        number = 0
        while rows := self._rows(plan, "unmet", number):
            yield from (UnmetNeed(**row) for row in rows)
            number += 1

    def bottlenecks(self, plan: str) -> Iterator[Bottleneck]:
        """Yield what the needs lack that a plan leaves, page by page, those of the most units first."""
        number = 0
        while rows := self._rows(plan, "bottlenecks", number):
            for row in rows:
                made = row["changes"]
                yield Bottleneck(**{**row, "changes": None if made is None else tuple(Change(**one) for one in made)})
            number += 1

    def _rows(self, plan: str, kind: str, number: int) -> list[dict[str, Any]]:
        row = self._transaction.one(_PAGE, id=f"{plan}|{kind}|{number}")
        return [] if row is None else json.loads(row["rows"])

    def raise_fence(self, plan: str) -> tuple[int, int]:
        """Take over a plan's write-back: return the new fence and the next page to write.

        Raises
        ------
        LeaseLost
            Somebody else has finished it, or given it up, meanwhile.
        """
        row = self._transaction.one(_RAISE_FENCE, id=plan, nonce=self._transaction.nonce)
        if row is None:
            raise LeaseLost("another run has just finished this plan, or planned anew; run it again", plan=plan)
        return int(row["fence"]), int(row["next_page"])

    def require_fence(self, plan: str, fence: int) -> int:
        """Lock the plan, refuse a lower fence than its own, and return the next page to write.

        Raises
        ------
        LeaseLost
            Somebody took over.
        """
        row = self._transaction.one(_FENCE, id=plan, nonce=self._transaction.nonce)
        if row is None or row["fence"] != fence:
            raise LeaseLost("another run took over this plan; nothing more was written by this one", plan=plan)
        return int(row["next_page"])

    def advance(self, plan: str, *, next_page: int, written: int, skipped: int) -> None:
        """Move the cursor behind a page."""
        self._transaction.do(_ADVANCE, id=plan, next=next_page, written=written, skipped=skipped)


class Leases:
    """Who is at it. The fence, not the clock, is what keeps a late writer out."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def take(self, name: str, holder: str, *, now: datetime, until: datetime) -> None:
        """Take or prolong a lease.

        Raises
        ------
        LeaseHeld
            Another holder has it; carries until when.
        """
        row = self._transaction.one(_TAKE, name=name, nonce=self._transaction.nonce)
        if row is not None and row["holder"] not in ("", holder) and row["until"] > to_milliseconds(now):
            end = from_milliseconds(row["until"])
            raise LeaseHeld(
                f"another {name} run is at work; its lease lasts until {end.isoformat()}. Try again after that.",
                until=end.isoformat(),
            )
        self._transaction.do(_HOLD, name=name, holder=holder, until=to_milliseconds(until))

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing where it is another's by now."""
        row = self._transaction.one(_TAKE, name=name, nonce=self._transaction.nonce)
        if row is not None and row["holder"] == holder:
            self._transaction.do(_HOLD, name=name, holder="", until=0)


def _plan(properties: Mapping[str, Any]) -> Plan:
    values = schema.PLAN.decode(properties)
    values["figures"] = json.loads(values["figures"])
    values["seconds"] = json.loads(values["seconds"])
    if values["findings"] is not None:
        found = json.loads(values["findings"])
        found["served"] = tuple(Served(**row) for row in found["served"])
        for name in ("people", "resources"):
            found[name] = tuple(Worth(**row) for row in found[name])
        for name, kind in (("floors", KeptFloor), ("shortages", Shortage), ("sole", Sole)):
            found[name] = tuple(kind(**row) for row in found.get(name, ()))
        values["findings"] = Findings(**found)
    return Plan(**values)


def paged(rows: Iterable[Any]) -> list[list[Any]]:
    """Return rows in pages of `PAGE_ROWS`; pairs of one group stay on one page."""
    pages: list[list[Any]] = []
    for row in rows:
        group = getattr(row, "group", None)
        joined = group is not None and pages and pages[-1][-1].group == group
        if not pages or (len(pages[-1]) >= PAGE_ROWS and not joined):
            pages.append([])
        pages[-1].append(row)
    return pages
