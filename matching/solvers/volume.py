"""The volume algorithm: multipliers for which what relaxed limits allow is worth as little as can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Volume:
    """It is asked for multipliers to look at, and told what they come to.

    Parameters
    ----------
    start, least : shape (multipliers,)
        What they are at first, and at least: 0 for the price of a limit, −inf for that of an equation.
    scale : shape (multipliers,)
        The size of a step of each against the others; those with 0 stay as they are.
    lower
        What a known plan is worth, or a guess; it sets the length of steps and may be changed.

    Attributes
    ----------
    best, value
        The best multipliers so far, and what they come to: an upper bound, but for the error of floats.
    rounds
        How many were looked at.

    References
    ----------
    F. Barahona, R. Anbil, "The volume algorithm: producing primal solutions with a subgradient method",
    Mathematical Programming 87 (2000).
    """

    def __init__(self, start: Floats, least: Floats, scale: Floats, lower: float) -> None:
        self.best, self.value, self.rounds, self.lower = start, np.inf, 0, lower
        self._least, self._scale = least, scale
        self._direction = np.zeros(len(start))
        self._factor, self._poor, self._patience = 1.0, 0, 3

    def next(self) -> Floats | None:
        """Return what to look at; None where nothing would move."""
        if not self.rounds:
            return self.best
        length = float(((self._direction * self._scale) ** 2).sum())
        gap = self.value - self.lower
        if length <= 0 or gap <= 0:
            return None
        step = self._factor * gap / length
        new: Floats = np.maximum(self._least, self.best - step * self._direction * self._scale**2)
        return new

    def take_in(self, multipliers: Floats, value: float, gradient: Floats) -> None:
        """Learn what they come to, and by how much more with each multiplier."""
        gradient = gradient * (self._scale > 0)
        self.rounds += 1
        if self.rounds == 1:
            self.best, self.value, self._direction = multipliers, value, gradient
            return
        old, new = self._direction * self._scale, gradient * self._scale
        if value < self.value:
            if float(old @ new) > 0:
                self._factor = min(2.0, self._factor * 1.1)
            self.best, self.value, self._poor, self._patience = multipliers, value, 0, 8
        else:
            self._poor += 1
            if self._poor >= self._patience:  # less of it while every step was too long
                self._factor, self._poor = max(self._factor * 0.7, 1e-4), 0
        # The mean of the directions so far and this one that is shortest.
        length = float(((new - old) ** 2).sum())
        share = min(max(-float(old @ (new - old)) / length, 0.01), 0.15) if length > 0 else 0.1
        self._direction = (1 - share) * self._direction + share * gradient
