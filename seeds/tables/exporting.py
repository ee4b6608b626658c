"""From the store into a file that an import reads back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graph.model.actors import Actor
from graph.model.times import Clock
from graph.store import Store
from matching.use_cases.exporting import (
    export_needs,
    export_organisations,
    export_people,
    export_resources,
    export_teams,
)
from matching.use_cases.importing import Progress
from matching.use_cases.lookups import places
from matching.use_cases.needs import ShowReason
from seeds.tables import needs, organisations, people, resources, teams
from seeds.tables.known import Known
from seeds.tables.subjects import SUBJECTS
from seeds.tables.writing import cells_of, written


def export_table(
    store: Store,
    table: str,
    path: Path,
    *,
    by: Actor,
    clock: Clock,
    reason: ShowReason | None = None,
    progress: Progress = lambda *_: None,
) -> int:
    """Write the rows of the actor's area into a file; return how many there are.

    Parameters
    ----------
    table
        One of `SUBJECTS`.
    reason
        Why what is personal is read; every row of it is written down with it. None leaves it out.

    Raises
    ------
    Unwritable
        The file can't be written.
    """
    declared = SUBJECTS[table].table
    known = Known(places(store, by=by))
    count = 0
    with written(path, declared, [column.header for column in declared.columns]) as lines:
        for values in _rows(store, table, by=by, clock=clock, reason=reason, progress=progress):
            lines.add(cells_of(declared, known, values))
            count += 1
    return count


def _rows(
    store: Store, table: str, *, by: Actor, clock: Clock, reason: ShowReason | None, progress: Progress
) -> Iterator[Mapping[str, Any]]:
    if table == "needs":
        found = export_needs(store, reason=reason, by=by, clock=clock, progress=progress)
        return (needs.row(need, text) for need, text in found)
    if table == "people":
        return map(people.row, export_people(store, reason=reason, by=by, clock=clock, progress=progress))
    if table == "organisations":
        return map(organisations.row, export_organisations(store, reason=reason, by=by, clock=clock, progress=progress))
    if table == "teams":
        return map(teams.row, export_teams(store, by=by, progress=progress))
    return (resources.row(resource, name) for resource, name in export_resources(store, by=by, progress=progress))
