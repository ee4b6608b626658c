"""Writes docs/reference.md from the code: `make docs`. A test fails where the page is out of date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import app as commands
from api.http.app import create_app
from api.http.errors import OTHER_CODES, STATUS
from api.settings import Settings
from api.terminal import EXIT_CODES
from docs.markdown import table
from graph.model.times import SystemClock
from matching.lifecycle import ASSIGNMENT
from matching.permissions import MAY
from matching.reasons import REASONS

PAGE = Path(__file__).with_name("reference.md")


def first_line(text: str | None) -> str:
    """Return a docstring's first line."""
    return (text or "").strip().split("\n")[0]


def settings() -> Iterator[str]:
    """Yield the settings."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "none" if field.default is None else f"`{field.default}`"
        rows.append((f"`RENLING_{name.upper()}`", default, field.description))
    yield from table(("setting", "default", "what it is"), rows)


def command_line() -> Iterator[str]:
    """Yield every command with its options, and the exit codes."""
    rows = []

    def walk(name: str, command: Any) -> None:
        if isinstance(command, TyperGroup):
            for sub, child in sorted(command.commands.items()):
                walk(f"{name} {sub}", child)
            return
        options = ", ".join(f"`{p.opts[0]}`" for p in command.params if p.param_type_name == "option")
        arguments = "".join(f" {p.name.upper()}" for p in command.params if p.param_type_name == "argument")
        rows.append((f"`{name}{arguments}`", first_line(command.help), options or "none"))

    walk("renling", typer.main.get_command(commands))
    yield from table(("command", "what it does", "options"), rows)
    yield from table(("exit code", "meaning"), EXIT_CODES.items())


def endpoints() -> Iterator[str]:
    """Yield every route."""
    document = create_app(None, SystemClock()).openapi()  # type: ignore[arg-type]  # nothing is asked of it
    rows = [
        (f"`{method.upper()} {path}`", operation["description"].split("\n")[0], ", ".join(operation["responses"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    yield from table(("route", "what it does", "answers"), rows)


def roles() -> Iterator[str]:
    """Yield who may do what."""
    yield from table(("act", "roles"), ((act, ", ".join(sorted(may))) for act, may in MAY.items()))


def errors() -> Iterator[str]:
    """Yield every code."""
    rows = [(f"`{kind.code}`", int(status), first_line(kind.__doc__)) for kind, status in STATUS.items()]
    rows += [(f"`{code}`", int(status), words) for code, (status, words) in OTHER_CODES.items()]
    yield from table(("code", "status", "meaning"), sorted(rows, key=lambda r: (r[1], r[0])))


def reasons() -> Iterator[str]:
    """Yield why needs are not served."""
    yield from table(("code", "meaning", "中文"), ((f"`{c}`", *words) for c, words in REASONS.items()))


def lifecycle() -> Iterator[str]:
    """Yield the table of an assignment's life and its picture."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> offered: offer"
    for step in ASSIGNMENT.steps:
        yield f"    {step.before} --> {step.after}: {step.verb}"
    yield "```"
    yield ""
    yield from table(
        ("from", "verb", "to", "by", "requires"),
        (
            (s.before, s.verb, s.after, ", ".join(sorted(s.by)), ", ".join(c.name for c in s.requires))
            for s in ASSIGNMENT.steps
        ),
    )


SECTIONS = {
    "Settings": settings,
    "Command line": command_line,
    "HTTP routes": endpoints,
    "Roles": roles,
    "Error codes": errors,
    "Why a need is not served": reasons,
    "The life of an assignment": lifecycle,
}


def page() -> str:
    """Return the whole page."""
    lines = ["# Reference", "", "Made from the code by `make docs`; change the code, not this page.", ""]
    lines += ["What stands in the graph: [the data dictionary](data-dictionary.md).", ""]
    for title, section in SECTIONS.items():
        lines += [f"## {title}", "", *section()]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
