"""The table of organisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.model.people import Organisation
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables.cells import line, one_of
from seeds.tables.columns import Column, Table, taken, words
from seeds.tables.rows import LOCATED_IN, SYSTEM_ID, VERIFIED, BadCell, same_or_new
from seeds.tables.words import ORGANISATION_KINDS

TABLE = Table(
    "organisations",
    "单位",
    (
        Column(
            name="name",
            header="名称",
            also=("单位名称", "单位", "商户名称", "组织名称"),
            help="Public; by it and the area the same organisation is found again.",
            example="光明社区卫生服务站",
            required=True,
            parse=taken(line(100)),
        ),
        Column(
            name="kind",
            header="类型",
            also=("单位类型", "性质"),
            help="驻区单位, 部门, 商户, 社会组织, 物业 or 业委会.",
            example="驻区单位",
            required=True,
            parse=taken(one_of(ORGANISATION_KINDS)),
            write=words(lambda value: ORGANISATION_KINDS[value][0]),
        ),
        LOCATED_IN,
        Column(
            name="contact",
            header="联系人",
            also=("联系方式", "联系人及电话", "负责人"),
            help="Whom to call; personal.",
            personal=True,
            parse=taken(line(100)),
        ),
        VERIFIED,
        Column(
            name="reports_to",
            header="报到社区",
            also=("报到单位", "双报到社区"),
            help="The area to which a unit reports in (双报到).",
            example="桃园街道/光明社区",
            parse=lambda known, cell: known.area(cell),
            write=lambda known, value: known.area_words(value),
        ),
        Column(
            name="agreement",
            header="共建协议",
            also=("协议",),
            help="The words of their agreement; needs the area to which it reports.",
            parse=taken(line(500)),
        ),
        SYSTEM_ID,
    ),
)
_OWN = tuple(column.name for column in TABLE.columns if column.name != "id")


def item(values: Mapping[str, Any], neighbours: Neighbours, places: Places) -> Organisation:
    """Return the organisation of a row.

    Raises
    ------
    BadCell
        There is an agreement, but nobody to report to.
    """
    del places
    if "agreement" in values and "reports_to" not in values:
        raise BadCell("agreement", "an agreement needs the area to which the unit reports in (报到社区)")
    return Organisation(
        id=same_or_new("organisation", values, neighbours.organisations),
        **{column: values[column] for column in _OWN if column in values},
    )


def row(organisation: Organisation) -> dict[str, Any]:
    """Return the values of an organisation's row."""
    return {name: getattr(organisation, name) for name in (*_OWN, "id")}
