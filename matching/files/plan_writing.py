"""A plan as a file: the same plan, the same bytes; a crash leaves the old file or the new one."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from matching.files.declaration import PLAN
from matching.plan import Plan
from matching.problem import Ints, Problem


def plan_document(problem: Problem, plan: Plan) -> dict[str, Any]:
    """Return `renling-plan/1` as plain values, in the order of the format."""
    timed = problem.need_duration > 0
    rows = ordered(problem, np.flatnonzero(plan.units))
    assignments = []
    for row in rows.tolist():
        need = int(problem.need[row])
        assignment: dict[str, Any] = {
            "need": problem.need_ids[need],
            "resource": problem.resource_ids[int(problem.resource[row])],
            "quantity": int(plan.units[row]),
        }
        if timed[need]:
            assignment["starts"] = list(plan.starts[row])
        assignments.append(assignment)
    return {
        "format": PLAN,
        "status": str(plan.status),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "solver": plan.solver,
        "seconds": round(plan.seconds, 3),
        "seed": plan.seed,
        "assignments": assignments,
        "unmet": [
            {"need": problem.need_ids[unmet.need], "quantity": unmet.quantity, "reason": unmet.reason, "fix": unmet.fix}
            for unmet in plan.unmet
        ],
        "infeasible_because": plan.infeasible_because,
        "prices": None if plan.prices is None else dict(zip(problem.resource_ids, plan.prices.tolist(), strict=True)),
    }


def ordered(problem: Problem, rows: Ints) -> Ints:
    """Return candidates in the order of needs, then resources."""
    return rows[np.lexsort((problem.resource[rows], problem.need[rows]))]


def write_plan(problem: Problem, plan: Plan, path: Path) -> None:
    """Write a plan, one row of its lists a line; a pipe or a device takes it as it is.

    Raises
    ------
    OSError
        It can't be written there, and names the path; what was there before still is.
    """
    lines = []
    for name, value in plan_document(problem, plan).items():
        if isinstance(value, list) and value:
            rows = ",\n".join(f"    {_compact(row)}" for row in value)
            lines.append(f'  "{name}": [\n{rows}\n  ]')
        else:
            lines.append(f'  "{name}": {_compact(value)}')
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    with _naming(path):
        if _is_special(path):
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            _replace(path.resolve(), text)  # a link stays a link


def check_writable(path: Path) -> None:
    """Look whether a plan could be written there, for that is better told before solving than after.

    Raises
    ------
    OSError
        It could not, and names the path.
    """
    with _naming(path):
        if not _is_special(path):
            tempfile.TemporaryFile(dir=path.resolve().parent).close()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error name the plan's path, and not that of a file beside it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _is_special(path: Path) -> bool:
    """Return whether something is there that is no file, and must not become one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "is a folder")
    return not stat.S_ISREG(mode)


def _replace(target: Path, text: str) -> None:
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".renling-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
