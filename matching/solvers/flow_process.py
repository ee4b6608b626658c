"""A process that solves one minimum-cost flow: a network on standard input, its flow on standard output."""

from __future__ import annotations

import signal
import sys

import numpy as np

from matching.solvers.minimum_cost import pack, solve_arcs, unpack


def main(seconds: int) -> None:
    """Solve what stands on standard input; an empty answer says that nothing is feasible.

    Parameters
    ----------
    seconds
        After these the process ends by itself; 0 for no limit.
    """
    signal.alarm(seconds)
    flow = solve_arcs(*unpack(sys.stdin.buffer.read(), 5))
    sys.stdout.buffer.write(pack(np.zeros(0, dtype=np.int64) if flow is None else flow))


if __name__ == "__main__":
    main(int(sys.argv[1]))
