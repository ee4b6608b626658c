"""Why a resource is a match for a need, and what holds the capacity where none is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graph.model.needs import Need
from graph.model.people import masked
from graph.model.resources import ProviderKind, Resource
from graph.snapshot import Snapshot
from graph.store import Graph
from graph.store.resources import ProviderCard
from matching.candidates import Candidates
from matching.scoring import Parts
from matching.sentences import Sentence
from matching.way import Reach, Subject, Way, Within, skills_of, subject_of, tree_of, why_this

_TITLES = 10  # of needs that hold capacity; more of them nobody reads


@dataclass(frozen=True, slots=True)
class Sight:
    """What the rules say of one need at one moment."""

    snapshot: Snapshot
    candidates: Candidates
    parts: Parts

    def period(self, resource: int) -> str:
        """Return the name of a resource row's period."""
        return self.snapshot.periods[int(self.snapshot.resources.period[resource])]


@dataclass(frozen=True, slots=True)
class Holders:
    """What reserves or takes the units of those who could serve a need.

    Parameters
    ----------
    by_urgency
        Assignments, counted over the whole city.
    needs
        Id and title of those needs that the scope may see, the first few.
    """

    by_urgency: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[tuple[str, str], ...] = ()


NOBODY = Holders()


def holders_of(graph: Graph, buckets: Sequence[str]) -> Holders:
    """Return what holds some buckets."""
    held = graph.assignments.holding(buckets)
    titles = graph.needs.titles_in_scope(sorted({need for need, _ in held}))
    return Holders(dict(Counter(str(urgency) for _, urgency in held)), tuple(sorted(titles.items())[:_TITLES]))


def explain(
    graph: Graph, need: Need, sight: Sight, chosen: Sequence[tuple[int, Resource, ProviderCard]]
) -> list[tuple[Way, Sentence]]:
    """Return the way and the sentence of some candidates of one need.

    Parameters
    ----------
    chosen
        Row of the candidate, its resource, and the provider as far as the scope may see.
    """
    capabilities = graph.capabilities.all()
    tree = tree_of(capabilities)
    above = graph.areas.path(need.area)
    names = graph.areas.names([*above, *([need.place] if need.place else [])])
    kind, subject = subject_of(need)
    subject_name = names.get(need.place) if need.place else _resident(graph, need)
    names |= {c.id: c.name for c in capabilities}
    explained = []
    for row, resource, provider in chosen:
        person = provider.kind is ProviderKind.PERSON
        way = Way(
            subject_kind=kind,
            subject=subject,
            subject_name=subject_name,
            skills=skills_of(need, resource, tree),
            resource=resource.id,
            provider_name=masked(provider.name) if person and provider.name else provider.name,
            reach=_reach(sight, row, resource, above),
        )
        explained.append((way, why_this(way, title=resource.title, parts=sight.parts.of(row), names=names)))
    return explained


def _resident(graph: Graph, need: Need) -> str | None:
    if subject_of(need)[0] is not Subject.PERSON or need.person is None or graph.transaction.scope.area is None:
        return None
    name = graph.people.names([need.person]).get(need.person)
    return masked(name) if name else None


def _reach(sight: Sight, row: int, resource: Resource, above: Sequence[str]) -> Reach:
    """Return by which rule a candidate is within reach; `candidates.py` has the rules."""
    candidates, areas = sight.candidates, sight.snapshot.areas
    exact = float(candidates.minutes[row])
    minutes = None if np.isnan(exact) else round(exact)
    on_foot = resource.provider_kind is ProviderKind.PERSON and resource.reach_minutes is not None
    if on_foot and minutes is not None and exact <= (resource.reach_minutes or 0):
        return Reach(Within.ON_FOOT, minutes=minutes, limit=resource.reach_minutes)
    if candidates.same_community[row]:
        place = int(sight.snapshot.needs.area[candidates.need[row]])
        return Reach(Within.NEAR, str(areas.id[areas.community[place]]), minutes)
    listed = [area for area in above if area in resource.reaches]
    return Reach(Within.LISTED, listed[0], minutes) if listed else Reach(Within.NEAR, above[0], minutes)
