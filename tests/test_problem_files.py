"""Problems and plans as files: what stands is read, what does not is told with every place."""

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching import Problem, solve
from matching.files import InvalidFile, parse_problem, read_problem
from matching.files.declaration import REQUIRED_TABLES, TABLES
from matching.problem import LARGEST, Floor, Group, Held, Pin, Pool

FULL = {
    "format": "renling-problem/1",
    "needs": [
        {"id": "a", "quantity": 2, "value": 5, "whole": True, "required": True},
        {"id": "乙", "value": -1, "duration": 30, "windows": [[60, 120], [0, 40]]},
        {"id": "c"},
    ],
    "resources": [
        {"id": "r", "capacity": 3, "windows": [], "load": 2},
        {"id": "s", "capacity": 0, "windows": None},
    ],
    "candidates": [
        {"need": "a", "resource": "r", "value": 4, "use": 0, "limit": 1},
        {"need": "乙", "resource": "s"},
    ],
    "pools": [{"id": "p", "capacity": 1, "resources": ["s", "r"]}, {"id": "q", "capacity": 0, "resources": []}],
    "floors": [{"id": "f", "needs": ["c"], "minimum": 0}],
    "groups": [{"id": "g", "needs": ["a", "乙"], "together": True}],
    "conflicts": [{"needs": ["a", "c"]}, {"needs": ["c", "乙"], "scope": "resource"}],
    "fixed": [{"need": "乙", "resource": "s", "start": 3}, {"need": "a", "resource": "r", "quantity": 2}],
    "current": [{"need": "c", "resource": "s", "quantity": 7}],
    "change_cost": 2,
    "balance": 1,
}
SMALL = {
    "format": "renling-problem/1",
    "needs": [{"id": "a"}, {"id": "b", "duration": 5}],
    "resources": [{"id": "r", "capacity": 1}],
    "candidates": [{"need": "a", "resource": "r"}, {"need": "b", "resource": "r"}],
}


NOT_UTF8 = "not UTF-8; save the file as UTF-8"
DEEP = "nested too deep; nothing in the format is nested more than five deep"


def errors(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFile) as told:
        parse_problem(text)
    return told.value.errors


def with_(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(SMALL)), **changes}


def put(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """Put a value at a place such as `needs[1].quantity` of a copy."""
    made = json.loads(json.dumps(document))
    *way, last = [int(part) if part.isdigit() else part for part in place.replace("[", ".").replace("]", "").split(".")]
    at = made
    for part in way:
        at = at[part]
    at[last] = value
    return made


VALUES = [
    None, True, False, 0, 1, -1, 2.5, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, "", "a", "r", "resource", [], {},
    [0, 5], [[0, 5]], [[5, 5]], [[0, 5], [4, 6]], [[-1, 5]], [[0, 5, 6]], [[0, 2**63]], [None], ["a"], ["a", "a"],
    ["a", "c"], ["a", "c", "r"],
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of a document: what it lies in, and its key or number there."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def changed(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy with one value put in the place of another, left out, or added."""
    made = copy.deepcopy(document)
    within, at = chance.choice(list(places(made)))
    what = chance.random()
    if what < 0.6:
        within[at] = chance.choice(VALUES)
    elif what < 0.8:
        del within[at]
    elif isinstance(within, dict):
        within[chance.choice(["more", "id", "start", "scope", "limit", "windows"])] = chance.choice(VALUES)
    else:
        within.append(chance.choice(VALUES))
    return made


def test_every_field_is_read():
    p = parse_problem(json.dumps(FULL))
    assert (list(p.need_ids), list(p.resource_ids)) == (["a", "乙", "c"], ["r", "s"])
    assert (p.need_quantity.tolist(), p.need_value.tolist()) == ([2, 1, 1], [5, -1, 0])
    assert (p.need_whole.tolist(), p.need_required.tolist()) == ([True, False, False],) * 2
    assert p.need_duration.tolist() == [0, 30, 0]
    assert [p.need_windows.list(need) for need in range(3)] == [None, [(60, 120), (0, 40)], None]
    assert [p.resource_windows.list(resource) for resource in range(2)] == [[], None]
    assert (p.resource_capacity.tolist(), p.resource_load.tolist()) == ([3, 0], [2, 0])
    assert (p.need.tolist(), p.resource.tolist(), p.value.tolist()) == ([0, 1], [0, 1], [4, 0])
    assert (p.use.tolist(), p.limit.tolist()) == ([0, 1], [1, LARGEST])
    assert list(p.pools) == [Pool("p", 1), Pool("q", 0)] and p.pools[0].resources.tolist() == [1, 0]
    assert list(p.floors) == [Floor("f", 0)] and p.floors[0].needs.tolist() == [2]
    assert list(p.groups) == [Group("g", (0, 1), True)]
    assert list(p.conflicts) == [(0, 2), (2, 1)]
    assert list(p.fixed) == [Pin(1, 1, 3), Pin(0, 2)]
    assert list(p.current) == [Held(2, 1, 7)]
    assert (p.change_cost, p.balance) == (2, 1)


def test_what_is_left_out_takes_its_default():
    p = parse_problem(json.dumps({"format": "renling-problem/1", "needs": [], "resources": [], "candidates": []}))
    assert solve(p).objective == 0


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "line 1, column 1", "no JSON: Expecting value"),
        ('{"format": 1,\n  "needs" []}', "line 2, column 11", "no JSON: Expecting ':' delimiter"),
        ('{"a": 1} // why', "line 1, column 10", "no JSON: Extra data"),
        ("[]", "", "an object is wanted, this is a list"),
        ("[" * 100_000, "", DEEP),
        ('{"a":' * 100_000, "", DEEP),
        (
            json.dumps(with_()).replace('"quantity"', '"x"')[:-1],
            "line 1, column 206",
            "no JSON: Expecting ',' delimiter",
        ),
        (
            json.dumps(with_()).replace('{"id": "a"}', '{"id": "a", "id": "z"}'),
            "needs[0]",
            'the key "id" stands there twice',
        ),
        (json.dumps(with_())[:-1] + ', "more": 1' * 50_000 + "}", "", 'the key "more" stands there twice'),
        (json.dumps(with_())[:-1] + ', "needs": []}', "", 'the key "needs" stands there twice'),
        (
            json.dumps(with_(balance=1)).replace('"balance": 1', '"balance": 1e3'),
            "balance",
            "a whole number is wanted, this is 1e3",
        ),
        (
            json.dumps(with_(balance=1)).replace('"balance": 1', '"balance": NaN'),
            "balance",
            "a whole number is wanted, this is NaN",
        ),
        (
            json.dumps(with_(balance=1)).replace('"balance": 1', '"balance": -Infinity'),
            "balance",
            "a whole number is wanted, this is -Infinity",
        ),
        (
            json.dumps(with_(balance=1)).replace('"balance": 1', '"balance": ' + "9" * 5000),
            "balance",
            "a whole number is wanted, this is " + "9" * 30,
        ),
        (json.dumps(with_(more=1)).replace('"more": 1', '"more": NaN'), "more", "there is no such field"),
    ],
)
def test_what_is_no_strict_json_is_told_with_its_place(text: str, place: str, words: str):
    assert (place, words) in errors(text)


CASES = [
    ("format", "renling-problem/2", "format", '"renling-problem/1" is wanted'),
    ("needs", {}, "needs", "a list is wanted, this is an object"),
    ("needs[0]", 5, "needs[0]", "an object is wanted, this is a whole number"),
    ("needs[0].id", "", "needs[0].id", "empty"),
    ("needs[0].id", 7, "needs[0].id", "text is wanted, this is a whole number"),
    ("needs[0].id", "\ud800", "needs[0].id", "half of a surrogate pair; an id is valid Unicode"),
    ("needs[1].id", "a", "needs[1].id", "needs[0] has the same"),
    ("needs[1].quantity", 0, "needs[1].quantity", "0 is below 1"),
    ("needs[1].quantity", 2.0, "needs[1].quantity", "a whole number is wanted, this is 2.0"),
    ("needs[1].quantity", True, "needs[1].quantity", "a whole number is wanted, this is true"),
    ("needs[1].quantity", None, "needs[1].quantity", "a whole number is wanted, this is null"),
    ("needs[1].value", 2**63, "needs[1].value", "beyond 64 bits"),
    ("needs[1].value", -(2**63) - 1, "needs[1].value", "beyond 64 bits"),
    ("needs[1].whole", 1, "needs[1].whole", "true or false is wanted, this is a whole number"),
    ("needs[1].duration", -1, "needs[1].duration", "-1 is below 0"),
    ("needs[1].colour", "red", "needs[1].colour", "there is no such field"),
    ("needs[0].windows", [[0, 5], [4, 6]], "needs[0].windows", "two of them overlap"),
    ("needs[1].windows", [[0, 5], [5, 5]], "needs[1].windows[1]", "ends at 5, not after its start 5"),
    ("needs[1].windows", [[-1, 5]], "needs[1].windows[0]", "starts at -1, before 0"),
    ("needs[1].windows", [[1, 2, 3]], "needs[1].windows[0]", "[start, end] is wanted"),
    ("needs[1].windows", [[1, 2.0]], "needs[1].windows[0]", "a whole number is wanted, this is 2.0"),
    ("needs[1].windows", 5, "needs[1].windows", "a list is wanted, this is a whole number"),
    ("resources", [{"id": "r", "capacity": 1}] * 2, "resources[1].id", "resources[0] has the same"),
    ("resources[0].windows", [[0, 5], [4, 6]], "resources[0].windows", "two of them overlap"),
    ("resources[0].capacity", -1, "resources[0].capacity", "-1 is below 0"),
    ("resources[0].load", -1, "resources[0].load", "-1 is below 0"),
    ("candidates[1].need", "z", "candidates[1].need", "no need has this id"),
    ("candidates[1].resource", "a", "candidates[1].resource", "no resource has this id"),
    ("candidates[1].need", "a", "candidates[1]", "candidates[0] is the same pair"),
    ("candidates[1].limit", None, "candidates[1].limit", "a whole number is wanted, this is null"),
    ("candidates[1].limit", -1, "candidates[1].limit", "-1 is below 0"),
    ("candidates[1].use", "1", "candidates[1].use", "a whole number is wanted, this is text"),
    ("pools", [{"id": "p", "capacity": 1, "resources": ["r", "r"]}], "pools[0].resources[1]", "named twice"),
    (
        "pools",
        [{"id": "p", "capacity": 1, "resources": ["a"]}],
        "pools[0].resources[0]",
        "none of the resources has this id",
    ),
    ("pools", [{"id": "p", "capacity": 1}], "pools[0].resources", "is missing"),
    ("pools", [{"id": "p", "capacity": 1, "resources": []}] * 2, "pools[1].id", "pools[0] has the same"),
    ("floors", [{"id": "f", "needs": ["a"], "minimum": -1}], "floors[0].minimum", "-1 is below 0"),
    ("floors", [{"id": "f", "needs": ["a", "b", "a"], "minimum": 1}], "floors[0].needs[2]", "named twice"),
    (
        "groups",
        [{"id": "g", "needs": ["a"]}, {"id": "h", "needs": ["a"]}],
        "groups[1].needs",
        "one of them is in groups[0] too",
    ),
    ("floors", [{"id": "f", "needs": [], "minimum": 0}] * 2, "floors[1].id", "floors[0] has the same"),
    ("groups", [{"id": "g", "needs": []}] * 2, "groups[1].id", "groups[0] has the same"),
    (
        "pools",
        [{"id": "p", "capacity": 1, "resources": [["r"]]}],
        "pools[0].resources[0]",
        "text is wanted, this is a list",
    ),
    ("conflicts", [{"needs": ["a", None]}], "conflicts[0].needs[1]", "text is wanted, this is null"),
    ("conflicts", [{"needs": ["a", "z"]}], "conflicts[0].needs[1]", "none of the needs has this id"),
    ("current", [{"need": "a", "resource": "q"}], "current[0].resource", "no resource has this id"),
    ("fixed", [{"need": "x", "resource": "r"}], "fixed[0].need", "no need has this id"),
    ("conflicts", [{"needs": ["a", "a"]}], "conflicts[0].needs[1]", "named twice"),
    ("conflicts", [{"needs": ["a"]}], "conflicts[0].needs", "two needs are wanted, these are 1"),
    ("conflicts", [{"needs": ["a", "b"], "scope": "day"}], "conflicts[0].scope", 'only "resource" is known'),
    ("fixed", [{"need": "a", "resource": "r", "start": 1}], "fixed[0].start", "the need is not timed; drop the start"),
    (
        "fixed",
        [{"need": "b", "resource": "r", "start": 1, "quantity": 2}],
        "fixed[0].quantity",
        "1 is wanted beside a start; write a pin for each unit",
    ),
    ("fixed", [{"need": "b", "resource": "q"}], "fixed[0].resource", "no resource has this id"),
    ("current", [{"need": "a", "resource": "r", "quantity": 0}], "current[0].quantity", "0 is below 1"),
    ("current", [{"need": "x", "resource": "r"}], "current[0].need", "no need has this id"),
    ("change_cost", -1, "change_cost", "-1 is below 0"),
    ("balance", "1", "balance", "a whole number is wanted, this is text"),
    ("balance", False, "balance", "a whole number is wanted, this is false"),
]


@pytest.mark.parametrize(("at", "value", "place", "words"), CASES)
def test_what_can_not_stand_is_told_with_its_position(at: str, value: Any, place: str, words: str):
    told = errors(json.dumps(put(SMALL, at, value)))
    assert [(where, said) for where, said in told if where.startswith(re.match(r"\w+", at)[0])] == [(place, words)]


def test_a_pin_on_a_pair_that_is_no_candidate_makes_the_file_invalid():
    document = with_(candidates=[{"need": "a", "resource": "r"}], fixed=[{"need": "b", "resource": "r"}])
    assert errors(json.dumps(document)) == [
        ("fixed[0]", "the pair is no candidate; add it to candidates or drop the pin")
    ]


@pytest.mark.parametrize("name", ["format", *REQUIRED_TABLES])
def test_what_is_required_can_not_be_left_out(name: str):
    document = with_()
    del document[name]
    assert any(place == name and "is missing" in words for place, words in errors(json.dumps(document)))


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("1", None),
        ("9" * 29, "beyond 64 bits"),
        ("9" * 30, "a whole number is wanted, this is " + "9" * 30),
        ("9" * 31, "a whole number is wanted, this is " + "9" * 30),
    ],
)
def test_beside_a_number_that_nobody_could_read_the_others_are_read(digits: str, words: str | None):
    text = json.dumps(with_(balance=7, change_cost=8)).replace("7", "9" * 5000).replace("8", digits)
    told = dict(errors(text))
    assert told["balance"] == "a whole number is wanted, this is " + "9" * 30
    assert told.get("change_cost") == words


def test_every_error_is_told_at_once():
    document = put(put(put(SMALL, "needs[0].quantity", 0), "candidates[1].need", "z"), "balance", -1)
    assert str(InvalidFile(errors(json.dumps(document)))) == (
        "needs[0].quantity: 0 is below 1\nbalance: -1 is below 0\ncandidates[1].need: no need has this id"
    )
    assert {place for place, _ in errors(json.dumps(document))} == {
        "needs[0].quantity",
        "candidates[1].need",
        "balance",
    }


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        (with_(needs=[{"id": "a", "value": 2**62 - 1}], candidates=SMALL["candidates"][:1]), True),
        (with_(needs=[{"id": "a", "value": 2**62}], candidates=SMALL["candidates"][:1]), False),
        (with_(needs=[{"id": "a", "value": -(2**62)}], candidates=SMALL["candidates"][:1]), False),
        (with_(needs=[{"id": "a", "value": 2**63 - 1}], candidates=[]), True),  # no pair brings it in
        (with_(current=[{"need": "a", "resource": "r", "quantity": 2**31}], change_cost=2**31), False),
        (with_(current=[{"need": "a", "resource": "r", "quantity": 2**31 - 1}], change_cost=2**31), True),
        (put(with_(balance=1), "resources[0].load", 2**60 - 2), True),  # two units: 4 × load + 4
        (put(with_(balance=1), "resources[0].load", 2**60 - 1), False),
    ],
)
def test_a_plans_worth_must_stay_below_two_to_the_62(document: dict[str, Any], fits: bool):
    if fits:
        parse_problem(json.dumps(document))
    else:
        words = "the values are too large: a plan's worth might not fit into 62 bits; scale them down"
        assert errors(json.dumps(document)) == [("", words)]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"\xef\xbb\xbf{}", "line 1, column 1", "a byte order mark; save the file as UTF-8 without one"),
        (b'{"format":\n  "\xff"}', "line 2, column 4", NOT_UTF8),
        (b'\n{"format":\n  "\xff",\n\n1}', "line 3, column 4", NOT_UTF8),
        (b"\n\xff", "line 2, column 1", NOT_UTF8),
        (json.dumps(SMALL).encode("utf-16"), "line 1, column 1", NOT_UTF8),
    ],
)
def test_a_file_that_is_no_plain_utf8_is_told_so(tmp_path: Path, data: bytes, place: str, words: str):
    (tmp_path / "p.json").write_bytes(data)
    with pytest.raises(InvalidFile) as told:
        read_problem(tmp_path / "p.json")
    assert told.value.errors == [(place, words)]


def test_whatever_is_spoiled_is_read_or_refused_and_never_crashes():
    rng = random.Random(1)  # a spoiled file is one character off
    text = json.dumps(FULL)
    for _ in range(600):
        at = rng.randrange(len(text))
        spoiled = text[:at] + rng.choice(['"', "{", "]", "0", "-", "e", ",", "\u0000", "\ud800", ""]) + text[at + 1 :]
        try:
            parse_problem(spoiled)
        except InvalidFile as error:
            assert error.errors


Change = Callable[[str, pa.Table], pa.Table]


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────────────


def as_folder(document: dict[str, Any], folder: Path, change: Change = lambda _, t: t) -> Path:
    rest = {name: value for name, value in document.items() if name not in REQUIRED_TABLES}
    (folder / "problem.json").write_text(json.dumps(rest))
    for name in REQUIRED_TABLES:
        columns = {field.name: [row.get(field.name) for row in document[name]] for field in TABLES[name]}
        table = pa.table({key: column for key, column in columns.items() if any(v is not None for v in column)})
        pq.write_table(change(name, table), folder / f"{name}.parquet")
    return folder


def same(one: Problem, other: Problem) -> bool:
    return all(repr(getattr(one, field.name)) == repr(getattr(other, field.name)) for field in fields(Problem))


def test_a_folder_is_read_as_the_file_is(tmp_path: Path):
    assert same(read_problem(as_folder(FULL, tmp_path)), parse_problem(json.dumps(FULL)))


def text_of_bytes(*values: bytes) -> pa.Array:
    """Text as a careless program writes it: bytes that are said to be UTF-8."""
    ends = np.cumsum([0, *map(len, values)]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))])


LISTS_OF_LARGE = pa.list_(pa.list_(pa.uint64()))


def test_ids_may_be_dictionaries_and_numbers_of_fewer_bits(tmp_path: Path):
    def change(name: str, table: pa.Table) -> pa.Table:
        if name == "candidates":
            table = table.set_column(0, "need", table["need"].dictionary_encode())
        if name == "resources":
            at = table.column_names.index("capacity")
            table = table.set_column(at, "capacity", table["capacity"].cast(pa.uint8()))
        return table

    assert same(read_problem(as_folder(FULL, tmp_path, change)), parse_problem(json.dumps(FULL)))


@pytest.mark.parametrize(
    ("table", "column", "values", "place", "words"),
    [
        ("needs", "colour", ["red", "blue"], "needs.colour", "no such field"),
        ("needs", "id", ["a", "a"], "needs[1].id", "has the same"),
        ("needs", "id", ["a", None], "needs[1].id", "is missing"),
        ("needs", "id", ["a", ""], "needs[1].id", "empty"),
        ("needs", "quantity", [1, 0], "needs[1].quantity", "0 is below 1"),
        ("needs", "quantity", [1.0, 2.0], "needs.quantity", "a whole number is wanted"),
        ("needs", "value", pa.array([None, 2**63], pa.uint64()), "needs[1].value", "beyond 64 bits"),
        ("needs", "value", pa.array([1, 2], pa.timestamp("ms")), "needs.value", "a whole number is wanted"),
        ("needs", "id", pa.array([b"a", b"b"]), "needs.id", "text is wanted, this is binary"),
        ("needs", "id", text_of_bytes(b"a", b"\xff"), "needs[1].id", "not UTF-8; an id is valid Unicode"),
        ("candidates", "need", text_of_bytes(b"a", b"\xff"), "candidates[1].need", "not UTF-8"),
        ("needs", "whole", [1, 0], "needs.whole", "true or false is wanted"),
        ("needs", "windows", [[[0, 5]], [[3, 3]]], "needs[1].windows[0]", "ends before"),
        ("needs", "windows", [[[0, 5], [7, 9]], [[3, 4], [-1, 2]]], "needs[1].windows[1]", "starts before 0"),
        ("needs", "windows", [[[0, 5]], [[3]]], "needs[1].windows[0]", "[start, end]"),
        ("needs", "windows", [None, [[0, 5], [6, None]]], "needs[1].windows[1]", "[start, end]"),
        ("needs", "windows", [None, [[0, 5], None]], "needs[1].windows[1]", "[start, end]"),
        ("needs", "windows", pa.array([None, [[0, 2**63]]], LISTS_OF_LARGE), "needs[1].windows[0]", "beyond 64 bits"),
        ("needs", "windows", [[[0, 5], [4, 6]], None], "needs[0].windows", "overlap"),
        ("candidates", "need", ["a", "z"], "candidates[1].need", "no need has this id"),
        ("candidates", "need", ["a", "a"], "candidates[1]", "the same pair"),
        ("candidates", "limit", [1, -1], "candidates[1].limit", "-1 is below 0"),
    ],
)
def test_what_can_not_stand_in_a_table_is_told_with_its_position(
    tmp_path: Path, table: str, column: str, values: Any, place: str, words: str
):
    def change(name: str, given: pa.Table) -> pa.Table:
        if name != table:
            return given
        kept = given.drop_columns([column]) if column in given.column_names else given
        return kept.append_column(column, values if isinstance(values, pa.Array) else pa.array(values))

    with pytest.raises(InvalidFile) as told:
        read_problem(as_folder(SMALL, tmp_path, change))
    assert [said for where, said in told.value.errors if where == place and words in said], told.value.errors


@pytest.mark.parametrize("name", ["needs.parquet", "candidates.parquet", "problem.json"])
def test_a_missing_file_of_a_folder_is_a_path_that_can_not_be_read(tmp_path: Path, name: str):
    (as_folder(SMALL, tmp_path) / name).unlink()
    with pytest.raises(FileNotFoundError):
        read_problem(tmp_path)


def test_tables_that_are_no_parquet_are_told_all_at_once(tmp_path: Path):
    for name in ("needs", "candidates"):
        (as_folder(SMALL, tmp_path) if name == "needs" else tmp_path).joinpath(f"{name}.parquet").write_bytes(b"PAR1?")
    with pytest.raises(InvalidFile) as told:
        read_problem(tmp_path)
    assert [place for place, _ in told.value.errors] == ["needs.parquet", "candidates.parquet"]


def test_every_error_of_a_folder_is_told_at_once(tmp_path: Path):
    def change(name: str, given: pa.Table) -> pa.Table:
        return given.append_column("colour", pa.array(["red"] * len(given))) if name != "resources" else given

    as_folder(put(put(SMALL, "needs[1].duration", -1), "candidates[1].need", "z"), tmp_path, change)
    (tmp_path / "problem.json").write_text('{"format": "renling-problem/1", "balance": -1}')
    with pytest.raises(InvalidFile) as told:
        read_problem(tmp_path)
    assert [place for place, _ in told.value.errors] == [
        "balance", "needs.colour", "candidates.colour", "needs[1].duration", "candidates[1].need",
    ]  # fmt: skip


def test_two_columns_of_one_name_are_told(tmp_path: Path):
    table = pa.table([pa.array(["a", "b"])] * 2, names=["id", "id"])
    pq.write_table(table, as_folder(SMALL, tmp_path) / "needs.parquet")
    with pytest.raises(InvalidFile) as told:
        read_problem(tmp_path)
    assert told.value.errors == [("needs.id", "there are two columns of this name")]


def test_the_tables_of_a_folder_do_not_stand_in_its_json_too(tmp_path: Path):
    (as_folder(SMALL, tmp_path) / "problem.json").write_text(json.dumps(SMALL))
    with pytest.raises(InvalidFile, match="needs: there is no such field"):
        read_problem(tmp_path)
