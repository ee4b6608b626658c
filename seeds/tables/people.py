"""The table of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.model.ids import natural_id
from graph.model.people import Person, description
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables.cells import (
    birth_year,
    birth_year_of,
    day,
    day_words,
    id_number,
    joined,
    languages,
    lines,
    name_of_somebody,
    phone,
    yes_or_no,
)
from seeds.tables.columns import Column, Table, taken, words
from seeds.tables.rows import SYSTEM_ID, BadCell, yes_or_no_words

TABLE = Table(
    "people",
    "人员",
    (
        Column(
            name="name",
            header="姓名",
            also=("居民姓名",),
            help="In full; personal.",
            example="王秀英",
            required=True,
            personal=True,
            parse=taken(name_of_somebody),
        ),
        Column(
            name="id_number",
            header="身份证号",
            also=("身份证", "身份证号码", "公民身份号码", "证件号码"),
            help="18 characters, in a column of format text; personal. By it the same person is found again.",
            personal=True,
            parse=taken(id_number),
        ),
        Column(
            name="birth_year",
            header="出生年份",
            also=("出生年", "出生日期", "出生年月"),
            help="Four digits, or a date of which only the year is kept; taken from the ID number if empty.",
            example=1951,
            parse=taken(birth_year),
            write=words(int),
        ),
        Column(
            name="phone",
            header="手机",
            also=("电话", "联系电话", "手机号", "手机号码", "联系方式"),
            help="A landline with its area code; personal.",
            personal=True,
            parse=taken(phone),
        ),
        Column(
            name="lives_in",
            header="区域",
            also=("所属网格", "网格", "楼栋", "居住地", "地区"),
            help="Where they live: a path of names such as 桃园街道/光明社区/第3网格/1号楼, or the official code.",
            example="桃园街道/光明社区/第3网格",
            required=True,
            parse=lambda known, cell: known.area(cell),
            write=lambda known, value: known.area_words(value),
        ),
        Column(
            name="address",
            header="住址",
            also=("地址", "家庭住址", "详细地址"),
            help="Door and all; personal.",
            personal=True,
            parse=taken(lines(200)),
        ),
        Column(
            name="health",
            header="健康状况",
            also=("健康", "身体状况"),
            help="Only what helpers must know; personal.",
            personal=True,
            parse=taken(lines(500)),
        ),
        Column(
            name="languages",
            header="语言",
            help="Language tags between ;, such as zh;wuu.",
            example="zh",
            parse=taken(languages),
            write=words(joined),
        ),
        Column(
            name="verified",
            header="已核实",
            also=("是否核实",),
            help="Whether somebody checked who this is: 是 or 否; 否 if empty.",
            example="否",
            parse=taken(yes_or_no),
            write=words(yes_or_no_words),
        ),
        Column(
            name="consent",
            header="同意日期",
            also=("授权日期",),
            help="The day on which they agreed to be kept here.",
            parse=taken(day),
            write=words(day_words),
        ),
        Column(
            name="keep_until",
            header="保存期限",
            also=("保存至",),
            help="The last day on which they are.",
            parse=taken(day),
            write=words(day_words),
        ),
        SYSTEM_ID,
    ),
)
_OWN = tuple(column.name for column in TABLE.columns if column.name != "id")


def described(values: Mapping[str, Any]) -> str | None:
    """Return what names a person who has no ID number; None of one who has."""
    if "id_number" in values or "id" in values:
        return None
    where = values.get("address") or values.get("lives_in", "")
    return description(values.get("name", ""), values.get("birth_year"), where)


def item(values: Mapping[str, Any], neighbours: Neighbours, places: Places) -> Person:
    """Return the person of a row.

    Raises
    ------
    BadCell
        The year of birth is not the ID number's, or it can't be told whether they are here already.
    """
    del places
    own: dict[str, Any] = {"verified": False, **{name: values[name] for name in _OWN if name in values}}
    if number := own.get("id_number"):
        year = birth_year_of(number)
        if own.setdefault("birth_year", year) != year:
            raise BadCell("birth_year", "is not the year that the ID number names; mend one of them")
    return Person(id=values.get("id") or _found_or_new(own, neighbours), described=described(values), **own)


def _found_or_new(own: Mapping[str, Any], neighbours: Neighbours) -> str:
    number = own.get("id_number", "")
    if number in neighbours.person_of:
        return neighbours.person_of[number]
    year = own.get("birth_year")
    same = [
        somebody
        for somebody in neighbours.called.get((own.get("phone", ""), own["name"]), ())
        if year is None or somebody.birth_year in (None, year)
    ]
    if number:
        if any(not somebody.numbered for somebody in same):
            raise BadCell(
                "id_number",
                "somebody of this name and phone is here without an ID number. The same person: add the number to "
                "them (PATCH /people/{id}); another: leave the phone out here",
            )
        return natural_id(neighbours.salt, number)
    words = described(own) or ""
    there = neighbours.described.get(words)
    if there is not None and (not same or there in (somebody.id for somebody in same)):
        return there
    if len(same) > 1:
        raise BadCell("name", "several of this name and phone are here; write the ID number or the system's id")
    return same[0].id if same else natural_id(neighbours.salt, words)


def row(person: Person) -> dict[str, Any]:
    """Return the values of a person's row."""
    own = {name: getattr(person, name) for name in _OWN}
    return own | {"languages": person.languages or None, "id": person.id}
