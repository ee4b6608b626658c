"""Ids: text, made by the application."""

from __future__ import annotations

from uuid import UUID, uuid5

from uuid6 import uuid7

NAMESPACE = UUID("5d1c9a52-6b0e-5f0b-9a53-4f7d4d0c6b01")


def new_id() -> str:
    """Return a new id that sorts by the time it was made (UUIDv7)."""
    return str(uuid7())


def natural_id(*parts: object) -> str:
    """Return the id of a natural key (UUIDv5): the same parts always name the same thing."""
    return str(uuid5(NAMESPACE, "/".join(str(part) for part in parts)))
