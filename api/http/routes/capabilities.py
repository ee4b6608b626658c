"""Capabilities (能力/物资): what can be asked and offered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, field_validator

from api.http.errors import problems
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import CardText, Id, Page, Shape
from graph.model.capabilities import Capability, CapabilityKind
from graph.store import Conflict, KeyReused, NotFound
from matching.errors import InvalidInput
from matching.use_cases import capabilities as use_cases
from matching.use_cases import places

router = APIRouter(tags=["capabilities"])

Name = Annotated[CardText, Field(min_length=1, max_length=50, examples=["水电维修"])]


class CapabilityShape(Shape):
    """What can be asked and offered."""

    id: str
    name: str
    kind: CapabilityKind
    unit: str
    is_a: list[str]


class PlacedShape(CapabilityShape):
    """A capability in its order."""

    general: Annotated[list[str], Field(description="All that whoever gives this one gives too.")]
    special: Annotated[list[str], Field(description="All that count as this one.")]

    @classmethod
    def of(cls, placed: use_cases.Placed) -> PlacedShape:
        """Return what of a capability goes over the wire."""
        values = CapabilityShape.model_validate(placed.capability).model_dump()
        return cls(**values, general=list(placed.general), special=list(placed.special))


class CapabilityIn(Shape):
    """A capability as it is added."""

    id: Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[a-z][a-z0-9_]*$", examples=["plumbing"])]
    name: Name
    kind: CapabilityKind
    unit: Annotated[CardText, Field(min_length=1, max_length=20, examples=["visit"])]
    is_a: Annotated[
        list[Id], Field(default_factory=list, max_length=10, description="The more general ones right above it.")
    ]

    @field_validator("is_a")
    @classmethod
    def _once(cls, is_a: list[str]) -> list[str]:
        if len(set(is_a)) != len(is_a):
            raise ValueError("a capability is named twice")
        return is_a


class CapabilityChanges(Shape):
    """What of a capability can be changed."""

    name: Name


@router.get("/capabilities", responses=problems())
def list_capabilities(parts: PartsDep, actor: ActorDep) -> Page[CapabilityShape]:
    """List every capability, on one page."""
    found = places.list_capabilities(parts.store, by=actor)
    return Page[CapabilityShape](items=[CapabilityShape.model_validate(c) for c in found])


@router.post("/capabilities", status_code=201, responses=problems(InvalidInput, KeyReused, Conflict))
def add_capability(body: CapabilityIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> PlacedShape:
    """Add a capability to the city's vocabulary."""
    added = Capability(**(body.model_dump() | {"is_a": tuple(body.is_a)}))
    return PlacedShape.of(use_cases.add_capability(parts.store, added, by=actor, key=key))


@router.get("/capabilities/{capability}", responses=problems(NotFound))
def get_capability(capability: str, parts: PartsDep, actor: ActorDep) -> PlacedShape:
    """Return one capability with all that is more general and more special."""
    return PlacedShape.of(use_cases.get_capability(parts.store, capability, by=actor))


@router.patch("/capabilities/{capability}", responses=problems(NotFound, InvalidInput, KeyReused, Conflict))
def rename_capability(
    capability: str, body: CapabilityChanges, parts: PartsDep, actor: ActorDep, key: KeyDep
) -> PlacedShape:
    """Give a capability another name."""
    return PlacedShape.of(use_cases.rename_capability(parts.store, capability, body.name, by=actor, key=key))
