"""Random numbers for compiled functions, of a state of their own: the same seed gives the same plan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.solvers.compiled import inner

Dice = npt.NDArray[np.uint64]
"""Shape (1,); never 0."""


def dice_of(seed: int) -> Dice:
    """Return them for a seed ≥ 0 of any size."""
    return np.array([0x9E3779B97F4A7C15 * (seed + 1) & (2**64 - 1) | 1], dtype=np.uint64)


@inner
def roll(dice: Dice) -> float:
    """Return a random number from 0 to 1 (xorshift)."""
    x = dice[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    dice[0] = x
    return float(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)
