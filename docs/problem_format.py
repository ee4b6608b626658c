"""Writes what is made from the format's declaration: the tables of problem-format.md and the JSON Schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.tables import table
from matching.files.declaration import CHANGES, NUMBERS, REQUIRED, TABLES, Field
from matching.files.json_schema import plan_schema, problem_schema

PAGE = Path(__file__).with_name("problem-format.md")
SCHEMAS = {
    PAGE.with_name("problem.schema.json"): problem_schema,
    PAGE.with_name("plan.schema.json"): plan_schema,
}


def _default(field: Field) -> str:
    if field.default is REQUIRED:
        return "required"
    return field.default_words or f"`{json.dumps(field.default)}`"


def _kind(field: Field) -> str:
    words = f"id of {field.refers}" if field.refers and field.kind == "id" else str(field.kind)
    return words if field.minimum is None else f"{words} ≥ {field.minimum}"


def _fields(fields: tuple[Field, ...]) -> Iterator[str]:
    yield from table(
        ("field", "what", "default", "meaning"), ((f"`{f.name}`", _kind(f), _default(f), f.meaning) for f in fields)
    )


def _changes() -> Iterator[str]:
    rows = []
    for kind, fields in CHANGES:
        told = "; ".join(f"`{field.name}`: {field.meaning}" for field in fields if field.meaning)
        rows.append((f"`{kind}`", ", ".join(f"`{field.name}`" for field in fields), told))
    yield from table(("change", "its fields", "meaning"), rows)


def page(text: str) -> str:
    """Return the page with the tables made anew that stand between `<!-- fields of … -->` and `<!-- end -->`."""

    def made(found: re.Match[str]) -> str:
        name = found.group(1)
        rows = _changes() if name == "changes" else _fields(TABLES.get(name, NUMBERS))
        lines = "\n".join(rows).rstrip()
        return f"<!-- fields of {name} -->\n{lines}\n<!-- end -->"

    return re.sub(r"<!-- fields of (\w+) -->\n.*?<!-- end -->", made, text, flags=re.DOTALL)


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    for path, schema in SCHEMAS.items():
        path.write_text(schema_text(schema()), encoding="utf-8")
