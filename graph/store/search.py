"""Finding public cards by their words, the same ones in the same order on both stores."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from graph.model.cards import CardKind
from graph.store.transaction import Transaction

# Both stores' indexes hold Chinese by pairs of characters, and letters and digits by whole words. Only a word that is
# made of such pieces can be asked of them, as a phrase; nothing of Lucene's own language can stand in it.
_INDEXED = re.compile(r"(?:[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]{2,})+")
_LETTERS = re.compile(r"[a-z]+")
# What the analyser leaves out (Lucene's CJKAnalyzer); asked as a phrase, it would find everything or nothing.
_LEFT_OUT = """a and are as at be but by for if in into is it no not of on or s such t that the their then there these
they this to was will with www"""
_NOT_INDEXED = frozenset(_LEFT_OUT.split())

_FROM_INDEX = "CALL db.index.fulltext.queryNodes($index, $phrases) YIELD node WITH node AS n"
_EVERY_NEED = "MATCH (n:Need)"
_EVERY_RESOURCE = "MATCH (n:Resource)"
# Whether an area lies below another is looked up once an area, not once a card: many times quicker at city size.
_BELOW = """
WITH a, collect(n) AS cards WHERE EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) } UNWIND cards AS n"""
_NEED_BELOW = "MATCH (n)-[:IN_AREA]->(a:Area)" + _BELOW
_RESOURCE_BELOW = "MATCH (n)<-[:LISTS]-()-[at:LIVES_IN|LOCATED_IN]->(a:Area) WHERE at.until IS NULL" + _BELOW
_INSIDE = "ALL(word IN $inside WHERE toLower(n.card) CONTAINS word)"
_PAGE = """
WITH n.id AS id, coalesce(n.raised_at, 0) AS at, CASE WHEN toLower(n.title) = $title THEN 1 ELSE 0 END AS exact
WHERE $after IS NULL OR exact < $exact OR (exact = $exact AND (at < $at OR (at = $at AND id < $after)))
RETURN id, exact, at ORDER BY exact DESC, at DESC, id DESC LIMIT $limit"""


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for; a card is found where all of it stands.

    Attributes
    ----------
    title
        All of it: a card with just this title comes first.
    phrases
        Words that the index can find.
    inside
        Other words (a single Chinese character, a mark): looked for in the card as it is written.
    """

    title: str
    phrases: tuple[str, ...]
    inside: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Words:
        """Return the words of any text; full-width letters and digits are the same as narrow ones."""
        title = " ".join(unicodedata.normalize("NFKC", text).lower().split())
        words = dict.fromkeys(title.split())
        phrases = tuple(word for word in words if _indexed(word))
        return cls(title, phrases, tuple(word for word in words if word not in phrases))


def _indexed(word: str) -> bool:
    return _INDEXED.fullmatch(word) is not None and _NOT_INDEXED.isdisjoint(_LETTERS.findall(word))


@dataclass(frozen=True, slots=True)
class Hit:
    """Where one card stands in the order: a title that is just the words first, then the newest, then by id.

    The index's own scores are not used: the two stores count them differently, and they change with every card
    that comes or goes, under the feet of whoever turns the pages.

    Attributes
    ----------
    at
        Milliseconds since 1970 at which a need was raised; 0 of a resource, whose id rises with time.
    """

    exact: bool
    at: int
    id: str


class Search:
    """Looks for public cards, whatever the scope; in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def page(self, kind: CardKind, words: Words, *, area: str | None, after: Hit | None, limit: int) -> list[Hit]:
        """Return open needs or listed resources whose cards hold all the words; no words are all cards.

        Parameters
        ----------
        area
            Only what lies below it: a need itself, a resource by its provider.
        after
            The last one of the page before.
        """
        need = kind is CardKind.NEED
        state = "n.state = 'open'" if need else "n.state = 'listed'"
        every = _EVERY_NEED if need else _EVERY_RESOURCE
        cards = _FROM_INDEX if words.phrases else every
        inside = f" AND {_INSIDE}" if words.inside else ""
        below = "" if area is None else f"\n{_NEED_BELOW if need else _RESOURCE_BELOW}"
        parameters: dict[str, Any] = {
            "index": "need_card" if need else "resource_card",
            "phrases": " AND ".join(f'"{word}"' for word in words.phrases),
            "inside": list(words.inside),
            "area": area,
            "title": words.title,
            "exact": int(after.exact) if after else None,
            "at": after.at if after else None,
            "after": after.id if after else None,
            "limit": limit,
        }
        rows = self._transaction.rows(f"{cards} WHERE {state}{inside}{below}{_PAGE}", **parameters)
        return [Hit(bool(row["exact"]), row["at"], row["id"]) for row in rows]
