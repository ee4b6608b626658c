"""Who helps whom: use cases, the rules of the life cycle, and a pure optimizer that knows no graph."""

from matching.optimizer.solving import solve
from matching.plan import Plan
from matching.problem import Problem
from matching.verify import verify

__all__ = ["Plan", "Problem", "solve", "verify"]
