"""The table of needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.model.ids import natural_id
from graph.model.needs import Channel, Field, Need, NeedKind, Urgency
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables import hours
from seeds.tables.cells import (
    date_and_time_words,
    end_of,
    id_number,
    line,
    lines,
    moment,
    one_of,
    plain,
    whole,
    yes_or_no,
)
from seeds.tables.columns import Column, Table, taken, words
from seeds.tables.rows import SYSTEM_ID, BadCell, community_of, fingerprint, is_system_id, named, yes_or_no_words
from seeds.tables.words import CHANNELS, FIELDS, NEED_KINDS, NEED_STATES, URGENCIES

TABLE = Table(
    "needs",
    "需求",
    (
        Column(
            name="reference",
            header="编号",
            also=("需求编号", "登记号"),
            help="Your own number of the need, unique in its community: importing it again finds the same need.",
            example="2026-001",
            parse=taken(line(64)),
        ),
        Column(
            name="title",
            header="标题",
            also=("需求标题", "需求名称", "事项"),
            help="Public, so without names and numbers; at most 40 characters.",
            example="厨房水管漏水",
            required=True,
            parse=taken(line(40)),
        ),
        Column(
            name="area",
            header="区域",
            also=("地区", "所属网格", "网格", "位置"),
            help="Where: a path of names such as 桃园街道/光明社区/第3网格, or the official code.",
            example="桃园街道/光明社区/第3网格",
            required=True,
            parse=lambda known, cell: known.area(cell),
            write=lambda known, value: known.area_words(value),
        ),
        Column(
            name="requires",
            header="所需能力",
            also=("能力", "需要", "服务类型"),
            help="What it takes, all from one provider: names between 、, each with its level if need be (水电维修:3).",
            example="水暖维修",
            required=True,
            parse=lambda known, cell: known.requires(cell),
            write=lambda known, value: known.requires_words(value),
        ),
        Column(
            name="text",
            header="详情",
            also=("内容", "需求内容", "详细描述", "情况说明"),
            help="The full words, personal; empty: the title stands for them.",
            example="王阿姨家厨房水管漏水,请师傅上门",
            personal=True,
            parse=taken(lines(2000)),
        ),
        Column(
            name="id_number",
            header="居民身份证号",
            also=("身份证号", "身份证", "身份证号码"),
            help="The resident whom it is for, by ID number; import the people first. Empty: for the public.",
            personal=True,
            parse=taken(id_number),
        ),
        Column(
            name="resident",
            header="居民系统编号",
            help="The same, by the system's id of the person, as an export gives it.",
            parse=taken(plain),
        ),
        Column(
            name="household",
            header="家庭系统编号",
            help="Instead of a resident, a whole household, by the system's id.",
            parse=taken(plain),
        ),
        Column(
            name="place",
            header="对象区域",
            also=("服务对象区域",),
            help="Instead of a resident, a place: a path of names as in 区域, or the official code.",
            parse=lambda known, cell: known.area(cell),
            write=lambda known, value: known.area_words(value),
        ),
        Column(
            name="raised_by",
            header="提出人系统编号",
            help="Who asked, where it is not the one whom it is for: the system's id of the person.",
            parse=taken(plain),
        ),
        Column(
            name="raised_by_organisation",
            header="提出单位",
            help="Instead of a person, the organisation that asked: its name, or the system's id.",
            parse=taken(plain),
        ),
        Column(
            name="kind",
            header="类型",
            also=("需求类型",),
            help="需求 if empty.",
            example="需求",
            parse=taken(one_of(NEED_KINDS)),
            write=words(lambda value: NEED_KINDS[value][0]),
        ),
        Column(
            name="urgency",
            header="紧急程度",
            also=("轻重缓急", "办理时限"),
            help="定期办理 if empty.",
            example="定期办理",
            parse=taken(one_of(URGENCIES)),
            write=words(lambda value: URGENCIES[value][0]),
        ),
        Column(
            name="field",
            header="领域",
            also=("类别", "需求领域"),
            help="救助 if empty.",
            example="住房保障",
            parse=taken(one_of(FIELDS)),
            write=words(lambda value: FIELDS[value][0]),
        ),
        Column(
            name="channel",
            header="渠道",
            also=("来源", "收集渠道"),
            help="How it came in; 上门 if empty.",
            example="电话",
            parse=taken(one_of(CHANNELS)),
            write=words(lambda value: CHANNELS[value][0]),
        ),
        Column(
            name="quantity",
            header="数量",
            help="Units wanted, 1 to 10000; 1 if empty.",
            example=1,
            parse=taken(whole(1, 10_000)),
            write=words(int),
        ),
        Column(
            name="at_home",
            header="入户",
            also=("是否入户", "上门服务"),
            help="Whether it is served in a home: 是 or 否; 否 if empty.",
            example="是",
            parse=taken(yes_or_no),
            write=words(yes_or_no_words),
        ),
        Column(
            name="duration",
            header="时长(分钟)",
            help="Minutes that a unit takes, 0 to 1440; 0 if it does not matter.",
            example=60,
            parse=taken(whole(0, 1440)),
            write=words(int),
        ),
        Column(
            name="windows",
            header="时间",
            also=("方便时间", "服务时间"),
            help="When it suits: 周一至周五 9:00-11:30;周六全天. Any time if empty.",
            example="周一至周五 9:00-11:30;周六全天",
            parse=taken(hours.windows),
            write=words(hours.words_of),
        ),
        Column(
            name="due",
            header="期限",
            also=("办结期限", "截止日期", "截止时间"),
            help="By when: a date, or a date and a time; it must lie ahead.",
            parse=taken(end_of),
            write=words(date_and_time_words),
        ),
        Column(
            name="raised_at",
            header="提出时间",
            also=("登记时间", "登记日期", "提出日期"),
            help="When it was asked; the moment of the import if empty.",
            parse=taken(moment),
            write=words(date_and_time_words),
        ),
        Column(
            name="group",
            header="组",
            also=("同组",),
            help="Needs of one word here are served together or not at all.",
            parse=taken(line(64)),
        ),
        SYSTEM_ID,
        Column(
            name="state",
            header="状态",
            help="Where it stands; only written out.",
            shown=True,
            write=words(lambda value: NEED_STATES[value][0]),
        ),
    ),
)
_DEFAULTS: dict[str, Any] = {
    "kind": NeedKind.NEED,
    "urgency": Urgency.BY_DATE,
    "field": Field.ASSISTANCE,
    "channel": Channel.DOOR,
    "quantity": 1,
    "at_home": False,
    "duration": 0,
}
_FOR_AND_BY = ("household", "place", "raised_by", "raised_by_organisation")
_OWN = ("title", "area", "requires", "windows", "due", "raised_at", "group", *_FOR_AND_BY, *_DEFAULTS)


def item(values: Mapping[str, Any], neighbours: Neighbours, places: Places) -> Need:
    """Return the need of a row.

    Raises
    ------
    BadCell
        Nobody has the ID number, no organisation the name, or it is for or by more than one.
    """
    person = values.get("resident")
    if number := values.get("id_number"):
        person = neighbours.person_of.get(number)
        if person is None or person != values.get("resident", person):
            raise BadCell("id_number", "nobody here has this ID number; import the people first")
    own = {**_DEFAULTS, **{name: values[name] for name in _OWN if name in values}}
    if [person, own.get("household"), own.get("place")].count(None) < 2:
        raise BadCell("household" if "household" in own else "place", "a need is for one: resident, household or place")
    if organisation := own.get("raised_by_organisation"):
        if "raised_by" in own:
            raise BadCell("raised_by_organisation", "one asked: a person or an organisation; leave one of them empty")
        own["raised_by_organisation"] = named(organisation, "raised_by_organisation", neighbours.organisations)
    words_of_it = values.get("text") or own["title"]
    community = community_of(own["area"], places)
    if (group := own.get("group")) and not is_system_id(group):
        own["group"] = natural_id("import", "group", community, group)  # the next community has its own 第一组
    if "id" in values:
        name = values["id"]
    elif reference := values.get("reference"):
        name = natural_id("import", "need", community, reference)
    else:
        # No number: the row's own content names it, so the same row is the same need.
        name = natural_id("import", "need", fingerprint({**own, "person": person, "text": words_of_it}))
    return Need(id=name, **own, person=person, text=words_of_it)


def row(need: Need, text: str | None) -> dict[str, Any]:
    """Return the values of a need's row."""
    own = {name: getattr(need, name) for name in _OWN}
    return own | {"resident": need.person, "text": text, "id": need.id, "state": need.state}
