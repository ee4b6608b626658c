"""How often what is asked: a few things by many, many things by a few, and not the same as what is offered."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seeds.chance import stream
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.patterns import Pattern

_STEEPNESS = 0.9
_OUT_OF_ORDER = 0.5  # standard deviation of how far chance moves a rank, as a logarithm


def weights(patterns: Sequence[Pattern]) -> list[float]:
    """Return how often each pattern is raised.

    What is asked follows Zipf's law: the second most asked half as often as the first, and so on (to the
    power of 0.9). The patterns' own weights set the order, and chance moves each a little up or down in it,
    so that demand is skewed otherwise than supply is, but what is rare stays rare. Patterns that ask for the
    same share what is asked of it by their own weights.

    References
    ----------
    G. K. Zipf, "Human Behavior and the Principle of Least Effort", Addison-Wesley (1949).
    """
    written: dict[str, float] = {}
    for pattern in patterns:
        asks = pattern.requires[0].capability
        written[asks] = written.get(asks, 0) + pattern.weight
    chance = stream(CITY, "demand")
    by_weight = sorted(written, key=lambda capability: -written[capability])
    moved = {asks: math.log(rank + 1) + chance.gauss(0, _OUT_OF_ORDER) for rank, asks in enumerate(by_weight)}
    asked = {asks: (rank + 1) ** -_STEEPNESS for rank, asks in enumerate(sorted(moved, key=lambda asks: moved[asks]))}
    return [
        pattern.weight * asked[pattern.requires[0].capability] / written[pattern.requires[0].capability]
        for pattern in patterns
    ]
