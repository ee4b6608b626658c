"""Writes docs/data-dictionary.md from the schema and dictionary.toml: `make docs`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.markdown import table
from graph import schema
from graph.properties import Integer, OneOf, Property, Secret, SomeOf, Text

PAGE = Path(__file__).with_name("data-dictionary.md")
_WORDS = Path(__file__).with_name("dictionary.toml")


def words() -> dict[str, dict[str, str]]:
    """Return thing → property → meaning; "" is the thing itself; `later` lists what nothing writes yet."""
    found: dict[str, dict[str, str]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return found


def meaning(thing: str, name: str) -> str | None:
    """Return what a property means, or None where nobody wrote it down."""
    all_words = words()
    return all_words.get(thing, {}).get(name) or all_words["common"].get(name)


def _type(rule: Property) -> str:
    if isinstance(rule, OneOf | SomeOf):
        values = ", ".join(f"`{value}`" for value in rule.of)
        return f"one of {values}" if isinstance(rule, OneOf) else f"some of {values}"
    if isinstance(rule, Text):
        return f"text, at most {rule.longest:,} characters"
    if isinstance(rule, Integer):
        low = f" from {rule.minimum:,}" if rule.minimum > -(2**63) else ""
        high = f" to {rule.maximum:,}" if rule.maximum < 2**63 - 1 else ""
        return f"whole number{low}{high}"
    return {
        "Number": "number",
        "Flag": "true or false",
        "Instant": "moment, as milliseconds since 1970",
        "Day": "date, as YYYY-MM-DD",
        "Integers": "list of whole numbers",
        "Points": "list of degrees",
        "Words": "list of texts",
    }[type(rule).__name__]


def _marks(rule: Property) -> str:
    marks = [mark for mark in ("key", "unique", "index", "optional") if getattr(rule, mark)]
    if isinstance(rule, Secret):
        marks.append("encrypted")
        if rule.search:
            marks.append("found by keyed hash")
    if isinstance(rule, Text) and rule.fulltext:
        marks.append("full text")
    return ", ".join(marks)


def _properties(thing: str, properties: Mapping[str, Property]) -> Iterator[str]:
    if properties:
        yield from table(
            ("property", "meaning", "type", ""),
            ((f"`{name}`", meaning(thing, name), _type(rule), _marks(rule)) for name, rule in properties.items()),
        )


def page() -> str:
    """Return the whole page."""
    lines = [
        "# Data dictionary 数据字典",
        "",
        "Made from `graph/schema.py` and `docs/dictionary.toml` by `make docs`; change these, not this page.",
        f"Schema version {schema.VERSION}. What is encrypted is sealed under its owner's own key.",
        "",
        "## Nodes",
        "",
    ]
    for node in schema.NODES:
        lines += [f"### {node.label}", "", meaning(node.label, "") or "", "", *_properties(node.label, node.properties)]
    lines += ["## Relationships", ""]
    for relationship in schema.RELATIONSHIPS:
        joins = ", ".join(f"{a.label} → {b.label}" for a, b in relationship.pairs)
        lasting = " Lasting: closed, never deleted." if relationship.lasting else ""
        lines += [f"### {relationship.type}", "", f"{joins}. {meaning(relationship.type, '')}.{lasting}", ""]
        own = {name: rule for name, rule in relationship.properties.items() if name not in ("since", "until")}
        lines += _properties(relationship.type, own)
    lines += ["## Not yet written", "", "The design names it, and nothing writes it yet.", ""]
    lines += table(("what", "comes with"), ((f"`{name}`", work) for name, work in words()["later"].items()))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
