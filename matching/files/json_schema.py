"""JSON Schemas of a problem and a plan, from the declaration; docs/*.schema.json are made by `make docs`."""

from __future__ import annotations

from typing import Any

from matching.files.declaration import (
    CHANGES,
    NUMBERS,
    PLAN,
    PROBLEM,
    REQUIRED,
    REQUIRED_TABLES,
    TABLES,
    Field,
    Kind,
)
from matching.files.rows import LARGEST, SMALLEST
from matching.plan import PlanStatus, Reason

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID: dict[str, Any] = {"type": "string", "minLength": 1}
_INTEGER: dict[str, Any] = {"type": "integer", "minimum": SMALLEST, "maximum": LARGEST}
_MINUTE: dict[str, Any] = {**_INTEGER, "minimum": 0}


def problem_schema() -> dict[str, Any]:
    """Return the schema of `renling-problem/1`.

    It says what a schema can: not that ids are unique and known, that windows are apart, that sums fit into 62 bits,
    nor that 2.0 is no integer here.
    """
    properties: dict[str, Any] = {"format": {"const": PROBLEM}}
    for name, fields in TABLES.items():
        properties[name] = {"type": "array", "items": _object(fields)}
    properties |= {field.name: _field(field) for field in NUMBERS}
    return {
        "$schema": _DIALECT,
        "title": PROBLEM,
        "type": "object",
        "properties": properties,
        "required": ["format", *REQUIRED_TABLES],
        "additionalProperties": False,
    }


def plan_schema() -> dict[str, Any]:
    """Return the schema of `renling-plan/1`."""
    quantity = {**_INTEGER, "minimum": 1}
    number_or_null = {**_INTEGER, "type": ["integer", "null"]}
    assignment = {
        "need": _ID,
        "resource": _ID,
        "quantity": quantity,
        "starts": {"type": "array", "items": _INTEGER, "description": "ascending, one a unit; of timed needs only"},
    }
    unmet = {
        "need": _ID,
        "quantity": quantity,
        "reason": {"enum": [str(reason) for reason in Reason]},
        "fix": {"type": ["array", "null"], "items": {"oneOf": [_change(kind, fields) for kind, fields in CHANGES]}},
    }
    because = [
        {"type": "object", "properties": {name: of}, "required": [name], "additionalProperties": False}
        for name, of in (("required", _ID), ("floor", _ID), ("fixed", _MINUTE))
    ]
    properties: dict[str, Any] = {
        "format": {"const": PLAN},
        "status": {"enum": [str(status) for status in PlanStatus]},
        "objective": number_or_null,
        "bound": number_or_null,
        "gap": {"type": ["object", "null"], "properties": {"objective": _MINUTE}, "required": ["objective"]},
        "solver": {"type": "string"},
        "seconds": {"type": "number", "minimum": 0},
        "seed": _MINUTE,
        "assignments": {"type": "array", "items": _closed(assignment, ["need", "resource", "quantity"])},
        "unmet": {"type": "array", "items": _closed(unmet, list(unmet))},
        "infeasible_because": {"type": ["array", "null"], "items": {"oneOf": because}},
        "prices": {"type": ["object", "null"], "additionalProperties": _MINUTE},
    }
    return {"$schema": _DIALECT, "title": PLAN, **_closed(properties, list(properties))}


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _change(kind: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    described = _object(fields)
    return {
        **described,
        "properties": {"change": {"const": kind}, **described["properties"]},
        "required": ["change", *described["required"]],
    }


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    required = [field.name for field in fields if field.default is REQUIRED]
    return _closed({field.name: _field(field) for field in fields}, required)


def _field(field: Field) -> dict[str, Any]:
    schema: dict[str, Any]
    window = {"type": "array", "items": _MINUTE, "minItems": 2, "maxItems": 2}
    if field.kind is Kind.INTEGER:
        schema = dict(_INTEGER) if field.minimum is None else {**_INTEGER, "minimum": field.minimum}
    elif field.kind is Kind.BOOLEAN:
        schema = {"type": "boolean"}
    elif field.kind is Kind.ID:
        schema = dict(_ID)
    elif field.kind is Kind.WINDOW:
        schema = window
    elif field.kind is Kind.WINDOWS:
        schema = {"type": "array", "items": window}
    elif field.kind is Kind.SCOPE:
        schema = {"const": "resource"}
    else:
        schema = {"type": "array", "items": _ID, "uniqueItems": True}
        if field.kind is Kind.PAIR:
            schema |= {"minItems": 2, "maxItems": 2}
    if field.nullable:
        schema["type"] = [schema["type"], "null"]
    if field.meaning:
        schema["description"] = field.meaning
    if field.default is not REQUIRED and not field.default_words:
        schema["default"] = field.default
    return schema
