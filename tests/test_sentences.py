"""What is said in words: the same in both languages, with every blank filled, and true."""

from string import Formatter

import pytest

from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Need, Required, Urgency
from graph.model.resources import Provided, ProviderKind, Resource
from matching.reasons import REASONS
from matching.sentences import OTHER, WORDS, Sentence, said, the_night, why_not
from matching.way import Reach, Skill, Subject, Way, Within, skills_of, tree_of, why_this

EVERY_BLANK = {
    name: "七"
    for words in WORDS.values()
    for text in words
    for _, name, _, _ in Formatter().parse(text)
    if name is not None
}


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_sentence_leaves_out_nothing_in_either_language(key: str):
    words = WORDS[key]
    names = blanks(words.zh) | blanks(words.en)
    # The Chinese leaves out what the English needs for its grammar, never the other way round.
    assert blanks(words.en) == names or key == "provides"
    assert words.en and words.zh and not chinese(words.en)
    assert chinese(words.zh) or words.zh == words.en
    filled = said(key, **EVERY_BLANK)
    assert not any("{" in text or "}" in text for text in filled)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_makes_a_sentence_in_both_languages(reason: str):
    why = why_not(reason, {})
    assert why.en[0].isupper() and why.en.endswith(".") and not chinese(why.en)
    assert why.zh == f"{REASONS[reason][1]}。"


def test_what_holds_the_capacity_is_counted_the_most_urgent_first():
    why = why_not("capacity", {"by_date": 2, "at_once": 1, "long_term": 0})
    assert why.en.endswith("Their capacity is held by 3 assignments: 1 at once, 2 by date.")
    assert why.zh.endswith("其余量被3单占用:1单立刻办理、2单定期办理。")


@pytest.mark.parametrize("key", [*map(str, Urgency), OTHER])
def test_every_urgency_can_hold_capacity(key: str):
    assert "held by 1 assignment: 1 " in why_not("outbid", {key: 1}).en


CAPABILITIES = (
    Capability("repair", "维修", CapabilityKind.SKILL, "visit"),
    Capability("plumbing", "水电维修", CapabilityKind.SKILL, "visit", is_a=("repair",)),
    Capability("company", "陪伴", CapabilityKind.PRESENCE, "visit"),
)
NAMES = {c.id: c.name for c in CAPABILITIES} | {"east": "东社区"}


def resource(*provides: Provided) -> Resource:
    return Resource("r", "wang", ProviderKind.PERSON, "水管维修", provides, capacity=1)


def need(*requires: Required) -> Need:
    return Need("n", "漏水", "east", requires)


def test_a_more_special_skill_serves_a_more_general_need_and_the_best_of_them_is_named():
    tree = tree_of(CAPABILITIES)
    asked = need(Required("repair", 2), Required("company"))
    [first, second] = skills_of(asked, resource(Provided("plumbing", 4), Provided("company", 3)), tree)
    assert (first, second) == (Skill("repair", 2, "plumbing", 4), Skill("company", 1, "company", 3))
    both = resource(Provided("plumbing", 3), Provided("repair", 3))
    assert skills_of(need(Required("repair")), both, tree) == (Skill("repair", 1, "repair", 3),)


def test_the_way_is_told_step_by_step_with_the_parts_of_the_value():
    way = Way(
        Subject.PERSON,
        "liu",
        "刘**",
        (Skill("repair", 2, "plumbing", 4),),
        "r",
        "王**",
        Reach(Within.NEAR, "east", minutes=3),
    )
    why = why_this(way, title="水管维修", parts={"level": 160, "near": 430, "same_community": 200}, names=NAMES)
    assert why == Sentence(
        "刘** needs 维修, level 2 or above. “水管维修” provides 水电维修 at level 4, which is a kind of 维修. "
        "It is offered by 王**. The provider is in 东社区, where the need is, about 3 minutes on foot. "
        "Beside its urgency a unit is worth 790: skill 160, nearness 430, same community 200.",
        "刘**需要「维修」,2级以上。「水管维修」能提供「水电维修」,4级,属于「维修」。由王**提供。"
        "提供方就在需求所在的东社区,步行约3分钟。除紧急程度外每单位价值790:技能160、距离430、同社区200。",
    )


@pytest.mark.parametrize("kind", list(Subject))
@pytest.mark.parametrize(
    "reach",
    [
        Reach(Within.NEAR, "east"),
        Reach(Within.NEAR, "east", minutes=3),
        Reach(Within.ON_FOOT, minutes=3, limit=15),
        Reach(Within.LISTED, "east"),
        Reach(Within.LISTED, "east", minutes=90),
    ],
    ids=str,
)
def test_every_way_has_its_words_and_a_hidden_name_is_not_told(kind: Subject, reach: Reach):
    way = Way(kind, None, None, (Skill("company", 1, "company", 3),), "r", None, reach)
    why = why_this(way, title="陪伴", parts={"level": 1}, names=NAMES)
    assert "a person outside your area" in why.en and "本辖区外" in why.zh
    assert "None" not in why.en + why.zh


def test_a_night_is_summed_up():
    figures = {
        "at_once": {"asked": 5, "held": 1, "served": 3, "unmet": 1},
        "by_date": {"asked": 4, "held": 0, "served": 2, "unmet": 2},
    }
    words = the_night(figures, {"capacity": 2, "out_of_reach": 1}, gap=0)
    assert words.en == (
        "Of 9 units asked for, 1 were in hand before, 5 are offered now, 3 are left. Most is left because all who "
        "could are fully taken, also by needs as urgent (2 units). No plan could be worth more."
    )
    assert words.zh.startswith("共需9个单位:原已安排1,本次派出5,未能安排3。")
    for urgency, more in (("at_once", 1), ("by_date", 2)):
        figures[urgency]["more"] = more
    told = the_night(figures, {}, gap=7)
    assert told.en.endswith("at most 1 more units at once, or 2 by date, or 0 long-term could be.")
    assert "立刻办1个单位,或定期办2个,或长期办0个" in told.zh
    figures["at_once"]["more"] = figures["by_date"]["more"] = 0
    assert "Nothing more could be served beside it" in the_night(figures, {}, gap=7).en
