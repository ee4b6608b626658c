"""Seeded chance: every subject draws from its own stream, so that changing one leaves the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(*parts: object) -> Random:
    """Return the random numbers that belong to a name; the same name always gives the same numbers."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311 - made-up cities, no secrets


def deal(chance: Random, choices: Sequence[T], weights: Sequence[float], count: int) -> list[T]:
    """Return `count` choices, each as often as its weight says, to within one, in random order.

    Independent draws would leave a small city without its one nurse as often as not; a systematic sample
    keeps it a true picture of the large one. Neighbours in `choices` share what rounding leaves, so like
    things should stand together.

    References
    ----------
    W. G. Madow, L. H. Madow, "On the theory of systematic sampling", Ann. Math. Statist. 15 (1944).
    """
    if count == 0:
        return []
    step = sum(weights) / count
    mark = chance.random() * step
    dealt: list[T] = []
    reached = 0.0
    for choice, weight in zip(choices, weights, strict=True):
        reached += weight
        while mark < reached and len(dealt) < count:
            dealt.append(choice)
            mark += step
    while len(dealt) < count:  # the last mark may pass the end by a rounding error
        dealt.append(choices[-1])
    chance.shuffle(dealt)
    return dealt


def weighted_order(chance: Random, choices: Sequence[T], weights: Sequence[float]) -> list[T]:
    """Return the choices in random order, heavy ones tending to the front.

    References
    ----------
    P. S. Efraimidis, P. G. Spirakis, "Weighted random sampling with a reservoir", Inf. Process. Lett. 97
    (2006).
    """
    keys = [chance.random() ** (1 / weight) for weight in weights]
    return [choices[i] for i in sorted(range(len(choices)), key=lambda i: -keys[i])]


def between(chance: Random, bounds: tuple[int, int], step: int = 1) -> int:
    """Return a whole number from low to high, both included, in steps."""
    low, high = bounds
    return low + step * int(chance.random() * ((high - low) // step + 1))  # randint takes five times as long


def pick(chance: Random, choices: Sequence[T]) -> T:
    """Return one of the choices, each as likely as another; `Random.choice` in half the time."""
    return choices[int(chance.random() * len(choices))]
