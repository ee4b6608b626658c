"""One method a file, one signature. OR-Tools is known here and nowhere else."""

from matching.solvers.flow import solve

__all__ = ["solve"]
