"""Writes the columns into docs/tables.md from the code: `make docs`. A test fails where the page is out of date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docs.markdown import table
from seeds.tables.subjects import SUBJECTS

PAGE = Path(__file__).with_name("tables.md")
MARK = "<!-- The columns below are made from the code by `make docs`; write above this line. -->"


def columns() -> Iterator[str]:
    """Yield the columns of every table."""
    for name, subject in SUBJECTS.items():
        yield f"### {name} {subject.table.title}"
        yield ""
        rows = []
        for column in subject.table.columns:
            marks = [
                mark
                for mark, holds in (
                    ("required", column.required),
                    ("personal", column.personal),
                    ("only written out", column.shown),
                )
                if holds
            ]
            rows.append(
                (column.header, f"`{column.name}`", ", ".join(marks), column.help, "、".join(column.also) or "none")
            )
        yield from table(("column", "in English", "", "what stands in it", "also called"), rows)


def page() -> str:
    """Return the whole page: what was written by hand, and the columns."""
    by_hand, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    return "\n".join([f"{by_hand}{MARK}", "", "## The columns", "", *columns()]).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
