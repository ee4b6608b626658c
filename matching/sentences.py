"""What the service says in words: one table of sentences in English and Chinese, and what fills them.

Whoever asks gets both languages and shows the one that the reader speaks: the names of capabilities, resources and
areas are the city's own words in either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import NamedTuple

from graph.model.needs import Urgency
from graph.model.plans import Bottleneck, Change, KeptFloor, Shortage, Sole, Worth
from matching.reasons import REASONS

OTHER = "other"
"""Instead of an urgency: held for a need that is closed, or of another area than is planned for."""


class Sentence(NamedTuple):
    """The same said twice."""

    en: str
    zh: str

    def of(self, **values: object) -> Sentence:
        """Return it with its blanks filled in; by a sentence in each language by its own."""
        en, zh = (
            words.format(**{name: value[i] if isinstance(value, Sentence) else value for name, value in values.items()})
            for i, words in enumerate(self)
        )
        return Sentence(en, zh)


WORDS: dict[str, Sentence] = {
    # why this one
    "asks": Sentence("{who} needs {capability}, level {level} or above.", "{who}需要「{capability}」,{level}级以上。"),
    "provides": Sentence(
        "“{resource}” provides {capability} at level {level}.", "「{resource}」能提供「{capability}」,{level}级。"
    ),
    "provides_special": Sentence(
        "“{resource}” provides {special} at level {level}, which is a kind of {capability}.",
        "「{resource}」能提供「{special}」,{level}级,属于「{capability}」。",
    ),
    "by": Sentence("It is offered by {provider}.", "由{provider}提供。"),
    "by_hidden": Sentence("It is offered by a person outside your area.", "由本辖区外的一位个人提供。"),
    "near": Sentence("The provider is in {area}, where the need is.", "提供方就在需求所在的{area}。"),
    "near_on_foot": Sentence(
        "The provider is in {area}, where the need is, about {minutes} minutes on foot.",
        "提供方就在需求所在的{area},步行约{minutes}分钟。",
    ),
    "on_foot": Sentence(
        "The way is about {minutes} minutes on foot; they go up to {limit}.",
        "步行约{minutes}分钟,在其愿走的{limit}分钟之内。",
    ),
    "listed": Sentence("{area} is on its list of areas.", "{area}在其服务范围之内。"),
    "listed_on_foot": Sentence(
        "{area} is on its list of areas; the way is about {minutes} minutes on foot.",
        "{area}在其服务范围之内,步行约{minutes}分钟。",
    ),
    "worth": Sentence(
        "Beside its urgency a unit is worth {value}: {parts}.", "除紧急程度外每单位价值{value}:{parts}。"
    ),
    # the parts of a value
    "level": Sentence("skill {points}", "技能{points}"),
    "near_part": Sentence("nearness {points}", "距离{points}"),
    "same_community": Sentence("same community {points}", "同社区{points}"),
    "continuity": Sentence("has served them before {points}", "曾服务过{points}"),
    # for whom
    "person": Sentence("A resident", "居民"),
    "named": Sentence("{name}", "{name}"),
    "household": Sentence("A household", "一户居民"),
    "place": Sentence("{name}", "{name}"),
    "public": Sentence("The public", "公众"),
    "served": Sentence("Nothing is left to match.", "已全部安排,没有剩余。"),
    # what holds the capacity
    "held": Sentence("Their capacity is held by {count}: {urgencies}.", "其余量被{count}占用:{urgencies}。"),
    "assignments": Sentence("{count} assignments", "{count}单"),
    "assignment": Sentence("1 assignment", "1单"),
    str(Urgency.AT_ONCE): Sentence("{count} at once", "{count}单立刻办理"),
    str(Urgency.BY_DATE): Sentence("{count} by date", "{count}单定期办理"),
    str(Urgency.LONG_TERM): Sentence("{count} long-term", "{count}单长期推进"),
    OTHER: Sentence("{count} of other areas or of closed needs", "{count}单属其他区域或已办结"),
    # what would serve it
    "fix": Sentence("It could be served if {changes}.", "若{changes},即可安排。"),
    "fix_capacity": Sentence("“{subject}” gave {by} more", "「{subject}」多提供{by}个单位"),
    "fix_pool": Sentence("the quota of {subject} were {by} higher", "{subject}的额度提高{by}个单位"),
    "fix_candidate": Sentence("“{subject}” also went to {area}", "「{subject}」也服务{area}"),
    # what choosing it costs
    "cost_nothing": Sentence("Choosing it costs nobody anything.", "选它不影响任何人。"),
    "cost_rest": Sentence(
        "Choosing it leaves nobody unserved; what others get fits {points} points worse.",
        "选它不会让别人落空,只是整体匹配度低{points}分。",
    ),
    "cost_urgency": Sentence(
        "Choosing it leaves others unserved, of a weight of {points} (a need by date weighs {one}).",
        "选它会使别的需求落空,权重合计{points}(一件定期办理为{one})。",
    ),
    # what one more would be worth
    "worth_person": Sentence(
        "One more person for {capability} in {area} would add {amount}.",
        "{area}多一位能做「{capability}」的人,可增加{amount}。",
    ),
    "worth_unit": Sentence(
        "One more unit of “{resource}” would add {amount}.", "「{resource}」多一个单位,可增加{amount}。"
    ),
    "amount_urgency": Sentence(
        "a weight of {points} served (a need by date weighs {one})", "权重{points}的服务(一件定期办理为{one})"
    ),
    "amount_fit": Sentence("{points} points of a better fit", "{points}分匹配度"),
    "at_least": Sentence("It may be more.", "实际可能更多。"),
    "do_not_add": Sentence(
        "Each value is of one more by itself; they do not add up.", "各数值只说明单独增加这一项的作用,不能相加。"
    ),
    # what an area is to get at the least
    "floor": Sentence(
        "{area} is to get {share} % of the {asked} units it asks for, {least}: {after} are in hand, else {before}.",
        "{area}应至少安排所需{asked}个单位的{share}%,即{least}个:已安排{after},若无此要求为{before}。",
    ),
    "floor_cut": Sentence(
        "{area} is to get {share} % of the {asked} units it asks for, {least}; at most {reachable} can be had.",
        "{area}应至少安排所需{asked}个单位的{share}%,即{least}个;最多只能做到{reachable}个。",
    ),
    "floor_unproved": Sentence(
        "{area} is to get {share} % of the {asked} units it asks for, {least}; {reachable} were found in time.",
        "{area}应至少安排所需{asked}个单位的{share}%,即{least}个;限时内只找到{reachable}个。",
    ),
    "floors_kept_anyway": Sentence(
        "Areas that get the least that is to be theirs in any case: {count}.", "本来就达到最低保障的区域:{count}个。"
    ),
    # what can't be had, whatever the plan
    "shortage": Sentence(
        "Units of {capability}{where}: {asked} asked for (needs: {needs}), {units} to be had of all who could serve "
        "any of them ({resources}): at least {missing} left, whatever the plan.",
        "{where}{needs}件需求共需「{capability}」{asked}个单位;能服务其中任何一件的{resources}项资源合计只有{units}个单位:"
        "无论怎样安排,至少有{missing}个单位无法满足。",
    ),
    "shortage_in": Sentence(" in {area}", "在{area},"),
    "sole": Sentence(
        "Only “{resource}” could serve these (needs: {needs}, units: {asked}).",
        "「{resource}」是{needs}件需求(共{asked}个单位)唯一可用的资源。",
    ),
    # what those lack that are left
    "bottleneck": Sentence(
        "Units left{what}{where}: {units} (needs: {needs}), because {reason}.",
        "{where}{what}尚有{units}个单位({needs}件需求)未能安排:{reason}。",
    ),
    "asking": Sentence(" for {capability}", "「{capability}」一项"),
    "fix_one": Sentence("One of them could be served if {changes}.", "若{changes},即可安排其中一件。"),
    "fix_none": Sentence(
        "No more units, no higher quota and no wider reach was found that would do.",
        "在增加供给、提高额度、扩大服务范围中未找到可行的办法。",
    ),
    "fix_nothing": Sentence(
        "A better plan than this one could serve one as things are.", "若有更好的方案,无需改变即可安排其中一件。"
    ),
    # the night
    "night": Sentence(
        "Of {asked} units asked for, {held} were in hand before, {served} are offered now, {unmet} are left.",
        "共需{asked}个单位:原已安排{held},本次派出{served},未能安排{unmet}。",
    ),
    "night_most": Sentence(
        "Most is left because {reason} ({count} units).", "未能安排的主要原因:{reason}({count}个单位)。"
    ),
    "night_best": Sentence("No plan could be worth more.", "没有更好的方案。"),
    "night_more": Sentence(
        "It is not proved that no plan is better: beside all that is served, at most {at_once} more units at once, or "
        "{by_date} by date, or {long_term} long-term could be.",
        "尚未证明没有更好的方案:在此之外,最多还能多安排立刻办{at_once}个单位,或定期办{by_date}个,或长期办{long_term}个。",
    ),
    "night_no_more": Sentence(
        "Nothing more could be served beside it; that no other plan is better is not proved.",
        "在此之外不能再多安排;是否有更好的方案尚未证明。",
    ),
}
"""Key → sentence, with blanks in braces; the same blanks in both languages."""


def said(key: str, **values: object) -> Sentence:
    """Return a sentence of the table, filled in."""
    return WORDS[key].of(**values)


def joined(sentences: Iterable[Sentence], *, en: str = " ", zh: str = "") -> Sentence:
    """Return sentences as one, with what stands between them."""
    all_of_them = list(sentences)
    return Sentence(en.join(s.en for s in all_of_them), zh.join(s.zh for s in all_of_them))


def why_not(reason: str, held_by: Mapping[str, int]) -> Sentence:
    """Return why a need is not served: its reason, and what holds the capacity of those who could.

    Parameters
    ----------
    reason
        A code of `REASONS`.
    held_by
        Assignments that hold it, by urgency; `OTHER` for those of needs not planned for.
    """
    words = Sentence(*REASONS[reason])
    why = Sentence(f"{words.en[:1].upper()}{words.en[1:]}.", f"{words.zh}。")
    counts = {key: held_by[key] for key in (*map(str, Urgency), OTHER) if held_by.get(key)}
    if not counts:
        return why
    total = sum(counts.values())
    count = said("assignment") if total == 1 else said("assignments", count=total)
    urgencies = joined((said(key, count=n) for key, n in counts.items()), en=", ", zh="、")
    return joined((why, said("held", count=count, urgencies=urgencies)))


def worth(row: Worth, *, one: int, names: Mapping[str, str]) -> Sentence:
    """Return what one more person or unit would be worth.

    Parameters
    ----------
    one
        What a need by date weighs.
    names
        Of capabilities and areas, and titles of resources, by id.
    """
    if row.urgency:
        amount = said("amount_urgency", points=f"{row.urgency:,}", one=f"{one:,}")
    else:
        amount = said("amount_fit", points=row.rest)
    if row.resource is not None:
        words = said("worth_unit", resource=names.get(row.resource, row.resource), amount=amount)
    else:
        capability, area = row.capability or "", row.area or ""
        words = said(
            "worth_person", capability=names.get(capability, capability), area=names.get(area, area), amount=amount
        )
    return words if row.exact else joined((words, said("at_least")))


def the_floor(floor: KeptFloor, *, names: Mapping[str, str]) -> Sentence:
    """Return what came of the least share that an area asks for."""
    cut = floor.reachable < floor.least
    key = "floor" if not cut else "floor_cut" if floor.proved else "floor_unproved"
    return said(key, **{**asdict(floor), "area": names.get(floor.area, floor.area)})


def if_made(changes: Iterable[Change], *, names: Mapping[str, str]) -> Sentence:
    """Return what would be otherwise, as the condition of a sentence.

    Parameters
    ----------
    names
        Of areas and of whose quotas they are, and titles of resources, by id.
    """

    def name(id_: str | None) -> str | None:
        return None if id_ is None else names.get(id_, id_)

    parts = (said(f"fix_{c.kind}", subject=name(c.subject), by=c.by, area=name(c.area)) for c in changes)
    return joined(parts, en=" and ", zh=",且")


def the_shortage(shortage: Shortage, *, names: Mapping[str, str]) -> Sentence:
    """Return what can't be had, whatever the plan, with the numbers that show it."""
    area = shortage.area
    where = Sentence("", "") if area is None else said("shortage_in", area=names.get(area, area))
    capability = names.get(shortage.capability, shortage.capability)
    return said("shortage", **{**asdict(shortage), "where": where, "capability": capability})


def the_sole(sole: Sole, *, names: Mapping[str, str]) -> Sentence:
    """Return who is the only one for some needs."""
    return said("sole", **{**asdict(sole), "resource": names.get(sole.resource, sole.resource)})


def the_bottleneck(row: Bottleneck, *, names: Mapping[str, str]) -> Sentence:
    """Return what some needs lack that are left, and what would serve one of them."""
    nothing = Sentence("", "")
    capability, area = row.capability, row.area
    what = nothing if capability is None else said("asking", capability=names.get(capability, capability))
    where = nothing if area is None else said("shortage_in", area=names.get(area, area))
    values = {**asdict(row), "what": what, "where": where, "reason": Sentence(*REASONS[row.reason])}
    left = said("bottleneck", **values)
    if not row.changes:
        return joined((left, said("fix_none" if row.changes is None else "fix_nothing")))
    fix = said("fix_one" if row.needs > 1 else "fix", changes=if_made(row.changes, names=names))
    return joined((left, fix))


def the_night(figures: Mapping[str, Mapping[str, int]], reasons: Mapping[str, int], gap: int) -> Sentence:
    """Return what came of a night.

    Parameters
    ----------
    figures
        Units by urgency.
    reasons
        Units left, by reason, the most frequent first.
    gap
        Bound less objective.
    """
    units = {name: sum(f[name] for f in figures.values()) for name in ("asked", "held", "served", "unmet")}
    sentences = [said("night", **units)]
    for reason, count in list(reasons.items())[:1]:
        sentences.append(said("night_most", reason=Sentence(*REASONS[reason]), count=count))
    more = {urgency: figures.get(urgency, {}).get("more", 0) for urgency in Urgency}
    if not gap:
        sentences.append(said("night_best"))
    else:
        sentences.append(said("night_more", **more) if any(more.values()) else said("night_no_more"))
    return joined(sentences)
