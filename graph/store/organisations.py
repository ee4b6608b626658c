"""Organisations and teams: who helps without being one person. Both are public, but for whom to call."""

from __future__ import annotations

from collections.abc import Sequence

from graph import schema
from graph.model.people import Organisation, Team
from graph.store.loading import Loading, Rows


def write_organisations(loading: Loading, organisations: Sequence[Organisation]) -> int:
    """Write organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.ORGANISATION,
        [{name: getattr(o, name) for name in schema.ORGANISATION.properties} for o in organisations],
        [o.id for o in organisations],
    )
    loading.relationships(
        schema.LOCATED_IN, schema.ORGANISATION, schema.AREA, [(o.id, o.located_in, {}) for o in organisations]
    )
    reports: Rows = [(o.id, o.reports_to, {"agreement": o.agreement}) for o in organisations if o.reports_to]
    loading.relationships(schema.REPORTS_TO, schema.ORGANISATION, schema.AREA, reports)
    return new


def write_teams(loading: Loading, teams: Sequence[Team]) -> int:
    """Write teams that do not exist yet with their members; return how many were new."""
    new = loading.nodes(schema.TEAM, [{name: getattr(t, name) for name in schema.TEAM.properties} for t in teams])
    loading.relationships(schema.LOCATED_IN, schema.TEAM, schema.AREA, [(t.id, t.located_in, {}) for t in teams])
    members: Rows = [(member, t.id, {}) for t in teams for member in t.members]
    loading.relationships(schema.JOINED, schema.PERSON, schema.TEAM, members)
    return new
