"""How often what is asked: a few things by many, many things by a few, and not the same as what is offered."""

from __future__ import annotations

from collections.abc import Sequence

from seeds.chance import stream
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.patterns import Pattern

_STEEPNESS = 0.9
_OUT_OF_ORDER = 0.4


def weights(patterns: Sequence[Pattern]) -> list[float]:
    """Return how often each pattern is raised.

    What is asked follows Zipf's law: the second most asked half as often as the first, and so on (to the
    power of 0.9). The patterns' own weights set the order, for six tenths of all that is asked; the other
    four go by an order that chance has changed, so that demand is skewed otherwise than supply is. Patterns
    that ask for the same share what is asked of it by their own weights.

    References
    ----------
    G. K. Zipf, "Human Behavior and the Principle of Least Effort", Addison-Wesley (1949).
    """
    written: dict[str, float] = {}
    for pattern in patterns:
        asks = pattern.requires[0].capability
        written[asks] = written.get(asks, 0) + pattern.weight
    order = sorted(written, key=lambda capability: -written[capability])
    shares = [1.0 / (rank + 1) ** _STEEPNESS for rank in range(len(order))]
    others = shares.copy()
    stream(CITY, "demand").shuffle(others)
    asked = {
        capability: (1 - _OUT_OF_ORDER) * share + _OUT_OF_ORDER * other
        for capability, share, other in zip(order, shares, others, strict=True)
    }
    return [
        pattern.weight * asked[pattern.requires[0].capability] / written[pattern.requires[0].capability]
        for pattern in patterns
    ]
