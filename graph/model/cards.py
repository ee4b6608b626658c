"""Public cards: what every role may read of a need or a resource, in its scope or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from graph.model.times import Windows


class CardKind(StrEnum):
    """What a card speaks of."""

    NEED = "need"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Card:
    """A public card: no person, no building, no words but the title.

    Parameters
    ----------
    subject
        The need's or resource's id.
    capabilities
        Ids, sorted: all that a need asks for; all that a resource gives.
    quantity
        Units that a need asks for; a resource's capacity in each of its periods.
    grid
        Id of the grid in which it is needed, or in which its provider is; a larger area where that is not
        known better, never a building.
    windows
        When it suits.
    """

    subject: str
    kind: CardKind
    title: str
    capabilities: tuple[str, ...]
    quantity: int
    grid: str
    windows: Windows = None
