"""The capability tree, read from `capabilities.csv`; a row a capability, parents before their children."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random

from graph.model.capabilities import Capability, CapabilityKind
from graph.model.resources import Provided
from seeds.chance import between


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The capabilities and what the generator must know of them.

    Parameters
    ----------
    expired
        For each capability that needs a certificate, the share of people whose certificate has run out.
    """

    capabilities: Mapping[str, Capability]
    expired: Mapping[str, float]

    def name(self, capability: str) -> str:
        """Return the Chinese name."""
        return self.capabilities[capability].name


@dataclass(frozen=True, slots=True)
class Skilled:
    """A capability with the range of levels in which it is offered or asked."""

    capability: str
    levels: tuple[int, int]

    @classmethod
    def parse(cls, text: str, otherwise: tuple[int, int]) -> Skilled:
        """Return the value of `plumbing`, `plumbing:3` or `plumbing:2-4`.

        Raises
        ------
        ValueError
            The capability is not in the tree, or a level is not 1 to 5.
        """
        capability, _, levels = text.partition(":")
        if capability not in vocabulary().capabilities:
            raise ValueError(f"{text!r}: capabilities.csv has no {capability!r}")
        if not levels:
            return cls(capability, otherwise)
        low, _, high = levels.partition("-")
        bounds = int(low), int(high or low)
        if not 1 <= bounds[0] <= bounds[1] <= 5:
            raise ValueError(f"{text!r}: levels go from 1 to 5")
        return cls(capability, bounds)

    def provided(self, chance: Random, today: date) -> Provided:
        """Return it as offered by somebody whose papers are in order."""
        until = today + timedelta(days=chance.randint(60, 1400))
        certified = self.capability in vocabulary().expired
        return Provided(self.capability, between(chance, self.levels), until if certified else None)


@cache
def vocabulary() -> Vocabulary:
    """Return the capability tree."""
    capabilities: dict[str, Capability] = {}
    expired: dict[str, float] = {}
    with files(__package__).joinpath("capabilities.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            is_a = tuple(row["is_a"].split(";")) if row["is_a"] else ()
            missing = [parent for parent in is_a if parent not in capabilities]
            if missing:
                raise ValueError(f"capabilities.csv: {row['id']} comes before its parents {missing}")
            capabilities[row["id"]] = Capability(row["id"], row["name"], CapabilityKind(row["kind"]), row["unit"], is_a)
            if row["expired"]:
                expired[row["id"]] = float(row["expired"])
    return Vocabulary(capabilities, expired)
