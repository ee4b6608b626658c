"""What the optimizer sees of the graph: flat columns, no names, no queries."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class AreaColumns:
    """The area tree; row `i` is area `i` of every other table.

    Attributes
    ----------
    parent
        Row of the parent; −1 for a city.
    community
        Row of the community or village at or above it; −1 above that level.
    lat, lon
        Degrees, of the nearest area at or above it that has a position; nan where none has.
    """

    id: Ids
    parent: Ints
    community: Ints
    lat: Floats
    lon: Floats


@dataclass(frozen=True, slots=True)
class NeedColumns:
    """Open needs of the scope with something left, but for those appointed for a later week.

    Attributes
    ----------
    wanted
        Units that may lie in the planned periods: the quantity less what other periods hold.
    urgency
        0 at once, 1 by date, 2 long-term.
    due
        Milliseconds since 1970; −1 where there is no deadline.
    windows
        Row of `Snapshot.windows`; −1 is any time.
    appointed
        When each unit begins, in milliseconds since 1970; −1 where nothing is agreed on. Its window is then that time.
    group
        The same number for needs that are served together or not at all; −1 where there are no others.
    """

    id: Ids
    area: Ints
    wanted: Ints
    urgency: Ints
    raised_at: Ints
    due: Ints
    duration: Ints
    windows: Ints
    terms: Ints
    at_home: Bools
    vulnerable: Bools
    appointed: Ints
    group: Ints


@dataclass(frozen=True, slots=True)
class ResourceColumns:
    """Listed resources, each with its bucket of the planned period.

    Attributes
    ----------
    area
        Where its provider lives or is located.
    period
        0 week, 1 month, 2 once.
    reach_minutes
        −1 where it has no limit of its own.
    paused_until
        Milliseconds since 1970 before which its provider gets no offers; −1 where they are not paused.
    load
        Units that it gave in the period before.
    """

    id: Ids
    area: Ints
    by_person: Bools
    verified: Bools
    capacity: Ints
    period: Ints
    reach_minutes: Ints
    windows: Ints
    terms: Ints
    paused_until: Ints
    load: Ints


@dataclass(frozen=True, slots=True)
class Links:
    """A table of pairs with one number, `left[i]` – `right[i]`."""

    left: Ints
    right: Ints
    value: Ints


NO_LINKS = Links(*(np.zeros(0, dtype=np.int64),) * 3)


@dataclass(frozen=True, slots=True)
class Quota:
    """Units that some resources (rows) give together in the planned month; `id` is the unit's or the area's."""

    id: str
    units: int
    resources: Ints


@dataclass(frozen=True, slots=True)
class Floor:
    """The least share, in per cent, of the units that some needs (rows) ask for; `id` is their area's.

    Attributes
    ----------
    depth
        Of the area in the tree; a city's is 0. Floors of one depth have no need in common.
    """

    id: str
    share: int
    depth: int
    needs: Ints


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The graph at about one moment; every pair is checked again when it is written back.

    Attributes
    ----------
    windows
        Each a tuple of (start, end) minutes of the week.
    capabilities
        Ids; `is_a` joins the special to the general, by row.
    requires
        need – capability, with the level.
    provides
        resource – capability, with the level; `certificate_until` beside it holds the last valid day as
        days since 1970, or a very large number where no certificate is needed.
    reaches
        resource – area.
    declined
        need – resource, with the need's terms at that time.
    ruled_out
        need – resource: by either side, or because its provider serves a need that is kept apart from this one.
    apart
        need – need that do not go to one provider, each pair once.
    served_before
        need – resource whose provider has served the same person or household, with how often.
    held
        (need id, resource id, units) reserved or taken in the planned periods, of any need of the city; where
        the snapshot is of some needs only, of those.
    periods
        Name of the planned week, month and `once`.
    busy
        (resource, from, until) in milliseconds since 1970: where the snapshot is of some needs, the appointed visits
        that resources hold for others. In a whole one they are needs themselves.
    quotas
        Of resources by the month; each lies within another or apart from it. None where the snapshot is of some needs.
    floors
        Of the areas below the one asked for that have open needs, the deepest first. None where the snapshot is of some
        needs.
    """

    areas: AreaColumns
    needs: NeedColumns
    resources: ResourceColumns
    windows: tuple[tuple[tuple[int, int], ...], ...]
    capabilities: Ids
    is_a: Links
    requires: Links
    provides: Links
    certificate_until: Ints
    reaches: Links
    declined: Links
    served_before: Links
    held: tuple[tuple[str, str, int], ...]
    periods: tuple[str, str, str]
    quotas: tuple[Quota, ...] = ()
    busy: tuple[tuple[int, int, int], ...] = ()
    floors: tuple[Floor, ...] = ()
    ruled_out: Links = NO_LINKS
    apart: Links = NO_LINKS

    def of_needs(self, rows: Ints) -> Snapshot:
        """Return what it has of some needs; without floors, and without what is kept apart.

        Parameters
        ----------
        rows
            Ascending, each once.
        """
        new = np.full(len(self.needs.id), -1, dtype=np.int64)
        new[rows] = np.arange(len(rows))

        def links(links: Links) -> Links:
            kept = new[links.left] >= 0
            return Links(new[links.left[kept]], links.right[kept], links.value[kept])

        return replace(
            self,
            needs=NeedColumns(
                **{column.name: getattr(self.needs, column.name)[rows] for column in fields(NeedColumns)}
            ),
            requires=links(self.requires),
            declined=links(self.declined),
            served_before=links(self.served_before),
            ruled_out=links(self.ruled_out),
            floors=(),
            apart=NO_LINKS,
        )
