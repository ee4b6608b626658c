"""Capabilities (能力/物资): what can be asked and offered, as a directed acyclic graph."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CapabilityKind(StrEnum):
    """What sort of thing is given."""

    SKILL = "skill"
    GOODS = "goods"
    VENUE = "venue"
    MONEY = "money"
    PRESENCE = "presence"  # a post to stand at, a visit


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that can be asked and offered.

    Parameters
    ----------
    id
        A slug, such as `plumbing`.
    unit
        What is counted: `visit`, `piece`, `hour`, `yuan`.
    is_a
        The more general capabilities that whoever gives this one gives too (水电维修 IS_A 维修).
    """

    id: str
    name: str
    kind: CapabilityKind
    unit: str
    is_a: tuple[str, ...] = ()
