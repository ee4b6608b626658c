"""The table of volunteer teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.model.people import Team
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables.cells import id_number, joined, line, one_of, parts
from seeds.tables.columns import Column, Table, taken, words
from seeds.tables.rows import LOCATED_IN, SYSTEM_ID, VERIFIED, BadCell, same_or_new
from seeds.tables.words import FIELDS

TABLE = Table(
    "teams",
    "服务队",
    (
        Column(
            name="name",
            header="名称",
            also=("服务队名称", "服务队", "队名"),
            help="Public, so without numbers; by it and the area the same team is found again.",
            example="光明社区银发服务队",
            required=True,
            parse=taken(line(100)),
        ),
        Column(
            name="field",
            header="领域",
            also=("服务领域", "类别"),
            help="What it is for.",
            example="养老",
            required=True,
            parse=taken(one_of(FIELDS)),
            write=words(lambda value: FIELDS[value][0]),
        ),
        LOCATED_IN,
        Column(
            name="member_numbers",
            header="成员身份证号",
            also=("成员身份证", "队员身份证号"),
            help="Who is in it, by ID numbers between 、; personal. Import the people first.",
            personal=True,
            parse=taken(lambda cell: tuple(id_number(part) for part in parts(cell))),
        ),
        Column(
            name="members",
            header="成员系统编号",
            help="The same, by the system's ids, as an export gives them.",
            parse=taken(lambda cell: tuple(parts(cell))),
            write=words(joined),
        ),
        VERIFIED,
        SYSTEM_ID,
    ),
)
_OWN = ("name", "field", "located_in", "verified")


def item(values: Mapping[str, Any], neighbours: Neighbours, places: Places) -> Team:
    """Return the team of a row.

    Raises
    ------
    BadCell
        Nobody has an ID number.
    """
    del places
    numbers = values.get("member_numbers", ())
    if any(number not in neighbours.person_of for number in numbers):
        raise BadCell("member_numbers", "nobody here has one of these ID numbers; import the people first")
    members = {*values.get("members", ()), *(neighbours.person_of[number] for number in numbers)}
    own = {column: values[column] for column in _OWN if column in values}
    return Team(id=same_or_new("team", values, neighbours.teams), members=tuple(sorted(members)), **own)


def row(team: Team) -> dict[str, Any]:
    """Return the values of a team's row."""
    return {name: getattr(team, name) for name in (*_OWN, "id")} | {"members": team.members or None}
