"""The pages say what the code says."""

import re
from pathlib import Path

import pytest

from docs import dictionary, reference, tables
from graph import schema
from matching.candidates import Rule
from matching.reasons import REASONS

OTHER = {"common", "later"}  # in dictionary.toml, no things of the graph
ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def test_the_reference_is_up_to_date():
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run `make docs`"


def test_the_data_dictionary_is_up_to_date():
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page(), "run `make docs`"


def test_everything_in_the_graph_is_explained_and_nothing_else():
    declared = {thing.label: thing.properties for thing in schema.NODES} | {
        thing.type: thing.properties for thing in schema.RELATIONSHIPS
    }
    words = dictionary.words()
    missing = [
        f"{t}.{p}" for t, properties in declared.items() for p in ("", *properties) if not dictionary.meaning(t, p)
    ]
    unknown = [f"{t}.{p}" for t in words.keys() - OTHER for p in words[t] if p and p not in declared.get(t, {})]
    assert (missing, unknown, words.keys() - OTHER - declared.keys()) == ([], [], set())


def test_what_nothing_writes_yet_is_on_one_list_and_nothing_else_is() -> None:
    own = ("invariants.py", "declaring.py", "migrations.py")  # those name what is there, whoever writes it
    source = "\n".join(p.read_text() for p in (ROOT / "graph" / "store").glob("*.py") if p.name not in own)
    constants = {id(thing): name for name, thing in vars(schema).items()}
    declared = {n.label: n for n in schema.NODES} | {r.type: r for r in schema.RELATIONSHIPS}
    unwritten = {
        name
        for name, thing in declared.items()
        if not re.search(rf"schema\.{constants[id(thing)]}\b|:{name}\b", source)
    }
    later = dictionary.words()["later"].keys()
    assert {name for name in later if name in declared} == unwritten
    for thing, _, name in (entry.partition(".") for entry in later):
        if name in getattr(declared.get(thing), "properties", ()):
            assert not re.search(rf"\.{name} = ", source), f"{thing}.{name} is written: take it off the list"


def test_the_columns_of_the_tables_are_up_to_date():
    assert tables.PAGE.read_text(encoding="utf-8") == tables.page(), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_link_between_pages_leads_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_rule_has_its_reason_in_words():
    assert {str(rule) for rule in Rule} <= set(REASONS)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_is_given_somewhere(code: str):
    given = {str(rule) for rule in Rule} | set(
        re.findall(r'"([a-z_]+)"', (ROOT / "matching" / "night" / "reasons.py").read_text(encoding="utf-8"))
    )
    assert code in given


def test_the_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme and "make test" in readme


def test_the_lock_has_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--index-url|--find-links", lock)
