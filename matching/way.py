"""The way in the graph from who asks to who would serve, and the sentence that it makes.

resident – needs – capability – provided by – resource – of – provider – within – area. Names are those that the
scope may see, masked where they are a person's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import networkx as nx

from graph.model.capabilities import Capability
from graph.model.needs import Need
from graph.model.resources import Provided, Resource
from matching.sentences import Sentence, joined, said


class Subject(StrEnum):
    """For whom a need is."""

    PERSON = "person"
    HOUSEHOLD = "household"
    PLACE = "place"
    PUBLIC = "public"


class Within(StrEnum):
    """By which rule a provider reaches a need."""

    NEAR = "near"  # in the need's community; for a need above the communities, in its area
    ON_FOOT = "on_foot"  # no farther than they go
    LISTED = "listed"  # an area that the resource lists holds the need


@dataclass(frozen=True, slots=True)
class Skill:
    """One capability asked for, and the one of the resource that provides it.

    Parameters
    ----------
    capability, least
        What is asked for, and its lowest level.
    by, level
        What the resource names: the same or a more special one.
    """

    capability: str
    least: int
    by: str
    level: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How a provider reaches a need.

    Parameters
    ----------
    area
        Id of the area that holds both, or that the resource lists; None on foot.
    minutes
        On foot; None where a position is not known.
    limit
        How many minutes they go; None where the rule is another.
    """

    within: Within
    area: str | None = None
    minutes: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The path of one match.

    Parameters
    ----------
    subject
        The id of the person, household or place; None for the public.
    subject_name
        None where the scope may not see it.
    """

    subject_kind: Subject
    subject: str | None
    subject_name: str | None
    skills: tuple[Skill, ...]
    resource: str
    provider_name: str | None
    reach: Reach


def subject_of(need: Need) -> tuple[Subject, str | None]:
    """Return for whom a need is, and their id."""
    for kind, id_ in ((Subject.PERSON, need.person), (Subject.HOUSEHOLD, need.household), (Subject.PLACE, need.place)):
        if id_ is not None:
            return kind, id_
    return Subject.PUBLIC, None


def tree_of(capabilities: Sequence[Capability]) -> nx.DiGraph:
    """Return the capabilities with arrows from the special to the general."""
    tree = nx.DiGraph()
    tree.add_nodes_from(c.id for c in capabilities)
    tree.add_edges_from((c.id, general) for c in capabilities for general in c.is_a)
    return tree


def skills_of(need: Need, resource: Resource, tree: nx.DiGraph) -> tuple[Skill, ...]:
    """Return by which of its capabilities a resource provides each that a need asks for; at best the very same."""
    skills = []
    for required in need.requires:
        special = nx.ancestors(tree, required.capability) if required.capability in tree else set()
        fits = [p for p in resource.provides if p.capability == required.capability or p.capability in special]
        if fits:
            best = max(fits, key=lambda p: _rank(p, required.capability))
            skills.append(Skill(required.capability, required.level, best.capability, best.level))
    return tuple(skills)


def _rank(provided: Provided, asked: str) -> tuple[int, bool, str]:
    return provided.level, provided.capability == asked, provided.capability


def why_this(way: Way, *, title: str, parts: Mapping[str, int], names: Mapping[str, str]) -> Sentence:
    """Return why a resource is a match for a need.

    Parameters
    ----------
    title
        The resource's.
    parts
        Of a unit's value beside its urgency.
    names
        Of capabilities and areas, by id.
    """
    who = said("named", name=way.subject_name) if way.subject_name else said(str(way.subject_kind), name="")
    sentences = []
    for skill in way.skills:
        asked = names.get(skill.capability, skill.capability)
        sentences.append(said("asks", who=who, capability=asked, level=skill.least))
        key = "provides" if skill.by == skill.capability else "provides_special"
        special = names.get(skill.by, skill.by)
        sentences.append(said(key, resource=title, capability=asked, special=special, level=skill.level))
    sentences.append(said("by", provider=way.provider_name) if way.provider_name else said("by_hidden"))
    sentences.append(_reached(way.reach, names))
    pieces = joined(
        (said("near_part" if name == "near" else name, points=points) for name, points in parts.items() if points),
        en=", ",
        zh="、",
    )
    sentences.append(said("worth", value=sum(parts.values()), parts=pieces))
    return joined(sentences)


def _reached(reach: Reach, names: Mapping[str, str]) -> Sentence:
    if reach.within is Within.ON_FOOT:
        return said("on_foot", minutes=reach.minutes, limit=reach.limit)
    key = str(reach.within) if reach.minutes is None else f"{reach.within}_on_foot"
    return said(key, area=names.get(reach.area or "", reach.area), minutes=reach.minutes)
