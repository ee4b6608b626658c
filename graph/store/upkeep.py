"""What `renling doctor` asks the store about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graph.model.times import from_milliseconds
from graph.store.transaction import Transaction

_CLOCK = "RETURN timestamp() AS now"
_MASTERS = "MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL RETURN k.master AS master, count(k) AS keys"
_LEASES = """
MATCH (l:Lease) WHERE l.holder <> '' RETURN l.id AS name, l.holder AS holder, l.until AS until ORDER BY name"""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at something, or was when it was killed."""

    name: str
    holder: str
    until: datetime


class Upkeep:
    """The store's clock, the master keys that it needs, the leases that somebody has."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def now(self) -> datetime:
        """Return what the store's own clock shows."""
        row = self._transaction.one(_CLOCK)
        return from_milliseconds(row["now"] if row else 0)

    def masters(self) -> dict[str, int]:
        """Return how many data keys each master key has wrapped, by its name."""
        return {row["master"]: int(row["keys"]) for row in self._transaction.rows(_MASTERS)}

    def leases(self) -> list[Lease]:
        """Return the leases that were not given back, run out or not."""
        return [
            Lease(row["name"], row["holder"], from_milliseconds(row["until"]))
            for row in self._transaction.rows(_LEASES)
        ]
