"""Whether the arrays of a problem fit together: each that does is taken, one step further is refused in words."""

from typing import Any

import numpy as np
import pytest

from matching import Problem
from matching.errors import TooLarge
from matching.problem import LARGEST, Floor, Group, Held, Pin, Pool, Windows
from matching.well_formed import worth_reached
from tests.problems import flags, ints

GOOD: dict[str, Any] = {
    "need_quantity": ints([2, 1]),
    "need_value": ints([5, 6]),
    "resource_capacity": ints([1, 3, 1]),
    "need": ints([0, 0, 1]),
    "resource": ints([0, 2, 0]),
    "value": ints([0, 0, 0]),
    "need_duration": ints([0, 5]),
}


COUNTS = "change_cost, balance, capacities of pools and minima of floors are integers from 0 to 2^63 − 1"
FIRST = "need_windows: `first` tells where each owner's rows begin, from 0 to all of them"


def windows(first: list[int], start: list[int], end: list[int], owners: int) -> Windows:
    return Windows(ints(first), ints(start), ints(end), flags([False] * owners))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {name: ints([]) for name in GOOD},
        {"need_quantity": ints([0, 0]), "resource_capacity": ints([0, 0, 0])},
        {"limit": ints([0, 0, 0]), "use": ints([0, 0, 0]), "resource_load": ints([0, 0, 0])},
        {"need_windows": Windows.of([[[4, 6], [0, 4]], [[0, 1]]])},
        {"resource_windows": Windows.of([[], None, [[0, 9]]])},
        {"pools": [Pool("p", 0, ints([0, 2])), Pool("q", 1, ints([]))]},
        {"floors": [Floor("f", 1, ints([1, 0]))]},
        {"groups": [Group("g", (0,)), Group("h", (1,)), Group("i", ())]},
        {"conflicts": [(0, 1), (1, 0)]},
        {"fixed": [Pin(0), Pin(2, 9), Pin(2, 1, 0)]},
        {"current": [Held(0, 0), Held(1, 2, 5), Held(0, 1, LARGEST)], "fixed": [Pin(0, LARGEST)]},
        {"balance": np.int64(3), "change_cost": np.int64(0), "floors": [Floor("f", LARGEST, ints([0]))]},
        {"need_ids": ["a", "b"], "resource_ids": ["a", "b", "c"]},
    ],
)
def test_what_fits_together_is_taken(change: dict[str, Any]):
    Problem(**{**GOOD, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"need_value": ints([1])}, "need_value: one number a need"),
        ({"need_whole": flags([True])}, "need_whole: one number a need"),
        ({"need_required": flags([True])}, "need_required: one number a need"),
        ({"need_duration": ints([1])}, "need_duration: one number a need"),
        ({"need_ids": ["a"]}, "need_ids: one id a need"),
        ({"resource_load": ints([1])}, "resource_load: one number a resource"),
        ({"resource_ids": ["a"]}, "resource_ids: one id a resource"),
        ({"resource": ints([0])}, "resource: one number a candidate"),
        ({"value": ints([0])}, "value: one number a candidate"),
        ({"limit": ints([0])}, "limit: one number a candidate"),
        ({"use": ints([0])}, "use: one number a candidate"),
        ({"need": ints([0, 0, 2])}, "need: a candidate names a row that does not exist"),
        ({"need": ints([0, 0, -1])}, "need: a candidate names a row that does not exist"),
        ({"resource": ints([0, 2, 3])}, "resource: a candidate names a row that does not exist"),
        ({"resource": ints([0, 2, -1])}, "resource: a candidate names a row that does not exist"),
        ({"need_quantity": ints([2, -1])}, "need_quantity: below 0 at 1"),
        ({"need_duration": ints([-1, 0])}, "need_duration: below 0 at 0"),
        ({"resource_capacity": ints([1, -2, 1])}, "resource_capacity: below 0 at 1"),
        ({"resource_load": ints([1, -2, 1])}, "resource_load: below 0 at 1"),
        ({"limit": ints([0, 0, -1])}, "limit: below 0 at 2"),
        ({"use": ints([0, 0, -1])}, "use: below 0 at 2"),
        ({"resource": ints([2, 2, 0])}, "a pair of need and resource is listed twice"),
        ({"need_windows": Windows.of([None])}, "need_windows: one list an owner"),
        ({"need_windows": windows([0, 0, 0], [], [], 1)}, "need_windows: one list an owner"),
        ({"need_windows": windows([0, 0], [], [], 2)}, "need_windows: one list an owner"),
        ({"need_windows": Windows.of([[[-1, 4]], None])}, "need_windows: 0 ≤ start < end"),
        ({"need_windows": Windows.of([None, [[0, 1], [4, 4]]])}, "need_windows: 0 ≤ start < end"),
        ({"resource_windows": Windows.of([None] * 2)}, "resource_windows: one list an owner"),
        (
            {"need_windows": [None, None]},
            "need_windows.first: an array of int64 with one axis is wanted, this is NoneType",
        ),
        ({"need_windows": windows([0, 1, 2], [0, 2], [1], 2)}, FIRST),
        ({"need_windows": windows([0, 1, 1], [0, 2], [1, 3], 2)}, FIRST),
        ({"need_windows": windows([1, 1, 2], [0, 2], [1, 3], 2)}, FIRST),
        ({"need_windows": windows([0, 3, 2], [0, 2], [1, 3], 2)}, FIRST),
        (
            {"need_windows": Windows(ints([0, 1, 1]), ints([0]), ints([1]), flags([True, False]))},
            "need_windows: an owner that is `always` there has none",
        ),
        (
            {"resource_windows": Windows.of([[[0, 2]], None, [[5, 8], [0, 6]]])},
            "resource_windows: two of one owner overlap",
        ),
        (
            {"pools": [Pool("p", 0, [0])]},
            "pools: rows: an array of int64 with one axis is wanted, this is list",
        ),
        ({"pools": [Pool("p", 0, ints([0, 3]))]}, "pools: one names a row that does not exist"),
        ({"pools": [Pool("p", 0, ints([-1, 0]))]}, "pools: one names a row that does not exist"),
        ({"pools": [Pool("p", 0, ints([1, 1]))]}, "pools: one names a row twice"),
        ({"pools": [Pool("p", -1)]}, COUNTS),
        ({"floors": [Floor("f", 0, ints([2]))]}, "floors: one names a row that does not exist"),
        ({"groups": [Group("g", (0, 2))]}, "groups: one names a row that does not exist"),
        ({"groups": [Group("g", (1, 1))]}, "groups: one names a row twice"),
        ({"groups": [Group("g", (0, 1)), Group("h", (1,))]}, "groups: a need is in two"),
        ({"conflicts": [(0, 1, 1)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(0,)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(1, 1)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(0, 2)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(2, 0)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(0, -1)]}, "conflicts: each names two different needs"),
        ({"conflicts": [(-1, 0)]}, "conflicts: each names two different needs"),
        ({"fixed": [Pin(3)]}, "fixed: a pin names a candidate and a quantity of at least 1"),
        ({"fixed": [Pin(-1)]}, "fixed: a pin names a candidate and a quantity of at least 1"),
        ({"fixed": [Pin(0, 0)]}, "fixed: a pin names a candidate and a quantity of at least 1"),
        ({"fixed": [Pin(0, 1.5)]}, "fixed: a pin names a candidate and a quantity of at least 1"),
        ({"fixed": [Pin(0, 2**63)]}, "fixed: a pin names a candidate and a quantity of at least 1"),
        ({"fixed": [Pin(0, 1, 3)]}, "fixed: a start is for one unit of a timed need"),
        ({"fixed": [Pin(2, 2, 3)]}, "fixed: a start is for one unit of a timed need"),
        *(
            ({"current": [held]}, "current: each names a need, a resource and a quantity of at least 1")
            for held in (Held(2, 0), Held(-1, 0), Held(0, 3), Held(0, -1), Held(0, 0, 0), Held(0, 0, 2**63))
        ),
        ({"pools": [Pool("p", 1.5)]}, COUNTS),
        ({"pools": [Pool("p", 0), Pool("p", 0)]}, "pools: an id is there twice"),
        ({"floors": [Floor("f", -1)]}, COUNTS),
        ({"floors": [Floor("f", 2**63)]}, COUNTS),
        ({"floors": [Floor("f", 0), Floor("g", 0), Floor("f", 0)]}, "floors: an id is there twice"),
        ({"groups": [Group("g", ()), Group("g", ())]}, "groups: an id is there twice"),
        ({"need_ids": ["a", "a"]}, "need_ids: an id is there twice"),
        ({"resource_ids": ["a", "b", "b"]}, "resource_ids: an id is there twice"),
        ({"balance": -1}, COUNTS),
        ({"balance": 2**63}, COUNTS),
        ({"balance": 0.5}, COUNTS),
        ({"change_cost": -1}, COUNTS),
        ({"change_cost": None}, COUNTS),
    ],
)
def test_what_does_not_fit_together_is_refused_with_the_place(change: dict[str, Any], words: str):
    with pytest.raises(ValueError) as told:
        Problem(**{**GOOD, **change})
    assert str(told.value) == words


@pytest.mark.parametrize(
    ("column", "this"),
    [
        ([2, 1], "list"),
        (np.array([2, 1], dtype=np.int32), "int32, shape (2,)"),  # whose sums would wrap round
        (np.array([2, 1], dtype=np.uint64), "uint64, shape (2,)"),
        (np.array([2.5, 1]), "float64, shape (2,)"),
        (flags([True, True]), "bool, shape (2,)"),
        (ints([[2], [1]]), "int64, shape (2, 1)"),
    ],
)
def test_a_column_is_an_array_of_whole_numbers_of_64_bits(column: Any, this: str):
    for name in ("need_quantity", "need_value", "need_duration"):
        with pytest.raises(ValueError) as told:
            Problem(**{**GOOD, name: column})
        assert str(told.value) == f"{name}: an array of int64 with one axis is wanted, this is {this}"


@pytest.mark.parametrize("name", ["need_whole", "need_required"])
def test_a_yes_or_no_is_no_number(name: str):
    with pytest.raises(ValueError, match=f"{name}: an array of bool with one axis is wanted, this is int64"):
        Problem(**{**GOOD, name: ints([1, 0])})


@pytest.mark.parametrize(
    ("change", "worth"),
    [
        ({}, 2 * 5 + 6),
        ({"value": ints([1, -20, 2])}, 2 * 15 + 8),  # the largest of each need, whatever its sign
        ({"need": ints([0, 0, 0]), "resource": ints([0, 1, 2])}, 2 * 5),  # of a need without a pair, nothing
        # what each resource would carry: 1 and 1, held by capacity; ((load + x)² − load²)
        ({"balance": 3}, 16 + 3 * (4 + 1)),
        ({"balance": 3, "resource_load": ints([2, 9, 1])}, 16 + 3 * (16 - 4 + 4 - 1)),
        ({"change_cost": 7, "current": [Held(0, 0, 2), Held(1, 1)]}, 16 + 21),
        ({"need_value": ints([2**61, 6]), "need_quantity": ints([1, 1])}, 2**61 + 6),  # exactly, where floats are not
        (
            {"need_value": ints([2**61, 0]), "need_quantity": ints([1, 1]), "value": ints([-5, -9, 0])},
            2**61 - 5,
        ),
    ],
)
def test_the_most_that_a_plan_could_be_worth(change: dict[str, Any], worth: int):
    assert worth_reached(Problem(**{**GOOD, **change})) == worth


def test_a_worth_of_62_bits_is_refused_and_one_less_is_taken():
    only = {"need": ints([1]), "resource": ints([0]), "value": ints([0])}
    Problem(**{**GOOD, **only, "need_value": ints([LARGEST, 2**62 - 1])})
    Problem(**{**GOOD, **only, "need_value": ints([LARGEST, 1 - 2**62])})
    for value in (2**62, -(2**62)):
        with pytest.raises(TooLarge):
            Problem(**{**GOOD, **only, "need_value": ints([LARGEST, value])})
