"""The pages say what the code says."""

import re
from pathlib import Path

import pytest

from docs.reference import PAGE, page
from matching.candidates import Rule
from matching.reasons import REASONS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def test_the_reference_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_link_between_pages_leads_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_rule_has_its_reason_in_words():
    assert {str(rule) for rule in Rule} <= set(REASONS)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_is_given_somewhere(code: str):
    given = {str(rule) for rule in Rule} | set(
        re.findall(r'"([a-z_]+)"', (ROOT / "matching" / "night_plan.py").read_text(encoding="utf-8"))
    )
    assert code in given


def test_the_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme and "make test" in readme


def test_the_lock_has_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--index-url|--find-links", lock)
