"""How long a solver may take, and whether somebody wants it to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Deadline:
    """A moment after which a solver returns the best that it has.

    Parameters
    ----------
    seconds
        From now; None for no limit.
    stop
        Asked now and then; True ends it at once.
    """

    def __init__(self, seconds: float | None = None, stop: Callable[[], bool] = lambda: False) -> None:
        self._end = math.inf if seconds is None else time.monotonic() + seconds
        self._stop = stop

    def left(self) -> float:
        """Return the seconds left, at least 0; infinite where there is no limit."""
        return 0.0 if self._stop() else max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        """Return whether to stop."""
        return self.left() <= 0

    def before(self, seconds: float) -> Deadline:
        """Return one that is over so many seconds (≥ 0) earlier, at once where there are not so many."""
        left = self._end - time.monotonic()
        return Deadline(None if math.isinf(left) else max(0.0, left - seconds), self._stop)

    def share(self, part: float) -> Deadline:
        """Return one for a part, 0 to 1, of the time that is left."""
        left = self._end - time.monotonic()
        return Deadline(None if math.isinf(left) else max(0.0, left * part), self._stop)
