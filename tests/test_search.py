"""Searching the public cards: the same ones in the same order on both stores, whatever is asked."""

import random
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.cards import CardKind
from graph.model.needs import Need
from graph.model.resources import Resource
from graph.store import Graph, Store
from graph.store.cards import card_text
from graph.store.search import Hit, Words
from matching.use_cases import capabilities
from seeds.load import load
from seeds.tongchuan import build
from tests.worlds import AREAS, CAPABILITIES, NOON, WANG_TIME, broken, fill, key, need, raw

TITLES = (
    "厨房水管漏水",
    "水管漏水",
    "水管",
    "漏水水管",
    "领取N95口罩",
    "领取Ｎ９５口罩十只",
    "n95",
    "n950口罩",
    "3号楼停电",
    "13号楼停电",
    "3号停车位",
    "借20张桌子",
    "借120张桌子",
    "转办12355来电",
    "送药(急)",
    "A or B",
    "电梯 \\ 坏了",
    '"水管"维修',
    "水*管",
    "修 理 水 管",
    "㐀字𠀀字",
    "Café聚会",
    "the水管",
    "停电🙂",
)


def needs() -> list[Need]:
    """One need a title, raised in another order than that of their ids."""
    chance = random.Random(1)
    hours = [chance.randrange(1, 12) for _ in TITLES]  # several at the same time
    areas = [a.id for a in AREAS[3:]]
    return [
        need(f"n{row:02}", title=title, area=areas[row % len(areas)], raised_at=NOON - timedelta(hours=hours[row]))
        for row, title in enumerate(TITLES)
    ]


def found(
    store: Store, text: str, *, kind: CardKind = CardKind.NEED, area: str | None = None, page: int = 1000
) -> list[str]:
    """Return the ids of everything that is found, page by page."""
    ids: list[str] = []
    after: Hit | None = None
    while True:
        hits = store.read(
            lambda graph, after=after: graph.search.page(  # type: ignore[misc]
                kind, Words.of(text), area=area, after=after, limit=page
            ),
            scope=EVERYTHING,
        )
        ids += [hit.id for hit in hits]
        if len(hits) < page:
            return ids
        after = hits[-1]


# ── what should be found, told apart from every index ────────────────────────────────────────────────────────


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def stands_in(word: str, card: str) -> bool:
    """Tell whether a word stands in a card: letters and digits as a whole, Chinese anywhere."""
    if not Words.of(word).phrases:
        return word in card.lower()
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", word) else ""
    behind = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", word) else ""
    return re.search(before + re.escape(word) + behind, plain(card)) is not None


def expected(cards: dict[str, tuple[str, str, int]], text: str) -> list[str]:
    """Return the ids of the cards (id → title, card, time) that hold all words, in the promised order."""
    hits = [
        (title.lower() == plain(text), at, id_)
        for id_, (title, card, at) in cards.items()
        if all(stands_in(word, card) for word in plain(text).split())
    ]
    return [id_ for _, _, id_ in sorted(hits, reverse=True)]


def cards_of(
    things: list[Need] | list[Resource], names: dict[str, str], grids: dict[str, str]
) -> dict[str, tuple[str, str, int]]:
    rows = {}
    for thing in things:
        if isinstance(thing, Need):
            assert thing.raised_at is not None
            card = card_text(thing.title, (names[r.capability] for r in thing.requires), grids[thing.area])
            rows[thing.id] = (thing.title, card, int(thing.raised_at.timestamp() * 1000))
        else:
            card = card_text(thing.title, (names[p.capability] for p in thing.provides), thing.conditions)
            rows[thing.id] = (thing.title, card, 0)
    return rows


NAMES = {c.id: c.name for c in CAPABILITIES}
GRIDS = {a.id: "一网格" if a.id.endswith("-1") else a.name for a in AREAS}
HAND_MADE = cards_of(needs(), NAMES, GRIDS)


# ── what is found ────────────────────────────────────────────────────────────────────────────────────────────

QUERIES = (
    "水管",
    "漏水",
    "水管漏水",
    "漏水 水管",
    "维修",
    "水",
    "水 修",
    "第 琴",
    "号",
    "3号",
    "用",
    "网格",
    "一网格",
    "东社区",
    "N95",
    "n95",
    "Ｎ９５",
    "N95口罩",
    "95",
    "3号楼",
    "3号",
    "13号楼",
    "20张",
    "20",
    "12355",
    "停电 3号楼",
    "停电 号",
    "轮椅",
    "老人",
    "陪诊 医院",
    "借用",
    "没有这个词",
    "水管 没有这个词",
    "AND OR NOT",
    "",
)


def test_searches_of_the_city_and_of_cards_made_by_hand_find_the_same_on_both_stores(store: Store) -> None:
    city = build(scale=0.01, now=NOON)
    load(store, city)
    fill(store, *needs())
    names = NAMES | {c.id: c.name for c in city.capabilities}
    by_id = {a.id: a for a in city.areas}
    grids = GRIDS | {
        a.id: by_id[a.parent].name if a.parent and by_id[a.parent].kind == "grid" else a.name for a in city.areas
    }
    of_needs = cards_of(list(city.needs), names, grids) | HAND_MADE
    listed = store.read(
        lambda graph: graph.resources.many([r.id for r in city.resources] + ["wang-time", "zhao-time", "wheelchairs"]),
        scope=EVERYTHING,
    )
    of_resources = cards_of(listed, names, grids)
    some = 0
    for query in QUERIES:
        wanted = expected(of_needs, query)
        assert found(store, query) == wanted, query
        assert found(store, query, page=7) == wanted, query
        assert found(store, query, kind=CardKind.RESOURCE) == expected(of_resources, query), query
        some += bool(wanted)
    assert some > 20, "most of these searches find something"


ANYTHING = st.lists(
    st.sampled_from(
        [
            *'水管维修漏停电号楼n95N９3 字a"\\()+-&|!{}[]^~*?:/🙂é𠀀㐀\u3000',
            " AND ",
            " OR ",
            " NOT ",
            "the ",
            "n95",
            "[a TO b]",
        ]
    )
    | st.characters(exclude_categories=["Cs"]),
    max_size=12,
).map("".join)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(text=ANYTHING)
@example(text="the")
@example(text="水管 the水管")
@example(text='"水管" AND')
@example(text="水* OR (漏~ [")
def test_whatever_is_asked_finds_what_it_says_and_never_fails(store: Store, engine: Engine, text: str) -> None:
    if not raw(engine, "MATCH (n:Need {id: 'n00'}) RETURN n.id AS id"):
        fill(store, *needs())
    assert found(store, text) == expected(HAND_MADE, text)


@pytest.mark.parametrize(("few", "latest"), [(3000, 2000), (1, 2000), (1, 6)])
def test_whichever_way_is_quicker_the_same_is_found(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, latest: int
) -> None:
    monkeypatch.setattr("graph.store.newest.FEW", few)
    monkeypatch.setattr("graph.store.newest.LATEST", latest)
    made = needs()
    fill(store, *made)
    below = {a.id: {a.id} for a in AREAS}
    for a in reversed(AREAS):
        if a.parent is not None:
            below[a.parent] |= below[a.id]
    for text in ("水管", "水", "管漏", "n95", "n95口罩", "3号楼", "号", "网格", "没有这个词", "漏水 水管", '"', ""):
        for area in (None, "street", "west", "east-grid"):
            inside = {n.id: HAND_MADE[n.id] for n in made if area is None or n.area in below[area]}
            for page in (3, 1000):
                assert found(store, text, area=area, page=page) == expected(inside, text), (text, area, page)


def test_the_pieces_of_a_word_must_stand_in_its_order(store: Store) -> None:
    fill(store, need("apart", title="管理员借水桶,修水管"), need("whole", title="水管理员来了"))
    assert found(store, "水管理") == ["whole"]


def test_only_open_needs_and_listed_resources_are_found(store: Store, engine: Engine) -> None:
    fill(store, need("open"), need("closed"), resources=[WANG_TIME, replace(WANG_TIME, id="gone")])
    raw(engine, "MATCH (n:Need {id: 'closed'}) SET n.state = 'closed'")
    raw(engine, "MATCH (r:Resource {id: 'gone'}) SET r.state = 'withdrawn'")
    for text in ("水管", "水", ""):
        assert found(store, text) == ["open"]
        assert found(store, text, kind=CardKind.RESOURCE) == ["wang-time"]


def test_within_an_area_only_what_lies_below_it_is_found(store: Store) -> None:
    fill(store, need("a"), need("b", area="west-1"), need("c", area="street"))
    for text in ("水管", "水", ""):
        assert found(store, text, area="street") == ["c", "b", "a"]
        assert found(store, text, area="west") == ["b"]
        assert found(store, text, area="east-grid") == ["a"]
    assert found(store, "维修", kind=CardKind.RESOURCE, area="west") == ["zhao-time"]
    assert found(store, "", kind=CardKind.RESOURCE, area="east") == ["wheelchairs", "wang-time"]


def test_a_new_card_is_found_at_once_in_its_own_transaction_too(store: Store) -> None:
    fill(store)

    def work(graph):  # type: ignore[no-untyped-def]
        graph.needs.create(need("fresh", title="修理收音机"))
        return graph.search.page(CardKind.NEED, Words.of("收音机"), area=None, after=None, limit=5)

    assert [hit.id for hit in store.write(work, scope=EVERYTHING)] == ["fresh"]
    assert found(store, "收音机") == ["fresh"]


def test_thousands_of_hits_before_an_area_is_looked_at_cut_nothing_off(store: Store) -> None:
    many = [need(f"m{row:05}", area="west-1") for row in range(1500)]
    fill(store, need("0"), *many)
    assert found(store, "水管", area="east") == ["0"]
    assert found(store, "水管", page=700) == [*(f"m{row:05}" for row in reversed(range(1500))), "0"]


@pytest.mark.parametrize("label", ["Need", "Resource"])
def test_a_card_that_does_not_begin_with_its_title_is_told(store: Store, engine: Engine, label: str) -> None:
    fill(store, need("leak"))
    assert broken(store) == []
    id_ = "leak" if label == "Need" else "wang-time"
    raw(engine, f"MATCH (n:{label} {{id: '{id_}'}}) SET n.title = '换灯泡'")
    [sentence] = broken(store)
    assert id_ in sentence and "card" in sentence


def test_a_renamed_capability_is_found_in_cards_by_its_new_name_and_no_more_by_the_old(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capabilities, "_CARDS_AT_ONCE", 2)  # so that five are more than a page
    five = [need(f"n{at}", requires=["company", "plumbing"] if at % 2 else ["plumbing"]) for at in range(5)]
    fill(store, *five, need("other", requires=["company"]), resources=[replace(WANG_TIME, conditions="自带工具")])

    def found(words: str) -> tuple[list[str], list[str]]:
        def page(kind: CardKind) -> list[str]:
            def work(graph: Graph) -> list[str]:
                hits = graph.search.page(kind, Words.of(words), area=None, after=None, limit=10)
                return sorted(hit.id for hit in hits)

            return store.read(work, scope=EVERYTHING)

        return page(CardKind.NEED), page(CardKind.RESOURCE)

    all_of_it = [n.id for n in five], ["wang-time"]
    assert (found("水电维修"), found("修龙头")) == (all_of_it, ([], []))
    for _ in range(2):
        by = Actor("city", Role.CITY, area="city")
        capabilities.rename_capability(store, "plumbing", "修龙头", by=by, key=key(by))
        assert (found("水电维修"), found("修龙头")) == (([], []), all_of_it)
        assert found("陪伴 修龙头") == (["n1", "n3"], ["wang-time"])
        assert found("一网格 修龙头")[0] == all_of_it[0] and found("自带工具")[1] == ["wang-time"]
    assert {row["rev"] for row in raw(engine, "MATCH (n:Need) RETURN n.rev AS rev")} == {1}, "nothing else is changed"
    assert broken(store) == []
