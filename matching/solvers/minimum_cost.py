"""The minimum-cost flow itself: arrays in, units on each arc out.

OR-Tools' solve can be neither interrupted nor timed out, a process can: large networks are solved in one of their own
(flow_process.py).
"""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import tempfile
from math import ceil, isinf

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.deadline import Deadline
from matching.problem import Ints
from matching.solvers.network import Network
from matching.solvers.residual import distances, residual

OWN_PROCESS = 50_000
"""From so many arcs on, the solve gets a process of its own."""

_SAFE = 2**60  # largest cost × (nodes + 1) that is handed to OR-Tools


class SolverError(RuntimeError):
    """The solver itself failed: a bug here or in OR-Tools, never the caller's."""


class OutOfTime(Exception):
    """The time is over, or somebody wants it to stop."""


def minimum_cost(network: Network, deadline: Deadline) -> Ints | None:
    """Return an optimal flow, shape (arcs,); None where none is feasible.

    Raises
    ------
    OutOfTime
        Before it was found.
    """
    if len(network.tail) < OWN_PROCESS:
        return solve_arcs(network.tail, network.head, network.capacity, network.cost, network.supply)
    return _in_a_process(network, deadline)


def solve_arcs(tail: Ints, head: Ints, capacity: Ints, cost: Ints, supply: Ints) -> Ints | None:
    """Return an optimal flow in this process.

    Costs too large for OR-Tools are solved in two rounds: roughly, in units of 2^k, then exactly on what that leaves
    open. A flow that is optimal for the rough costs is 2^k-optimal for the true ones, so an arc whose reduced cost
    exceeds nodes × 2^k keeps its flow in some optimum, and costs may be cut off there.

    References
    ----------
    A. V. Goldberg, "An efficient implementation of a scaling minimum-cost flow algorithm", J. Algorithms 22 (1997).
    """
    nodes = len(supply)
    largest = int(np.abs(cost).max(initial=0)) * (nodes + 1)
    if largest <= _SAFE:
        return _ortools(tail, head, capacity, cost, supply)
    shift = (largest // _SAFE).bit_length()
    rough = cost >> shift
    flow = _ortools(tail, head, capacity, rough, supply)
    if flow is None:
        return None
    potential = distances(residual(tail, head, capacity, rough, flow), nodes, None)
    cut = (nodes + 1) << shift
    reduced = cost + ((potential[tail] - potential[head]) << shift)
    return solve_arcs(tail, head, capacity, np.clip(reduced, -cut, cut), supply)


def _ortools(tail: Ints, head: Ints, capacity: Ints, cost: Ints, supply: Ints) -> Ints | None:
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail.astype(np.int32), head.astype(np.int32), capacity, cost)
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        return None
    if status != solver.OPTIMAL:
        raise SolverError(f"minimum-cost flow ended with status {status}")
    flow: Ints = solver.flows(arcs)
    return flow


def _in_a_process(network: Network, deadline: Deadline) -> Ints | None:
    if deadline.over():
        raise OutOfTime
    left = deadline.left()
    seconds = 0 if isinf(left) else ceil(left) + 1  # dies by itself, should this process be killed
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer:
        given.write(pack(network.tail, network.head, network.capacity, network.cost, network.supply))
        given.seek(0)
        program = subprocess.Popen(
            [sys.executable, "-m", "matching.solvers.flow_process", str(seconds)],
            stdin=given,
            stdout=answer,
            start_new_session=True,  # a Ctrl-C is for the one that waits
        )
        try:
            _wait(program, deadline)
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
        answer.seek(0)
        data = answer.read()
    if program.returncode == -signal.SIGALRM:
        raise OutOfTime
    if program.returncode:
        raise SolverError(f"minimum-cost flow: its process ended with {program.returncode}")
    (flow,) = unpack(data, 1)
    return flow if len(flow) == len(network.tail) else None


def _wait(program: subprocess.Popen[bytes], deadline: Deadline) -> None:
    while not deadline.over():
        try:
            program.wait(min(0.02, deadline.left() + 0.001))
        except subprocess.TimeoutExpired:
            continue
        return
    raise OutOfTime


def pack(*arrays: Ints) -> bytes:
    """Return arrays as bytes."""
    stream = io.BytesIO()
    for array in arrays:
        np.save(stream, array)
    return stream.getvalue()


def unpack(data: bytes, count: int) -> list[Ints]:
    """Return so many arrays of `pack`."""
    stream = io.BytesIO(data)
    return [np.load(stream) for _ in range(count)]
