"""Finding public cards by their words, the same ones in the same order on both stores."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from graph.model.cards import CardKind
from graph.store.cards import CHINESE
from graph.store.newest import Newest
from graph.store.transaction import Transaction

# Both stores' indexes hold Chinese by pairs of characters, and letters and digits by whole words. Only a word that is
# made of such pieces can be asked of them, as a phrase; nothing of Lucene's own language can stand in it.
_INDEXED = re.compile(r"(?:[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]{2,})+")
_LETTERS = re.compile(r"[a-z]+")
# What the analyser leaves out (Lucene's CJKAnalyzer); asked as a phrase, it would find everything or nothing.
_LEFT_OUT = """a and are as at be but by for if in into is it no not of on or s such t that the their then there these
they this to was will with www"""
_NOT_INDEXED = frozenset(_LEFT_OUT.split())
_WIDE = 0xFEE0  # from a narrow letter or digit to its full-width form
_ALNUM = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"

_FROM_INDEX = "CALL db.index.fulltext.queryNodes($index, $phrases) YIELD node WITH node AS n"
_OPEN = "($state IS NULL OR n.state = $state)"
_BELOW = """
MATCH (n)<-[:LISTS]-()-[at:LIVES_IN|LOCATED_IN]->(a:Area) WHERE at.until IS NULL
WITH a, collect(n) AS cards WHERE EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) } UNWIND cards AS n"""
_LISTED_BELOW = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[at:LIVES_IN|LOCATED_IN]-()-[:LISTS]->(n:Resource)
WHERE at.until IS NULL WITH n"""
_SMALL = 2000  # areas: below one with more it is quicker to look where each resource is at home
_AREAS = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area) WITH a LIMIT $most RETURN count(a) AS found"
_PAGE = """
WITH n.id AS id, CASE WHEN n.title IN $titles THEN 1 ELSE 0 END AS exact
WHERE $after IS NULL OR exact < $exact OR (exact = $exact AND id < $after)
RETURN id, exact ORDER BY exact DESC, id DESC LIMIT $limit"""


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for; a card is found where all of it stands.

    Attributes
    ----------
    titles
        All of it, as titles write it: in small letters, in capitals, the first a capital, as it was typed. A card with
        just this title comes first.
    phrases
        Words that the index can find.
    beginnings
        Single Chinese characters within the other words: with the index, what begins with each is found, and that is
        wherever it stands (`cards.with_last_characters`).
    chinese
        Words of Chinese characters only, which stand in a card as they are.
    inside
        Words that no index can find (a mark, a single character beside a number).
    """

    titles: tuple[str, ...]
    phrases: tuple[str, ...]
    beginnings: tuple[str, ...]
    chinese: tuple[str, ...]
    inside: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Words:
        """Return the words of any text; full-width letters and digits are the same as narrow ones."""
        whole = " ".join(unicodedata.normalize("NFKC", text).split())
        small = whole.lower()
        words = dict.fromkeys(small.split())
        phrases = tuple(word for word in words if _indexed(word))
        chinese = tuple(word for word in words if CHINESE.fullmatch(word))
        titles = dict.fromkeys((small, small.upper(), small.capitalize(), whole)) if small else ()
        inside = tuple(word for word in words if word not in phrases and word not in chinese)
        runs = [run for word in words if word not in phrases for run in CHINESE.findall(word)]
        beginnings = tuple(dict.fromkeys(run for run in runs if len(run) == 1))
        return cls(tuple(titles), phrases, beginnings, chinese, inside)

    def __len__(self) -> int:
        return len({*self.phrases, *self.chinese, *self.inside})

    def asked(self) -> str:
        """Return what to ask of the index; empty where no index can help."""
        # What begins with a common character is very much; a whole word beside it is the quicker way.
        return " AND ".join([f'"{word}"' for word in self.phrases] or [f"{one}*" for one in self.beginnings])

    def condition(self) -> tuple[str, dict[str, str]]:
        """Return what a card `n` with all the words meets, in Cypher, and its parameters.

        The index is asked for candidates only: the embedded store's does not know in which order the pieces of a
        phrase stand.
        """
        tests = {
            **{word: ("n.card CONTAINS {}", word) for word in self.chinese},
            **{word: ("n.card =~ {}", _pattern(word)) for word in self.phrases if word not in self.chinese},
            **{word: ("toLower(n.card) CONTAINS {}", word) for word in self.inside},
        }
        given = {f"word{row}": value for row, (_, value) in enumerate(tests.values())}
        conditions = [test.format(f"$word{row}") for row, (test, _) in enumerate(tests.values())]
        return " AND ".join(["true", *conditions]), given


def _indexed(word: str) -> bool:
    return _INDEXED.fullmatch(word) is not None and _NOT_INDEXED.isdisjoint(_LETTERS.findall(word))


def _pattern(word: str) -> str:
    """Return a pattern of cards in which a word stands: letters and digits as a whole, in any case and width."""
    letters = [
        f"[{c}{c.upper()}{chr(ord(c) + _WIDE)}{chr(ord(c.upper()) + _WIDE)}]" if c.isascii() else c for c in word
    ]
    before = f"(?<![{_ALNUM}])" if word[0].isascii() else ""
    behind = f"(?![{_ALNUM}])" if word[-1].isascii() else ""
    return f"(?s).*{before}{''.join(letters)}{behind}.*"


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
        return (self._needs if kind is CardKind.NEED else self._resources)(words, area, after, limit)

    def _needs(self, words: Words, area: str | None, after: Hit | None, limit: int) -> list[Hit]:
        found: list[Hit] = []
        if words.titles and (after is None or after.exact):
            found = self._some_needs(words, area, after, limit, exact=True)
            after = None
        if len(found) < limit:
            found += self._some_needs(words, area, after, limit - len(found), exact=False)
        return found

    def _some_needs(self, words: Words, area: str | None, after: Hit | None, limit: int, *, exact: bool) -> list[Hit]:
        condition, given = words.condition()
        titled = "n.title IN $titles" if exact else f"NOT n.title IN $titles AND {condition}"
        start = _FROM_INDEX if words.asked() else None
        rows = Newest(self._transaction).page(
            f"{titled} AND {_OPEN}",
            area=area,
            before=(after.at, after.id) if after else None,
            limit=limit,
            start="MATCH (n:Need)" if exact else start,
            rare=exact,
            state="open",
            titles=list(words.titles),
            **_index("need_card", words),
            **given,
        )
        return [Hit(exact, at, need) for need, at in rows]

    def _resources(self, words: Words, area: str | None, after: Hit | None, limit: int) -> list[Hit]:
        condition, given = words.condition()
        cards, below = (_FROM_INDEX if words.asked() else "MATCH (n:Resource)"), ""
        if area is not None:
            if not words.asked() and self._is_small(area):
                cards = _LISTED_BELOW
            else:
                below = _BELOW
        rows = self._transaction.rows(
            f"{cards} WHERE {_OPEN} AND {condition}{below}{_PAGE}",
            area=area,
            state="listed",
            titles=list(words.titles),
            exact=int(after.exact) if after else None,
            after=after.id if after else None,
            limit=limit,
            **_index("resource_card", words),
            **given,
        )
        return [Hit(bool(row["exact"]), 0, row["id"]) for row in rows]

    def _is_small(self, area: str) -> bool:
        row = self._transaction.one(_AREAS, area=area, most=_SMALL + 1)
        return row is None or row["found"] <= _SMALL


def _index(name: str, words: Words) -> dict[str, str]:
    return {"index": name, "phrases": words.asked()}
