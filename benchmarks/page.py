"""Figures written into a page of the documentation, between two marks, with where and when they come from."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "optimizer.md"


def machine() -> str:
    """Return where and when the figures come from."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({(models or [platform.machine()])[0]}), Python "
        f"{platform.python_version()}, ortools {version('ortools')}; {load:.1f} programs wanted the cores at the start."
    )


def write(name: str, figures: str) -> None:
    """Put figures between the marks of a benchmark."""
    begin, end = f"<!-- {name}: written by `python -m benchmarks.{name} --write` -->", f"<!-- end of {name} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    _, mark, after = rest.partition(end)
    assert mark, f"{PAGE} has no marks for {name}"
    PAGE.write_text(f"{before}{begin}\n{figures}\n{end}{after}", encoding="utf-8")
