"""Whether the tests of the verifier and of the files' readers notice when these are changed.

mutmut makes one small change after another ([tool.mutmut] in pyproject.toml says where) and runs the tests that reach
it. What survives is told; data/mutants.toml says which lines change nothing, and why.
"""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.web import BIN

ROOT = Path(__file__).parents[1]
SURVIVED = (0, 33)  # every test passed; no test reaches it
MOST = 0.05


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nearly_every_change_of_the_verifier_and_the_readers_is_noticed(tmp_path: Path):
    for name in ("api", "graph", "matching", "seeds", "docs", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ran = subprocess.run(
        [str(BIN / "mutmut"), "run", "--max-children", "2"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    mutants = {}
    for found in (tmp_path / "mutants").rglob("*.meta"):
        mutants |= json.loads(found.read_text())["exit_code_by_key"]
    assert mutants and None not in mutants.values(), ran.stdout[-2000:] + ran.stderr[-2000:]
    known = tomllib.loads((Path(__file__).parent / "data" / "mutants.toml").read_text())["known"]
    survived = []
    for name in sorted(name for name, code in mutants.items() if code in SURVIVED):
        shown = subprocess.run([str(BIN / "mutmut"), "show", name], cwd=tmp_path, capture_output=True, text=True)
        lines = [line[1:].strip() for line in shown.stdout.splitlines() if re.match(r"\+(?!\+\+)", line)]
        if not any(re.search(one["becomes"], line) for one in known for line in lines):
            survived.append((name, *lines))
    assert len(survived) <= MOST * len(mutants), f"{len(survived)} of {len(mutants)}: {survived}"
