"""The page of the format and its schemas say what the code does."""

import json
import random
import re

import jsonschema_rs
import pytest

from docs import problem_format
from matching import solve
from matching.files import InvalidFile, parse_problem, plan_document
from matching.files.json_schema import plan_schema, problem_schema
from tests.test_problem_files import FULL, SMALL, changed

TEXT = problem_format.PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```\s*```json\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_tables_are_up_to_date():
    assert problem_format.page(TEXT) == TEXT, "run `make docs`"
    assert "| `quantity` | integer ≥ 1 | `1` |" in TEXT


@pytest.mark.parametrize("path", problem_format.SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_up_to_date(path):
    made = problem_format.schema_text(problem_format.SCHEMAS[path]())
    assert path.read_text(encoding="utf-8") == made, "run `make docs`"


@pytest.mark.parametrize(("problem", "wanted"), EXAMPLES, ids=[str(i) for i in range(len(EXAMPLES))])
def test_an_example_of_the_page_comes_to_what_the_page_says(problem: str, wanted: str):
    stated = parse_problem(problem)
    plan = plan_document(stated, solve(stated, prices=True))
    expected = json.loads(wanted)
    assert {name: plan[name] for name in expected} == expected


@pytest.mark.parametrize(("problem", "wanted"), EXAMPLES, ids=[str(i) for i in range(len(EXAMPLES))])
def test_the_schemas_fit_the_examples_and_their_plans(problem: str, wanted: str):
    assert len(EXAMPLES) >= 8
    jsonschema_rs.validator_for(problem_schema()).validate(json.loads(problem))
    stated = parse_problem(problem)
    plan = plan_document(stated, solve(stated))
    jsonschema_rs.validator_for(plan_schema()).validate(plan)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validator_for(plan_schema()).validate({**plan, "more": 1})


BEYOND_A_SCHEMA = (
    "has this id", "has the same", "is the same pair", "not after its start", "two of them overlap",
    "one of them is in", "the need is not timed", "the pair is no candidate", "1 is wanted beside a start",
    "the values are too large",
)  # fmt: skip


def test_the_schema_takes_what_the_reader_takes_and_refuses_what_it_refuses():
    validator, chance = jsonschema_rs.validator_for(problem_schema()), random.Random(5)
    seen = set()
    for _ in range(1500):
        document = changed(chance.choice([FULL, SMALL]), chance)
        try:
            parse_problem(json.dumps(document))
            errors = []
        except InvalidFile as told:
            errors = told.errors
        of_form = [words for _, words in errors if not any(part in words for part in BEYOND_A_SCHEMA)]
        if of_form or not errors:
            assert validator.is_valid(document) is not bool(of_form), (document, errors)
        seen.add((bool(errors), bool(of_form)))
    assert seen == {(False, False), (True, False), (True, True)}
