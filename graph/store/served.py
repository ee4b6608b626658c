"""What was served before a city was loaded: closed needs with their confirmed assignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph import schema
from graph.model.assignments import Assignment
from graph.model.needs import Need
from graph.store.loading import Loading
from graph.store.needs import write_needs


@dataclass(frozen=True, slots=True)
class Served:
    """A closed need and what served it.

    Parameters
    ----------
    capacity
        Of the resource in that period, of which nothing else is taken.
    """

    need: Need
    assignment: Assignment
    capacity: int


def write_served(loading: Loading, served: Sequence[Served]) -> int:
    """Write those whose assignments do not exist yet, each with its need, its bucket and one event; return how many."""
    write_needs(loading, [s.need for s in served])
    names = [name for name in schema.ASSIGNMENT.properties if name not in ("parts", "backups")]
    new = loading.nodes(schema.ASSIGNMENT, [{name: getattr(s.assignment, name) for name in names} for s in served])
    made = {pair.id for pair in loading.made(schema.ASSIGNMENT, [s.assignment for s in served])}
    served = [s for s in served if s.assignment.id in made]
    pairs = [s.assignment for s in served]
    buckets = [dict(zip(("resource", "period"), a.bucket.rsplit("|", 1), strict=True)) for a in pairs]
    loading.nodes(
        schema.BUCKET,
        [
            {**bucket, "id": s.assignment.bucket, "capacity": s.capacity, "reserved": 0, "taken": s.assignment.quantity}
            for s, bucket in zip(served, buckets, strict=True)
        ],
    )
    loading.nodes(
        schema.EVENT,
        [
            {
                "id": f"{a.id}|{a.rev}",
                "subject": a.id,
                "seq": a.rev,
                "at": a.made_at,
                "actor": "seed",
                "party": "community",
                "verb": "load",
                "after": str(a.state),
            }
            for a in pairs
        ],
    )
    loading.relationships(schema.SERVES, schema.ASSIGNMENT, schema.NEED, [(a.id, a.need, {}) for a in pairs])
    loading.relationships(schema.USES, schema.ASSIGNMENT, schema.BUCKET, [(a.id, a.bucket, {}) for a in pairs])
    return new
