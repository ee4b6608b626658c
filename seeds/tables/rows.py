"""What the rows of every table have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from graph.model.areas import AreaKind
from matching.use_cases.importing import Places, folded
from seeds.tables.cells import Cell, plain
from seeds.tables.columns import Column, taken

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


def yes_or_no_words(value: bool) -> str:
    """Return 是 or 否."""
    return "是" if value else "否"


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
