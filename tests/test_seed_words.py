"""The words of the generated city: its capability tree, the sentences of its needs, and who lists what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import networkx as nx
import pytest

from graph.model.needs import Channel, Field, NeedKind, Urgency
from seeds.tongchuan import phrases
from seeds.tongchuan.capabilities import Skilled, vocabulary
from seeds.tongchuan.names import GIVEN, SURNAMES
from seeds.tongchuan.organisations import types
from seeds.tongchuan.patterns import Pattern, Who, patterns
from seeds.tongchuan.volunteers import profiles

UNITS_OF_KIND = {
    "skill": {"visit"},
    "goods": {"piece"},
    "venue": {"hour", "place"},
    "money": {"grant"},
    "presence": {"visit", "place"},
}
OF_THE_BUILDER = {"since", "since_long", "n", "spot"}  # slots that every pattern may use
LISTED_BY_NOBODY = {
    "sign_language",
    "speech_training",
    "autism_company",
    "stray_dog_handling",
    "nursing_bed",
    "oxygen_machine",
    "hearing_aid",
    "accessible_van",
    "first_secretary",
    "part_time_committee_member",
}
"""Gaps on purpose: leaves that residents ask for and that no kind of helper lists."""

CAPABILITIES = vocabulary().capabilities
PARENTS = {parent for capability in CAPABILITIES.values() for parent in capability.is_a}
LEAVES = CAPABILITIES.keys() - PARENTS


def tree() -> nx.DiGraph:
    """Return the capabilities, each pointing at its parents."""
    graph = nx.DiGraph()
    graph.add_nodes_from(CAPABILITIES)
    graph.add_edges_from((c.id, parent) for c in CAPABILITIES.values() for parent in c.is_a)
    return graph


def asked() -> set[str]:
    return {required.capability for pattern in patterns() for required in pattern.requires}


def lists() -> list[set[str]]:
    """Return what one list entry may hold, of each kind of helper."""
    assets = [asset.provides for type_ in types() for asset in type_.assets]
    return [{skilled.capability for skilled in entry} for entry in (*assets, *(p.skills + p.also for p in profiles()))]


def listed() -> set[str]:
    return set().union(*lists())


def slots(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def spoken(pattern: Pattern) -> Iterable[str]:
    """Return whatever of a pattern somebody may read."""
    return pattern.title, pattern.text, *(word for words in pattern.vary.values() for word in words)


def test_the_tree_is_large_deep_acyclic_and_no_mere_tree():
    graph = tree()
    assert 180 <= len(graph) <= 230
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.dag_longest_path_length(graph) >= 3
    assert sum(len(c.is_a) > 1 for c in CAPABILITIES.values()) >= 15


def test_every_capability_has_a_name_of_its_own_and_the_unit_of_its_kind():
    assert [name for name, times in Counter(c.name for c in CAPABILITIES.values()).items() if times > 1] == []
    for capability in CAPABILITIES.values():
        assert re.fullmatch(r"[\u4e00-\u9fff]+", capability.name)
        assert capability.unit in UNITS_OF_KIND[capability.kind]
        assert all(CAPABILITIES[parent].kind is capability.kind for parent in capability.is_a), capability.id


def test_every_leaf_is_asked_by_some_pattern():
    assert LEAVES - asked() == set()


def test_every_leaf_is_listed_by_somebody_but_for_the_gaps_on_purpose():
    assert LEAVES - listed() == LISTED_BY_NOBODY


def test_what_one_need_asks_for_together_one_helper_can_list():
    graph = tree()
    able = [entry.union(*(nx.descendants(graph, capability) for capability in entry)) for entry in lists()]
    for pattern in patterns():
        together = {required.capability for required in pattern.requires}
        assert together & LISTED_BY_NOBODY or any(together <= entry for entry in able), pattern.title


def test_there_are_hundreds_of_sentences_and_no_two_are_the_same():
    assert len(patterns()) >= 320
    sentences = Counter((pattern.title, pattern.text) for pattern in patterns())
    assert [sentence for sentence, times in sentences.items() if times > 1] == []


def test_every_field_urgency_and_sort_of_asker_has_its_sentences():
    fields = Counter(pattern.field for pattern in patterns())
    urgencies = Counter(urgency for pattern in patterns() for urgency in pattern.urgency)
    askers = Counter(pattern.who for pattern in patterns())
    assert min(fields[field] for field in Field) >= 8
    assert min(urgencies[urgency] for urgency in Urgency) >= 8
    assert min(askers[who] for who in Who) >= 8


def test_every_kind_of_need_has_sentences():
    kinds = Counter(pattern.kind for pattern in patterns())
    assert kinds.keys() == set(NeedKind)
    assert kinds[NeedKind.WISH] >= 20
    assert all(pattern.who in (Who.GRID, Who.PUBLIC) for pattern in patterns() if pattern.kind is NeedKind.CALL)
    assert all(pattern.who is Who.GRID for pattern in patterns() if pattern.kind is NeedKind.PROJECT)


def test_a_title_is_one_short_line_without_names_or_numbers():
    names = {surname + given for surname in SURNAMES for generation in GIVEN for given in generation}
    for pattern in patterns():
        longest = pattern.title
        for slot, values in pattern.vary.items():
            longest = longest.replace(f"{{{slot}}}", max(values, key=len))
        assert len(longest) <= 40
        for words in spoken(pattern):
            assert words == words.strip()
            assert "\n" not in words
            assert not re.search(r"\d{5}", words)
            assert not any(words[i : i + 3] in names for i in range(len(words))), pattern.title
        assert slots(pattern.title) <= {"n"} | pattern.vary.keys()


def test_every_slot_is_filled_and_none_is_left_over():
    for pattern in patterns():
        used = slots(pattern.title + pattern.text)
        assert used - OF_THE_BUILDER == pattern.vary.keys(), pattern.title
        assert "n" not in used or pattern.quantity[1] > 1, pattern.title
        assert "spot" not in used or pattern.who in (Who.PUBLIC, Who.GRID), pattern.title
        # Whoever knows since when does not ask for the long run.
        assert "since" not in used or Urgency.LONG_TERM not in pattern.urgency, pattern.title
        assert not pattern.at_home or pattern.who not in (Who.PUBLIC, Who.GRID), pattern.title


def test_a_text_fits_whoever_asks_and_whoever_notes_it_down():
    for pattern in patterns():
        assert not re.search(r"我|(?<!其)(?<!吉)他(?!人)|她", pattern.text), pattern.title
        assert pattern.text.endswith(("。", "?", "!")), pattern.title


def test_some_texts_are_a_line_and_some_a_whole_story():
    lengths = [len(pattern.text) for pattern in patterns()]
    assert sum(length <= 25 for length in lengths) >= 15
    assert sum(length >= 60 for length in lengths) >= 15


def test_every_channel_opens_in_several_ways_and_says_who_and_where():
    assert phrases.OPENINGS.keys() == phrases.PUBLIC_OPENINGS.keys() == phrases.CHANNELS.keys() == set(Channel)
    for openings in phrases.OPENINGS.values():
        assert len(set(openings)) >= 2
        assert all({"who", "address"} <= slots(opening) for opening in openings)


@pytest.mark.parametrize("text", ["magic", "plumbing:6", "plumbing:3-2"])
def test_a_capability_or_level_that_does_not_exist_is_refused(text: str):
    with pytest.raises(ValueError, match=re.escape(text)):
        Skilled.parse(text, (1, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "favour"}, "favour"),
        ({"urgncy": ["by_date"]}, "urgncy"),
        ({"title": "请" * 41}, "at most 40"),
        ({"field": "magic"}, "magic"),
    ],
)
def test_a_wrong_word_in_a_pattern_is_refused_by_name(change: dict[str, object], message: str):
    good = {"title": "请人修灯", "text": "灯坏了。", "requires": ["electrical"], "field": "housing"}
    Pattern.parse(good)
    with pytest.raises(ValueError, match=message):
        Pattern.parse(good | change)
