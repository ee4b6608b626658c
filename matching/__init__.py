"""Who helps whom: use cases, the rules of the life cycle, and a pure optimizer that knows no graph."""

from matching.problem import Problem, Solution
from matching.solvers import solve
from matching.verify import verify

__all__ = ["Problem", "Solution", "solve", "verify"]
