"""Problems and plans as files: `renling-problem/1` and `renling-plan/1`."""

from matching.files.plan_reading import read_plan
from matching.files.plan_writing import check_writable, plan_document, write_plan
from matching.files.problem_reading import parse_problem, read_problem
from matching.files.wrong import InvalidFile

__all__ = [
    "InvalidFile",
    "check_writable",
    "parse_problem",
    "plan_document",
    "read_plan",
    "read_problem",
    "write_plan",
]
