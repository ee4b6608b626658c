"""The table of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.model.ids import natural_id
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables import hours
from seeds.tables.cells import id_number, joined, line, one_of, parts, plain, whole
from seeds.tables.columns import Column, Table, taken, words
from seeds.tables.known import Known
from seeds.tables.rows import SYSTEM_ID, BadCell, named
from seeds.tables.words import PERIODS, PROVIDER_KINDS, RESOURCE_STATES

TABLE = Table(
    "resources",
    "资源",
    (
        Column(
            name="provider_kind",
            header="提供者类型",
            also=("提供方类型",),
            help="个人, 单位 or 服务队.",
            example="单位",
            required=True,
            parse=taken(one_of(PROVIDER_KINDS)),
            write=words(lambda value: PROVIDER_KINDS[value][0]),
        ),
        Column(
            name="provider",
            header="提供者",
            also=("提供方", "单位名称", "服务队名称"),
            help="The name of the organisation or team; of a person the system's id, or the next column instead.",
            example="光明社区卫生服务站",
            parse=taken(plain),
        ),
        Column(
            name="id_number",
            header="身份证号",
            also=("身份证", "身份证号码"),
            help="Of a person: the ID number; personal. Import the people first.",
            personal=True,
            parse=taken(id_number),
        ),
        Column(
            name="title",
            header="标题",
            also=("资源名称", "服务内容", "名称"),
            help="Public, so without names and numbers; by it and the provider the same resource is found again.",
            example="轮椅借用",
            required=True,
            parse=taken(line(80)),
        ),
        Column(
            name="provides",
            header="能力",
            also=("提供能力", "技能", "物资"),
            help="Names between 、, each with its level and certificate's last day if need be: 电工维修:4:2027-01-01.",
            example="轮椅",
            required=True,
            parse=lambda known, cell: known.provides(cell),
            write=lambda known, value: known.provides_words(value),
        ),
        Column(
            name="capacity",
            header="数量",
            also=("容量", "可提供数量"),
            help="Units in each period, 0 to 1000000; of people's time visits of up to two hours. 1 if empty.",
            example=3,
            parse=taken(whole(0, 1_000_000)),
            write=words(int),
        ),
        Column(
            name="period",
            header="周期",
            help="每周 (time and venues), 每月 (money and stock) or 一次; 每周 if empty.",
            example="每月",
            parse=taken(one_of(PERIODS)),
            write=words(lambda value: PERIODS[value][0]),
        ),
        Column(
            name="windows",
            header="时间",
            also=("可用时间", "服务时间", "开放时间"),
            help="When it can be had: 周一至周五 9:00-11:30;周六全天. Any time if empty.",
            example="周一至周五 9:00-17:00",
            parse=taken(hours.windows),
            write=words(hours.words_of),
        ),
        Column(
            name="reach_minutes",
            header="步行范围(分钟)",
            also=("步行分钟",),
            help="Of people's time: how far on foot, 1 to 240; no limit if empty.",
            parse=taken(whole(1, 240)),
            write=words(int),
        ),
        Column(
            name="reaches",
            header="服务区域",
            also=("覆盖区域",),
            help="Areas beyond the provider's own community, between 、.",
            example="桃园街道",
            parse=lambda known, cell: tuple(sorted({known.area(part) for part in parts(cell)})),
            write=lambda known, value: joined(_separable(known, area) for area in value),
        ),
        Column(
            name="conditions",
            header="条件",
            also=("使用条件", "备注条件"),
            help="What one must know before asking for it; public, so without names and numbers.",
            example="需提前一天预约",
            parse=taken(line(200)),
        ),
        SYSTEM_ID,
        Column(
            name="state",
            header="状态",
            help="Whether it is on the list; only written out.",
            shown=True,
            write=words(lambda value: RESOURCE_STATES[value][0]),
        ),
    ),
)
_OWN = ("title", "provides", "capacity", "period", "windows", "reach_minutes", "reaches", "conditions")


def _separable(known: Known, area: str) -> str:
    path = known.area_words(area)
    return path if parts(path) == [plain(path)] else area


def item(values: Mapping[str, Any], neighbours: Neighbours, places: Places) -> Resource:
    """Return the resource of a row.

    Raises
    ------
    BadCell
        The provider is not named, not here, or several have its name.
    """
    del places
    kind = values["provider_kind"]
    provider = _person(values, neighbours) if kind is ProviderKind.PERSON else _named(values, kind, neighbours)
    own: dict[str, Any] = {"capacity": 1, "period": Period.WEEK}
    own |= {name: values[name] for name in _OWN if name in values}
    name = values.get("id") or natural_id("import", "resource", provider, own["title"])
    return Resource(id=name, provider=provider, provider_kind=kind, **own)


def _person(values: Mapping[str, Any], neighbours: Neighbours) -> str:
    if number := values.get("id_number"):
        person = neighbours.person_of.get(number)
        if person is None:
            raise BadCell("id_number", "nobody here has this ID number; import the people first")
        return person
    if "provider" not in values:
        raise BadCell("id_number", "a person is named by ID number, or by the system's id in 提供者")
    return str(values["provider"])


def _named(values: Mapping[str, Any], kind: ProviderKind, neighbours: Neighbours) -> str:
    name = values.get("provider")
    if name is None:
        raise BadCell("provider", "name the organisation or team")
    return named(name, "provider", neighbours.organisations if kind is ProviderKind.ORGANISATION else neighbours.teams)


def row(resource: Resource, name: str | None) -> dict[str, Any]:
    """Return the values of a resource's row.

    Parameters
    ----------
    name
        The provider's, where it alone has it in this area; None writes its id.
    """
    own = {column: getattr(resource, column) for column in _OWN}
    return own | {
        "reaches": resource.reaches or None,
        "provider_kind": resource.provider_kind,
        "provider": name or resource.provider,
        "id": resource.id,
        "state": resource.state,
    }
