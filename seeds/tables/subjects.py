"""The tables that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from matching.use_cases.importing import Thing
from matching.use_cases.lookups import Neighbours, Places
from seeds.tables import needs, organisations, people, resources, teams
from seeds.tables.columns import Table


@dataclass(frozen=True, slots=True)
class Subject:
    """One table, and how its rows become things.

    Parameters
    ----------
    item
        Returns the thing of a row's values; raises `BadCell`.
    described
        Returns what a row's thing is known by where only a keyed hash of it may be kept; None otherwise.
    """

    table: Table
    item: Callable[[Mapping[str, Any], Neighbours, Places], Thing]
    described: Callable[[Mapping[str, Any]], str | None] = lambda _: None


SUBJECTS = {
    subject.table.name: subject
    for subject in (
        Subject(needs.TABLE, needs.item),
        Subject(resources.TABLE, resources.item),
        Subject(people.TABLE, people.item, people.described),
        Subject(organisations.TABLE, organisations.item),
        Subject(teams.TABLE, teams.item),
    )
}
