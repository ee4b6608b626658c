"""Nodes and relationships as the schema declares them: checked and sealed on the way in, decoded on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graph.properties import Property, SchemaViolation, Secret


class Seal(Protocol):
    """How one owner's personal texts are kept."""

    def seal(self, clear: str, place: str) -> str:
        """Return the sealed form of a text that belongs at a place."""
        ...

    def hash(self, clear: str, place: str) -> str:
        """Return the keyed hash by which the text can be found again."""
        ...


@dataclass(frozen=True, slots=True)
class Node:
    """A label and its properties."""

    label: str
    properties: Mapping[str, Property]

    @property
    def key(self) -> str:
        """The name of the key property."""
        return next(name for name, rule in self.properties.items() if rule.key)

    @property
    def secrets(self) -> dict[str, Secret]:
        """The personal properties."""
        return {name: rule for name, rule in self.properties.items() if isinstance(rule, Secret)}

    def encode(self, values: Mapping[str, Any], seal: Seal | None = None) -> dict[str, Any]:
        """Return the properties as the store keeps them.

        Parameters
        ----------
        seal
            The owner's; None where nothing is personal.

        Raises
        ------
        SchemaViolation
            A property that is not declared, is missing, or breaks its rule. The message names the place
            and the rule, never the value of a personal property.
        """
        unknown = values.keys() - self.properties.keys()
        if unknown:
            raise SchemaViolation(f"{self.label} has no property {sorted(unknown)}")
        encoded = self.encode_changes(
            values.get(self.key, ""), {name: values.get(name) for name in self.properties}, seal
        )
        return {name: value for name, value in encoded.items() if value is not None}

    def encode_changes(self, key: str, values: Mapping[str, Any], seal: Seal | None = None) -> dict[str, Any]:
        """Return some properties of a node that is there as the store keeps them; None takes one away.

        Raises
        ------
        SchemaViolation
            As `encode`.
        """
        encoded: dict[str, Any] = {}
        for name, value in values.items():
            rule = self.properties[name]
            searched = isinstance(rule, Secret) and rule.search
            if value is None:
                if not rule.optional:
                    raise SchemaViolation(f"{self.label}.{name}: missing")
                encoded |= {name: None} | ({f"{name}_hash": None} if searched else {})
                continue
            try:
                encoded[name] = rule.encode(value)
            except (ValueError, TypeError) as error:
                raise SchemaViolation(f"{self.label}.{name}: {error}") from error
            if isinstance(rule, Secret):
                if seal is None:
                    raise SchemaViolation(f"{self.label}.{name}: is personal, and nobody's key was given")
                clear = encoded[name]
                encoded[name] = seal.seal(clear, place(self.label, name, key))
                if searched:
                    encoded[f"{name}_hash"] = seal.hash(clear, f"{self.label}.{name}")
        return encoded

    def decode(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the declared properties as values; secrets and what is not declared are left out."""
        return {
            name: None if properties.get(name) is None else rule.decode(properties[name])
            for name, rule in self.properties.items()
            if not isinstance(rule, Secret)
        }


def place(label: str, name: str, key: str) -> str:
    """Return the place of a sealed property; bound into its encryption, so it can't be moved elsewhere."""
    return f"{label}.{name}:{key}"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship type.

    Parameters
    ----------
    pairs
        (start, end) nodes that it may join.
    lasting
        It changes over the years: it carries `since` and, once over, `until`; closed, never deleted.
    """

    type: str
    pairs: tuple[tuple[Node, Node], ...]
    properties: Mapping[str, Property]
    lasting: bool = False

    def encode(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties as the store keeps them.

        Raises
        ------
        SchemaViolation
            A property that is not declared or breaks its rule; the message names the place and the rule.
        """
        encoded: dict[str, Any] = {}
        for name, value in values.items():
            if name not in self.properties:
                raise SchemaViolation(f"{self.type} has no property {name}")
            if value is None:
                continue
            try:
                encoded[name] = self.properties[name].encode(value)
            except (ValueError, TypeError) as error:
                raise SchemaViolation(f"{self.type}.{name}: {error}") from error
        return encoded
