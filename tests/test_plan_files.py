"""Plans as files: what is written is read back, and whatever is wrong with a plan's form is told."""

import json
import random
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from matching import Problem, solve, verify
from matching.files import InvalidFile, parse_problem, plan_document, read_plan, write_plan
from matching.files.json_schema import plan_schema
from tests.problems import tiny_problems
from tests.test_problem_files import SMALL, changed, put

PLAN = {
    "format": "renling-plan/1",
    "status": "optimal",
    "objective": 0,
    "bound": 0,
    "gap": {"objective": 0},
    "solver": "by hand",
    "seconds": 0.5,
    "seed": 0,
    "assignments": [
        {"need": "a", "resource": "r", "quantity": 1},
        {"need": "b", "resource": "r", "quantity": 1, "starts": [0]},
    ],
    "unmet": [],
    "infeasible_because": None,
    "prices": None,
}
TWO = json.dumps(put(SMALL, "resources[0].capacity", 2))
UNMET = {"need": "a", "quantity": 1, "reason": "capacity", "fix": None}

LEFT_A, LEFT_B = (f"unmet: need {need} has 1 units left and is missing" for need in "ab")
NOT_PROVED = "status: optimal, but the bound is not the objective"
NOTHING_LEFT = "unmet: need a has 0 units left, 1 are claimed"


def violations(tmp_path: Path, document: Any) -> list[str]:
    p = parse_problem(TWO)
    (tmp_path / "plan.json").write_text(document if isinstance(document, str) else json.dumps(document))
    plan, wrong = read_plan(tmp_path / "plan.json", p)
    return wrong + verify(p, plan)


@settings(max_examples=60, deadline=None)
@given(tiny_problems())
def test_a_plan_that_is_written_is_read_back_and_verified(tmp_path_factory: pytest.TempPathFactory, p: Problem):
    path = tmp_path_factory.mktemp("plans") / "plan.json"
    plan = solve(p, fixes=1)
    write_plan(p, plan, path)
    read, wrong = read_plan(path, p)
    assert wrong == [] and verify(p, read) == []
    assert (read.units == plan.units).all() and dict(read.starts) == dict(plan.starts)
    assert [unmet.fix for unmet in read.unmet] == [unmet.fix for unmet in plan.unmet]
    assert json.loads(path.read_text()) == plan_document(p, plan)
    jsonschema_rs.validator_for(plan_schema()).validate(json.loads(path.read_text()))


def test_assignments_stand_in_the_order_of_needs_then_resources_whatever_the_order_of_candidates():
    needs, resources = (
        [{"id": "z"}, {"id": "a", "quantity": 2}],
        [{"id": "y", "capacity": 2}, {"id": "b", "capacity": 1}],
    )
    pairs = [("a", "b"), ("a", "y"), ("z", "y")]
    candidates = [{"need": need, "resource": resource, "value": 1} for need, resource in pairs]
    p = parse_problem(json.dumps({**SMALL, "needs": needs, "resources": resources, "candidates": candidates}))
    written = plan_document(p, solve(p))["assignments"]
    assert [(row["need"], row["resource"]) for row in written] == [("z", "y"), ("a", "y"), ("a", "b")]


def test_a_plan_s_file_is_readable_as_others_are_and_one_that_is_there_keeps_its_mode_and_its_link(tmp_path: Path):
    p = parse_problem(TWO)
    other, new, old, link = (tmp_path / name for name in ("other", "new", "old", "link"))
    other.touch()
    old.touch(mode=0o640)
    link.symlink_to("old")
    for path in (new, link):
        write_plan(p, solve(p), path)
    assert new.stat().st_mode == other.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o640 and link.is_symlink()
    assert json.loads(old.read_text())["format"] == "renling-plan/1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "new", "old", "other"]


def test_the_schema_refuses_no_plan_that_the_reader_takes(tmp_path: Path):
    validator, chance = jsonschema_rs.validator_for(plan_schema()), random.Random(3)
    unmet = {**UNMET, "fix": [{"change": "capacity", "resource": "r", "by": 1}]}
    left = {**PLAN, "assignments": PLAN["assignments"][1:], "unmet": [unmet], "prices": {"r": 0}}
    for _ in range(400):
        document = changed(chance.choice([PLAN, left]), chance)
        (tmp_path / "plan.json").write_text(json.dumps(document))
        _, wrong = read_plan(tmp_path / "plan.json", parse_problem(TWO))
        assert wrong or validator.is_valid(document), document


def test_a_plan_by_hand_passes_and_is_read(tmp_path: Path):
    assert violations(tmp_path, PLAN) == []
    document = put(PLAN, "assignments", PLAN["assignments"][1:])
    document |= {"unmet": [UNMET], "seconds": 3, "gap": None, "bound": None, "status": "feasible", "prices": {"r": 1}}
    assert violations(tmp_path, document) == []
    plan, _ = read_plan(tmp_path / "plan.json", parse_problem(TWO))
    assert (plan.status, plan.objective, plan.bound, plan.units.tolist()) == ("feasible", 0, None, [0, 1])
    assert dict(plan.starts) == {1: (0,)}
    assert [(left.need, left.quantity, left.reason, left.fix) for left in plan.unmet] == [(0, 1, "capacity", None)]


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        ("format", "renling-plan/2", ['format: "renling-plan/1" is wanted']),
        (
            "status",
            "fine",
            [
                "status: one of optimal, feasible, infeasible, unknown is wanted",
                "status: unknown, but there is a plan",
            ],
        ),
        (
            "status",
            ["optimal"],
            [
                "status: one of optimal, feasible, infeasible, unknown is wanted",
                "status: unknown, but there is a plan",
            ],
        ),
        (
            "objective",
            0.0,
            [
                "objective: a whole number is wanted, this is 0.0",
                "gap.objective: is not bound − objective",
                "objective: null in a plan that says optimal",
                "assignments: there are some, but no objective",
            ],
        ),
        (
            "bound",
            -1,
            ["gap.objective: is not bound − objective", "bound: -1 is below the objective 0", NOT_PROVED],
        ),
        ("bound", None, ["gap.objective: is not bound − objective", NOT_PROVED]),
        ("gap", {"objective": 3}, ["gap.objective: is not bound − objective"]),
        ("gap", {"objective": 0, "people": 2}, []),
        ("gap", {"objective": "0"}, ['gap: null or {"objective": …} is wanted']),
        ("gap", 0, ['gap: null or {"objective": …} is wanted']),
        ("seconds", "long", ["seconds: a number of seconds is wanted"]),
        ("seconds", "1", ["seconds: a number of seconds is wanted"]),
        ("seconds", -0.5, ["seconds: a number of seconds is wanted"]),
        ("seconds", True, ["seconds: a number of seconds is wanted"]),
        ("seconds", None, ["seconds: a number of seconds is wanted"]),
        ("seconds", 0, []),
        ("seed", -1, ["seed: -1 is below 0"]),
        ("seed", None, ["seed: a whole number is wanted, this is null"]),
        ("solver", 5, ["solver: text is wanted"]),
        ("prices", [], ["prices: null or an object is wanted, this is a list"]),
        ("prices", {}, ["prices.r: is missing"]),
        ("prices", {"r": 0}, []),
        ("prices", {"r": -1}, ["prices.r: -1 is below 0"]),
        ("prices", {"r": 1, "s": 1}, ["prices.s: there is no such field"]),
        ("infeasible_because", {}, ["infeasible_because: null or a list is wanted, this is an object"]),
        ("infeasible_because", [], ["infeasible_because: null is wanted in a plan that says optimal"]),
        ("more", 1, ["more: there is no such field"]),
        ("assignments", {}, ["assignments: a list is wanted, this is an object", LEFT_A, LEFT_B]),
        ("assignments[0]", 5, ["assignments[0]: an object is wanted, this is a whole number", LEFT_A]),
        ("assignments[0].colour", "red", ["assignments[0].colour: there is no such field"]),
        (
            "assignments",
            PLAN["assignments"][::-1],
            ["assignments[1]: not in the order of needs, then resources"],
        ),
        (
            "assignments",
            [PLAN["assignments"][1], *PLAN["assignments"]],
            [
                "assignments[1]: not in the order of needs, then resources",
                "assignments[2]: the pair is there twice",
                "need b: 2 units, 1 are wanted",
                "resource r: 3 used, its capacity is 2",
                "resource r: need b until 5 and need b from 0 overlap",
            ],
        ),
        (
            "assignments",
            PLAN["assignments"][:1] * 2,
            ["assignments[1]: the pair is there twice", "need a: 2 units, 1 are wanted", LEFT_B],
        ),
        ("assignments[0].quantity", 0, ["assignments[0].quantity: 0 is below 1", LEFT_A]),
        ("assignments[0].need", "z", ["assignments[0].need: no need of the problem has this id", LEFT_A]),
        ("assignments[0].need", 7, ["assignments[0].need: no need of the problem has this id", LEFT_A]),
        ("assignments[0].resource", "a", ["assignments[0].resource: no resource of the problem has this id", LEFT_A]),
        ("assignments[0].starts", [], ["need a on resource r: starts are for timed needs only"]),
        (
            "assignments[1].starts",
            5,
            [
                "assignments[1].starts: a list is wanted, this is a whole number",
                "need b on resource r: 0 starts for 1 units",
            ],
        ),
        ("assignments[1].starts", [1, "2"], ["assignments[1].starts[1]: a whole number is wanted, this is text"]),
        (
            "assignments[1].starts",
            [1, 2],
            ["need b on resource r: 2 starts for 1 units", "resource r: need b until 6 and need b from 2 overlap"],
        ),
        (
            "assignments[1]",
            {"need": "b", "resource": "r", "quantity": 1},
            ["need b on resource r: 0 starts for 1 units"],
        ),
        ("assignments[1]", {"need": "b", "resource": "r"}, ["assignments[1].quantity: is missing", LEFT_B]),
        ("unmet", 5, ["unmet: a list is wanted, this is a whole number"]),
        ("unmet", [UNMET], [NOTHING_LEFT]),
        ("unmet", [{**UNMET, "need": "z"}], ["unmet[0].need: no need of the problem has this id"]),
        ("unmet", [{**UNMET, "quantity": 0}], ["unmet[0].quantity: 0 is below 1"]),
        ("unmet", [{**UNMET, "reason": "sloth"}], ["unmet[0].reason: there is no such reason", NOTHING_LEFT]),
        ("unmet", [{**UNMET, "reason": ["capacity"]}], ["unmet[0].reason: there is no such reason", NOTHING_LEFT]),
        ("unmet", [{**UNMET, "more": 1}], ["unmet[0].more: there is no such field", NOTHING_LEFT]),
        ("unmet", [{"need": "a", "quantity": 1}], ["unmet[0].fix: is missing", "unmet[0].reason: is missing"]),
    ],
)
def test_whatever_is_wrong_with_a_plans_form_is_a_violation(tmp_path: Path, at: str, value: Any, words: list[str]):
    assert violations(tmp_path, put(PLAN, at, value)) == words


PINNED = {**SMALL, "fixed": [{"need": "a", "resource": "r"}], "floors": [{"id": "f", "needs": ["a"], "minimum": 1}]}


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (None, []),
        ([], []),
        ([{"required": "a"}, {"floor": "f"}, {"fixed": 0}], []),
        (["a"], ["infeasible_because[0]: one of required, floor, fixed is wanted"]),
        ([{"fixed": 0}, {"wish": 0}], ["infeasible_because[1]: one of required, floor, fixed is wanted"]),
        ([{"fixed": 0, "floor": "f"}], ["infeasible_because[0]: one of required, floor, fixed is wanted"]),
        ([{}], ["infeasible_because[0]: one of required, floor, fixed is wanted"]),
        *(
            ([{kind: which}], [f"infeasible_because[0].{kind}: the problem has none of this name"])
            for kind, which in (("required", "z"), ("required", 0), ("floor", "g"), ("fixed", 1), ("fixed", -1))
        ),
        ([{"fixed": False}], ["infeasible_because[0].fixed: the problem has none of this name"]),
        ([{"floor": ["f"]}], ["infeasible_because[0].floor: the problem has none of this name"]),
    ],
)
def test_what_can_not_hold_together_is_named_as_the_problem_names_it(tmp_path: Path, because: Any, words: list[str]):
    p = parse_problem(json.dumps(PINNED))
    nothing = {"status": "infeasible", "objective": None, "bound": None, "gap": None, "assignments": []}
    (tmp_path / "plan.json").write_text(json.dumps({**PLAN, **nothing, "infeasible_because": because}))
    plan, wrong = read_plan(tmp_path / "plan.json", p)
    assert wrong == words and verify(p, plan) == []


def test_a_pair_that_is_no_candidate_is_told(tmp_path: Path):
    p = parse_problem(json.dumps(put(SMALL, "candidates", SMALL["candidates"][:1])))
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    _, wrong = read_plan(tmp_path / "plan.json", p)
    assert wrong == ["assignments[1]: the pair is no candidate"]


def test_a_key_twice_is_told_and_units_beyond_64_bits_do_not_crash(tmp_path: Path):
    told = violations(tmp_path, json.dumps(PLAN)[:-1] + ', "seed": 1}')
    assert told == ['the key "seed" stands there twice']
    large = {"need": "a", "resource": "r", "quantity": 2**63 - 1}
    assert "assignments[1]: the pair is there twice" in violations(tmp_path, put(PLAN, "assignments", [large, large]))


def test_a_field_of_a_plan_that_is_missing_is_a_violation(tmp_path: Path):
    for name in PLAN:
        told = violations(tmp_path, {key: value for key, value in PLAN.items() if key != name})
        assert [words for words in told if words.endswith("is missing") and "unmet: need" not in words] == [
            f"{name}: is missing"
        ]


def test_a_plan_that_is_no_object_is_no_plan(tmp_path: Path):
    with pytest.raises(InvalidFile) as told:
        violations(tmp_path, "[]")
    assert told.value.errors == [("", "an object is wanted, this is a list")]
    assert str(told.value) == "an object is wanted, this is a list"


# ── fixes ────────────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = "a whole number is wanted, this is"
FIXES: list[tuple[Any, list[str]]] = [
    ([], []),
    ([{"change": "capacity", "resource": "r", "by": 1}, {"change": "window", "resource": "r", "add": [0, 5]}], []),
    ([{"change": "window", "need": "b", "add": [0, 5]}], []),
    ([{"change": "candidate", "need": "a", "resource": "s", "value": -3, "use": 0, "limit": 1}], []),
    ([{"change": "limit", "need": "a", "resource": "r", "by": 2**63 - 1}], []),
    (5, ["unmet[0].fix: null or a list is wanted, this is a whole number"]),
    ({}, ["unmet[0].fix: null or a list is wanted, this is an object"]),
    ([5], ["unmet[0].fix[0]: an object is wanted, this is a whole number"]),
    (
        [{}, {"change": "capacity", "resource": "r", "by": 1}, {"change": ["split"]}],
        [
            f"unmet[0].fix[{i}].change: one of split, window, limit, capacity, pool, conflict, candidate is wanted"
            for i in (0, 2)
        ],
    ),
    ([{"change": "capacity", "resource": "r"}], ["unmet[0].fix[0].by: is missing"]),
    ([{"change": "capacity", "resource": "r", "by": 0}], ["unmet[0].fix[0].by: 0 is below 1"]),
    (
        [{"change": "capacity", "resource": 7, "by": 1.0}],
        [
            "unmet[0].fix[0].resource: text is wanted, this is a whole number",
            f"unmet[0].fix[0].by: {WHOLE} 1.0",
        ],
    ),
    (
        [{"change": "capacity", "resource": "r", "by": 1, "need": "a"}],
        ["unmet[0].fix[0].need: there is no such field"],
    ),
    (
        [{"change": "capacity", "resource": "z", "by": 1}],
        ["unmet[0].fix: capacity: 'z' is missing, or the problem has none of this name"],
    ),
    ([{"change": "window", "need": "b", "add": [5, 5]}], ["unmet[0].fix[0].add: ends at 5, not after its start 5"]),
    ([{"change": "window", "need": "b", "add": 5}], ["unmet[0].fix[0].add: [start, end] is wanted"]),
    ([{"change": "window", "add": [5, 6]}], ["unmet[0].fix[0].need: is missing"]),
    (
        [{"change": "window", "need": "b", "resource": "r", "add": [5, 6]}],
        ["unmet[0].fix[0].resource: there is no such field"],
    ),
    ([{"change": "conflict", "needs": ["a"]}], ["unmet[0].fix[0].needs: two needs are wanted, these are 1"]),
    (
        [{"change": "conflict", "needs": ["a", ""]}],
        ["unmet[0].fix[0].needs[1]: empty"],
    ),
    (
        [{"change": "conflict", "needs": ["a", "b"]}],
        ["unmet[0].fix: conflict: the problem has none between these needs"],
    ),
    (
        [{"change": "candidate", "need": "a", "resource": "r"}],
        ["unmet[0].fix: a pair of need and resource is listed twice"],
    ),
]


@pytest.mark.parametrize(("fix", "words"), FIXES)
def test_a_fix_is_read_or_told_what_is_wrong_with_it(tmp_path: Path, fix: Any, words: list[str]):
    p = parse_problem(json.dumps(put(SMALL, "resources", [*SMALL["resources"], {"id": "s", "capacity": 0}])))
    document = {**PLAN, "assignments": PLAN["assignments"][1:], "unmet": [{**UNMET, "fix": fix}]}
    (tmp_path / "plan.json").write_text(json.dumps(document))
    plan, wrong = read_plan(tmp_path / "plan.json", p)
    assert wrong == words
    assert plan.unmet[0].fix == (None if words else fix)


def test_a_fix_of_more_than_any_plan_could_use_is_well_formed(tmp_path: Path):
    p = parse_problem(json.dumps({**put(SMALL, "needs[0].quantity", 2**40), "balance": 1}))
    fix = [{"change": "capacity", "resource": "r", "by": 2**62}]
    (tmp_path / "plan.json").write_text(json.dumps({**PLAN, "unmet": [{**UNMET, "fix": fix}]}))
    plan, wrong = read_plan(tmp_path / "plan.json", p)
    assert wrong == [] and plan.unmet[0].fix == fix


@pytest.mark.parametrize("fix", [fix for fix, words in FIXES if fix and not words])
def test_the_schema_has_every_form_of_a_change(fix: Any):
    validator = jsonschema_rs.validator_for(plan_schema())
    validator.validate({**PLAN, "unmet": [{**UNMET, "fix": fix}]})
    with pytest.raises(jsonschema_rs.ValidationError):
        validator.validate({**PLAN, "unmet": [{**UNMET, "fix": [{**fix[0], "more": 1}]}]})
