"""What `renling doctor` asks the store about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from graph import schema
from graph.model.times import from_milliseconds
from graph.store.transaction import Transaction

_CLOCK = "RETURN timestamp() AS now"
_MASTERS = "MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL RETURN k.master AS master, count(k) AS keys"
_LEASES = """
MATCH (l:Lease) WHERE l.holder <> '' RETURN l.id AS name, l.holder AS holder, l.until AS until ORDER BY name"""

_KEPT_TOO_LONG = "MATCH (p:Person) WHERE p.keep_until < $today RETURN count(p) AS people"


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

    def kept_too_long(self, today: date) -> int:
        """Return how many people are past the last day on which they are to be kept."""
        row = self._transaction.one(_KEPT_TOO_LONG, today=schema.PERSON.properties["keep_until"].encode(today))
        return int(row["people"]) if row else 0

    def leases(self) -> list[Lease]:
        """Return the leases that were not given back, run out or not."""
        return [
            Lease(row["name"], row["holder"], from_milliseconds(row["until"]))
            for row in self._transaction.rows(_LEASES)
        ]
