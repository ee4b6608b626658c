"""What must always hold, counted anew from the assignments."""

from __future__ import annotations

from graph.store.transaction import Transaction

_BUCKETS = """
MATCH (b:Bucket) OPTIONAL MATCH (b)<-[:USES]-(a:Assignment)
WITH b, sum(CASE WHEN a.state = 'offered' THEN a.quantity ELSE 0 END) AS reserved,
  sum(CASE WHEN a.state IN ['active', 'delivered', 'confirmed'] THEN a.quantity ELSE 0 END) AS taken
WHERE b.reserved <> reserved OR b.taken <> taken OR b.reserved + b.taken > b.capacity
RETURN b.id AS id, b.capacity AS capacity, b.reserved AS reserved, b.taken AS taken,
  reserved AS counted_reserved, taken AS counted_taken LIMIT 100"""
_NEEDS = """
MATCH (n:Need) OPTIONAL MATCH (n)<-[:SERVES]-(a:Assignment)
WITH n, sum(CASE WHEN a.state = 'offered' THEN a.quantity ELSE 0 END) AS reserved,
  sum(CASE WHEN a.state IN ['active', 'delivered', 'confirmed'] THEN a.quantity ELSE 0 END) AS taken
WHERE n.reserved <> reserved OR n.taken <> taken OR n.reserved + n.taken > n.quantity
RETURN n.id AS id, n.quantity AS capacity, n.reserved AS reserved, n.taken AS taken,
  reserved AS counted_reserved, taken AS counted_taken LIMIT 100"""
_HALVES = """
MATCH (a:Assignment) OPTIONAL MATCH (a)-[s:SERVES]->(:Need) OPTIONAL MATCH (a)-[u:USES]->(:Bucket)
WITH a, count(DISTINCT s) AS serves, count(DISTINCT u) AS uses WHERE serves <> 1 OR uses <> 1
RETURN a.id AS id, serves, uses LIMIT 100"""
_LIVE_KEYS = """
MATCH (a:Assignment) WHERE (a.state IN ['offered', 'active']) <> (a.live_key IS NOT NULL)
RETURN a.id AS id, a.state AS state LIMIT 100"""
_EVENTLESS = """
MATCH (a:Assignment) OPTIONAL MATCH (e:Event {subject: a.id})
WITH a, count(e) AS events WHERE events <> a.rev RETURN a.id AS id, a.rev AS rev, events LIMIT 100"""


class Invariants:
    """Checks over the whole graph; meant for `renling doctor` and for the end of every test."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def broken(self) -> list[str]:
        """Return a sentence for each thing that does not hold; empty where all is well."""
        sentences = []
        for what, query in (("bucket", _BUCKETS), ("need", _NEEDS)):
            for row in self._transaction.rows(query):
                sentences.append(
                    f"{what} {row['id']}: {row['reserved']} reserved and {row['taken']} taken of "
                    f"{row['capacity']}, but its assignments say {row['counted_reserved']} and {row['counted_taken']}"
                )
        for row in self._transaction.rows(_HALVES):
            sentences.append(
                f"assignment {row['id']}: serves {row['serves']} needs and uses {row['uses']} buckets, not one each"
            )
        for row in self._transaction.rows(_LIVE_KEYS):
            sentences.append(f"assignment {row['id']}: {row['state']}, and its live key says otherwise")
        for row in self._transaction.rows(_EVENTLESS):
            sentences.append(f"assignment {row['id']}: {row['rev']} changes, {row['events']} events")
        return sentences
