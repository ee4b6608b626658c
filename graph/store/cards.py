"""Public cards of needs and resources: what of them everybody may read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graph.model.cards import Card, CardKind
from graph.model.times import unflatten
from graph.store.transaction import Transaction

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")

_BUILDING_OR_NOT = "OPTIONAL MATCH (a)-[:PART_OF]->(up:Area) WHERE a.kind = 'building'"
_NEEDS = f"""
UNWIND $ids AS id MATCH (n:Need {{id: id}})-[:IN_AREA]->(a:Area) WHERE n.state = 'open'
{_BUILDING_OR_NOT}
OPTIONAL MATCH (n)-[:REQUIRES]->(c:Capability)
RETURN n.id AS id, n.title AS title, n.quantity AS quantity, n.windows AS windows,
  coalesce(up.id, a.id) AS grid, collect(c.id) AS capabilities"""
_RESOURCES = f"""
UNWIND $ids AS id MATCH (r:Resource {{id: id}})<-[:LISTS]-(p) WHERE r.state = 'listed'
MATCH (p)-[at:LIVES_IN|LOCATED_IN]->(a:Area) WHERE at.until IS NULL
{_BUILDING_OR_NOT}
OPTIONAL MATCH (r)-[:PROVIDES]->(c:Capability)
RETURN r.id AS id, r.title AS title, r.capacity AS quantity, r.windows AS windows,
  coalesce(up.id, a.id) AS grid, collect(c.id) AS capabilities"""


class Cards:
    """Public cards, whatever the scope; in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def of_needs(self, ids: Sequence[str]) -> list[Card]:
        """Return the cards of those of these needs that are open, in the order of the ids."""
        return self._cards(CardKind.NEED, _NEEDS, ids)

    def of_resources(self, ids: Sequence[str]) -> list[Card]:
        """Return the cards of those of these resources that are listed, in the order of the ids."""
        return self._cards(CardKind.RESOURCE, _RESOURCES, ids)

    def _cards(self, kind: CardKind, query: str, ids: Sequence[str]) -> list[Card]:
        rows = {row["id"]: row for row in self._transaction.rows(query, ids=list(ids))}
        return [
            Card(
                subject=i,
                kind=kind,
                title=row["title"],
                capabilities=tuple(sorted(row["capabilities"])),
                quantity=row["quantity"],
                grid=row["grid"],
                windows=unflatten(row["windows"]),
            )
            for i in ids
            if (row := rows.get(i)) is not None
        ]


def card_text(title: str, *more: Iterable[str | None] | str | None) -> str:
    """Return what a public card is searched by: its title, its capabilities' names, its grid's name."""
    words = [title]
    for part in more:
        words.extend([part] if isinstance(part, str) else [word for word in part or () if word])
    return with_last_characters(" ".join(words)[:400])


def with_last_characters(words: str) -> str:
    """Return a card's words with the last character of each run of Chinese once more, by itself; twice is once.

    The index holds Chinese by pairs, so that whatever begins with a character is found by it, and a character is found
    wherever it stands, but for the last of a run: no pair begins with that one.
    """
    runs = CHINESE.findall(words)
    alone = {run for run in runs if len(run) == 1}
    last = dict.fromkeys(run[-1] for run in runs if run[-1] not in alone)
    return " ".join([words, *last])
