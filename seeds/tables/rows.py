"""What the rows of every table have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from graph.model.areas import AreaKind
from graph.model.ids import natural_id
from matching.use_cases.lookups import Places, folded
from seeds.tables.cells import Cell, plain, yes_or_no
from seeds.tables.columns import Column, taken, words

_SYSTEM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadCell(ValueError):
    """A cell that reads well but means nothing here.

    Parameters
    ----------
    column
        The column's English name.
    """

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


def is_system_id(words: str) -> bool:
    """Tell whether a text is an id that the system made."""
    return _SYSTEM_ID.fullmatch(words) is not None


def _system_id(cell: Cell) -> str:
    words = plain(cell).lower()
    if not is_system_id(words):
        raise ValueError("only an id that an export has written stands here; leave it empty")
    return words


SYSTEM_ID = Column(
    name="id",
    header="系统编号",
    help="The system's own id, as an export writes it; empty for what is new.",
    parse=taken(_system_id),
)


def yes_or_no_words(value: bool) -> str:
    """Return 是 or 否."""
    return "是" if value else "否"


LOCATED_IN = Column(
    name="located_in",
    header="区域",
    also=("所在区域", "所属社区", "所在社区", "地区"),
    help="Where it is: a path of names such as 桃园街道/光明社区, or the official code.",
    example="桃园街道/光明社区",
    required=True,
    parse=lambda known, cell: known.area(cell),
    write=lambda known, value: known.area_words(value),
)
VERIFIED = Column(
    name="verified",
    header="已核实",
    also=("是否核实",),
    help="Whether somebody checked who this is: 是 or 否; 是 if empty.",
    example="是",
    parse=taken(yes_or_no),
    write=words(yes_or_no_words),
)


def same_or_new(kind: str, values: Mapping[str, Any], here: Mapping[str, Mapping[str, str]]) -> str:
    """Return the id of a row's organisation or team: its own, that of the same name in the same area, or a new one.

    Parameters
    ----------
    here
        By `folded` name their ids, each with its area.
    """
    name, area = values["name"], values["located_in"]
    there = (i for i, where in here.get(folded(name), {}).items() if where == area)
    return values.get("id") or next(there, None) or natural_id("import", kind, name, area)


def named(words: str, column: str, here: Mapping[str, Mapping[str, str]]) -> str:
    """Return the id of the organisation or team that a name stands for; an id stands for itself.

    Parameters
    ----------
    here
        By `folded` name their ids, each with its area.

    Raises
    ------
    BadCell
        None or several have the name.
    """
    if is_system_id(words) or any(words in ids for ids in here.values()):
        return words
    fits = here.get(folded(words), {})
    if not fits:
        raise BadCell(column, "no organisation or team of this name here; import the organisations and teams first")
    if len(fits) > 1:
        raise BadCell(column, f"{len(fits)} have this name here; write the system's id instead")
    return next(iter(fits))


def community_of(area: str, places: Places) -> str:
    """Return the community or village of an area; the area itself where it lies above them."""
    here = places.areas.get(area)
    while here is not None:
        if here.kind in (AreaKind.COMMUNITY, AreaKind.VILLAGE):
            return here.id
        here = places.areas.get(here.parent or "")
    return area


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same values only."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=repr)
