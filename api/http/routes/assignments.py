"""Assignments (派单 → 接单): offer, accept, decline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import Cursor, Id, Instant, Limit, Page, Shape, Whole, after_of, cursor_of
from graph.model.actors import Actor, Role
from graph.model.assignments import Assignment, AssignmentState, Side
from graph.store import Conflict, KeyReused, NotFound
from matching.errors import Expired, InvalidInput, NotAMatch, QuotaUsed, Taken, WrongState
from matching.lifecycle import DeclineReason
from matching.use_cases import answers, offers
from matching.use_cases import assignments as use_cases

router = APIRouter(tags=["assignments"])


class OfferIn(Shape):
    """A resource that staff dispatch to a need (派单)."""

    need: Id
    resource: Id
    quantity: Annotated[Whole, Field(ge=1, le=1000)] = 1


class AcceptIn(Shape):
    """A yes (接单)."""

    side: Annotated[
        Side, Field(description="For whom you speak; staff may speak for a provider (by telephone), which is recorded.")
    ]


class DeclineIn(AcceptIn):
    """A no, with its reason."""

    reason: DeclineReason


class AssignmentShape(Shape):
    """A pair of need and resource."""

    id: str
    need: str
    resource: str
    period: Annotated[str, Field(examples=["2026-W48"])]
    quantity: int
    state: AssignmentState
    waiting_for: Annotated[list[Side], Field(description="Sides that must still say yes.")]
    made_at: Instant
    expires: Instant
    plan: Annotated[str | None, Field(description="The plan that made it; null where a person did.")]
    parts: dict[str, int] | None
    backups: Annotated[
        list[str] | None,
        Field(description="Resources that the plan would offer next, should the answer be no; null for providers."),
    ]
    rev: int

    @classmethod
    def of(cls, assignment: Assignment, by: Actor) -> AssignmentShape:
        """Return what of a pair goes over the wire."""
        return cls(
            id=assignment.id,
            need=assignment.need,
            resource=assignment.resource,
            period=assignment.bucket.rsplit("|", 1)[1],
            quantity=assignment.quantity,
            state=assignment.state,
            waiting_for=sorted(assignment.waiting_for),
            made_at=assignment.made_at,
            expires=assignment.expires,
            plan=assignment.plan,
            parts=dict(assignment.parts) if assignment.parts is not None else None,
            backups=None if by.role is Role.PROVIDER else list(assignment.backups),
            rev=assignment.rev,
        )


@router.post(
    "/assignments",
    status_code=201,
    responses=problems(NotFound, NotAMatch, Taken, QuotaUsed, WrongState, InvalidInput, KeyReused, Conflict),
)
def make_offer(body: OfferIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> AssignmentShape:
    """Make an offer (派单): the community's yes is given with it, the provider is asked."""
    made = offers.make_offer(
        parts.store,
        need=body.need,
        resource=body.resource,
        quantity=body.quantity,
        by=actor,
        key=key,
        clock=parts.clock,
    )
    response.headers["Location"] = f"/api/v1/assignments/{made.id}"
    return AssignmentShape.of(made, actor)


@router.get("/assignments", responses=problems(NotFound, InvalidInput))
def list_assignments(
    parts: PartsDep,
    actor: ActorDep,
    need: Annotated[str | None, Query(max_length=100)] = None,
    state: AssignmentState | None = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[AssignmentShape]:
    """List the assignments of your scope; a provider's are its own."""
    found = use_cases.list_assignments(
        parts.store, need=need, state=state, after=after_of(cursor), limit=limit + 1, by=actor
    )
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page[AssignmentShape](items=[AssignmentShape.of(a, actor) for a in found[:limit]], next=more)


@router.get("/assignments/{assignment}", responses=problems(NotFound))
def get_assignment(assignment: str, parts: PartsDep, actor: ActorDep) -> AssignmentShape:
    """Return one assignment."""
    return AssignmentShape.of(use_cases.get_assignment(parts.store, assignment, by=actor), actor)


@router.post(
    "/assignments/{offer}/accept",
    responses=problems(NotFound, WrongState, Expired, InvalidInput, KeyReused, Conflict),
)
def accept_offer(offer: str, body: AcceptIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> AssignmentShape:
    """Say yes (接单): once both sides have, the offer is active and takes what it had reserved."""
    accepted = answers.accept(parts.store, offer, side=body.side, by=actor, key=key, clock=parts.clock)
    return AssignmentShape.of(accepted, actor)


@router.post(
    "/assignments/{offer}/decline",
    responses=problems(NotFound, WrongState, Expired, InvalidInput, KeyReused, Conflict),
)
def decline_offer(offer: str, body: DeclineIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> AssignmentShape:
    """Say no: what was reserved is free again, and the pair is not offered again while the need stays as it is."""
    declined = answers.decline(
        parts.store, offer, side=body.side, reason=body.reason, by=actor, key=key, clock=parts.clock
    )
    return AssignmentShape.of(declined, actor)
