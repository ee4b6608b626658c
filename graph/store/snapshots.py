"""Reads the graph into the optimizer's columns.

Whole columns come as lists in pieces of a few thousand rows: ten times faster than a row at a time, and
below the length at which the embedded store refuses a list. Neither store gives a snapshot, so columns of
one piece belong together and pieces may be moments apart; what is written back is checked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from graph.model.areas import AreaKind
from graph.model.needs import Urgency
from graph.model.people import VULNERABLE
from graph.model.resources import ProviderKind
from graph.model.times import Period
from graph.snapshot import AreaColumns, Links, NeedColumns, ResourceColumns, Snapshot
from graph.store.columns import WindowTable, days, groups, ints, links, settle_appointments
from graph.store.exclusions import ExclusionsOfNeeds
from graph.store.holdings import Holdings
from graph.store.limits import Limits
from graph.store.transaction import PIECE, Transaction, chunks

_AREAS = """
MATCH (a:Area) OPTIONAL MATCH (a)-[:PART_OF]->(p:Area)
RETURN a.id AS id, a.kind AS kind, p.id AS parent, a.lat AS lat, a.lon AS lon ORDER BY id"""
_AREAS_NAMED = """
UNWIND $ids AS id MATCH (a:Area {id: id}) OPTIONAL MATCH (a)-[:PART_OF]->(p:Area)
RETURN a.id AS id, a.kind AS kind, p.id AS parent, a.lat AS lat, a.lon AS lon"""
_CAPABILITIES = """
MATCH (c:Capability) OPTIONAL MATCH (c)-[:IS_A]->(d:Capability)
RETURN c.id AS id, collect(d.id) AS is_a ORDER BY id"""
_NEED_IDS = """
MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(:Area)<-[:IN_AREA]-(n:Need)
WHERE n.state = 'open' RETURN n.id AS id"""
_NEED_IDS_NAMED = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area})
WHERE n.state = 'open' RETURN n.id AS id"""
_NEEDS = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:IN_AREA]->(a:Area)
RETURN collect(n.id) AS id, collect(a.id) AS area, collect(n.quantity) AS quantity,
  collect(n.reserved + n.taken) AS held, collect(n.urgency) AS urgency, collect(n.raised_at) AS raised_at,
  collect(coalesce(n.due, -1)) AS due, collect(n.duration) AS duration,
  collect(coalesce(n.windows, [-1])) AS windows, collect(n.terms) AS terms, collect(n.at_home) AS at_home,
  collect(coalesce(n.group, '')) AS group, collect(coalesce(n.appointed, -1)) AS appointed"""
_VULNERABLE = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:FOR_SUBJECT]->(:Person)-[b:BELONGS_TO]->(h:Household)
WHERE b.until IS NULL AND ANY(kind IN h.focus WHERE kind IN $kinds) RETURN collect(DISTINCT n.id) AS id"""
_VULNERABLE_HOMES = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:FOR_SUBJECT]->(h:Household)
WHERE ANY(kind IN h.focus WHERE kind IN $kinds) RETURN collect(n.id) AS id"""
_REQUIRES = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[q:REQUIRES]->(c:Capability)
RETURN collect(n.id) AS left, collect(c.id) AS right, collect(q.level) AS value"""
_DECLINED = """
UNWIND $ids AS id MATCH (r:Resource)-[d:DECLINED]->(n:Need {id: id})
RETURN collect(n.id) AS left, collect(r.id) AS right, collect(d.need_terms) AS value"""
_SERVED = """
UNWIND $ids AS id MATCH (n:Need {id: id})-[:FOR_SUBJECT]->(s:%s)<-[:FOR_SUBJECT]-(:Need)<-[:SERVES]-(a:Assignment)
WHERE a.state IN $states RETURN collect(n.id) AS left, collect(a.provider) AS right"""
_SERVED_BEFORE = tuple(_SERVED % label for label in ("Person", "Household"))
_RESOURCE_IDS = "MATCH (r:Resource) WHERE r.state = 'listed' RETURN r.id AS id"
_RESOURCE_IDS_NAMED = """
UNWIND $ids AS id MATCH (r:Resource {id: id}) WHERE r.state = 'listed' RETURN r.id AS id"""
_RESOURCE_IDS_FOR = """
UNWIND $needs AS need MATCH (n:Need {id: need})-[:REQUIRES]->(c:Capability)
MATCH (c)<-[:IS_A*0..9]-(:Capability)<-[:PROVIDES]-(r:Resource) WHERE r.state = 'listed'
RETURN DISTINCT r.id AS id"""
_OF_PEOPLE = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p:Person)-[l:LIVES_IN]->(a:Area) WHERE l.until IS NULL"""
_OF_ORGANISATIONS = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p:Organisation)-[l:LOCATED_IN]->(a:Area)
WHERE l.until IS NULL"""
_OF_TEAMS = """
UNWIND $ids AS id MATCH (r:Resource {id: id})<-[:LISTS]-(p:Team)-[l:LOCATED_IN]->(a:Area) WHERE l.until IS NULL"""
_RESOURCES = """
RETURN collect(r.id) AS id, collect(a.id) AS area, collect(p.id) AS provider, collect(r.provider_kind) AS kind,
  collect(p.verified) AS verified, collect(r.capacity) AS capacity, collect(r.period) AS period,
  collect(coalesce(r.reach_minutes, -1)) AS reach, collect(coalesce(r.windows, [-1])) AS windows,
  collect(r.terms) AS terms, collect(coalesce(p.paused_until, -1)) AS paused_until"""
_PROVIDES = """
UNWIND $ids AS id MATCH (r:Resource {id: id})-[p:PROVIDES]->(c:Capability)
RETURN collect(r.id) AS left, collect(c.id) AS right, collect(p.level) AS value,
  collect(coalesce(p.certificate_until, '')) AS until"""
_REACHES = """
UNWIND $ids AS id MATCH (r:Resource {id: id})-[:REACHES]->(a:Area)
RETURN collect(r.id) AS left, collect(a.id) AS right"""


class Snapshots:
    """Reads columns, whatever the scope: matching sees the whole catchment."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def read(
        self,
        area: str,
        day: date,
        *,
        needs: Sequence[str] | None = None,
        resources: Sequence[str] | None = None,
    ) -> Snapshot:
        """Return what is open below an area and what the city could give in the periods of a day.

        Parameters
        ----------
        day
            Capacity is that of the week and the month in which it lies.
        needs
            Only these needs, open ones below the area, and what could serve them; None is all of them.
        resources
            Only these of the listed resources; None is all that matter.
        """
        capability_ids, capability_row, is_a = self._capabilities()
        periods = (Period.WEEK.of(day), Period.MONTH.of(day), Period.ONCE.of(day))
        holdings = Holdings(self._transaction)
        held = holdings.of_periods(periods) if needs is None else holdings.of_needs(needs, periods)
        windows = WindowTable()

        found = (
            self._transaction.rows(_NEED_IDS, area=area)
            if needs is None
            else self._transaction.rows(_NEED_IDS_NAMED, ids=list(needs), area=area)
        )
        columns = self._transaction.columns(_NEEDS, sorted({row["id"] for row in found}))
        settle_appointments(columns, day, later=needs is not None)
        offers = self._resources(columns["id"] if needs is not None else None, resources)
        reaches = self._transaction.columns(_REACHES, offers["id"])
        # The tree of a whole city is long: for a few needs, only what matters to them and lies above it.
        areas, area_row = self._areas(None if needs is None else {*columns["area"], *offers["area"], *reaches["right"]})
        inside: dict[str, int] = {}
        for need, _, units in held:
            inside[need] = inside.get(need, 0) + units
        wanted = ints(
            quantity - max(0, total - inside.get(need, 0))
            for need, quantity, total in zip(columns["id"], columns["quantity"], columns["held"], strict=True)
        )
        need_row = {need: row for row, need in enumerate(columns["id"])}
        kinds_of_focus = [str(k) for k in VULNERABLE]
        vulnerable = {
            need
            for query in (_VULNERABLE, _VULNERABLE_HOMES)
            for need in self._transaction.columns(query, columns["id"], kinds=kinds_of_focus)["id"]
        }
        urgencies = {str(u): row for row, u in enumerate(Urgency)}
        need_columns = NeedColumns(
            id=np.array(columns["id"], dtype=np.str_),
            area=ints(area_row[a] for a in columns["area"]),
            wanted=wanted,
            urgency=ints(urgencies[u] for u in columns["urgency"]),
            raised_at=ints(columns["raised_at"]),
            due=ints(columns["due"]),
            duration=ints(columns["duration"]),
            windows=windows.rows(columns["windows"]),
            terms=ints(columns["terms"]),
            at_home=np.array(columns["at_home"], dtype=np.bool_),
            vulnerable=np.array([need in vulnerable for need in columns["id"]], dtype=np.bool_),
            appointed=ints(columns["appointed"]),
            group=groups(columns["group"]),
        )

        resource_row = {resource: row for row, resource in enumerate(offers["id"])}
        kinds = {str(p): row for row, p in enumerate(Period)}
        resource_columns = ResourceColumns(
            id=np.array(offers["id"], dtype=np.str_),
            area=ints(area_row[a] for a in offers["area"]),
            by_person=np.array([k == ProviderKind.PERSON for k in offers["kind"]], dtype=np.bool_),
            verified=np.array(offers["verified"], dtype=np.bool_),
            capacity=ints(offers["capacity"]),
            period=ints(kinds[p] for p in offers["period"]),
            reach_minutes=ints(offers["reach"]),
            windows=windows.rows(offers["windows"]),
            terms=ints(offers["terms"]),
            paused_until=ints(offers["paused_until"]),
            load=holdings.loads(offers["id"], day, few=needs is not None),
        )
        provides = self._transaction.columns(_PROVIDES, offers["id"])
        limits = Limits(self._transaction)
        return Snapshot(
            areas=areas,
            needs=need_columns,
            resources=resource_columns,
            windows=windows.table,
            capabilities=np.array(capability_ids, dtype=np.str_),
            is_a=is_a,
            requires=links(self._transaction.columns(_REQUIRES, columns["id"]), need_row, capability_row),
            provides=links(provides, resource_row, capability_row),
            certificate_until=ints(days(until) for until in provides["until"]),
            reaches=links(reaches, resource_row, area_row),
            declined=links(self._transaction.columns(_DECLINED, columns["id"]), need_row, resource_row),
            ruled_out=self._ruled_out(need_row, offers["provider"]),
            apart=self._apart(need_row),
            served_before=self._served_before(need_row, offers),
            held=tuple(held),
            periods=periods,
            busy=()
            if needs is None or max(columns["appointed"], default=-1) < 0
            else holdings.busy(needs, resource_row),
            quotas=() if needs is not None else limits.quotas(offers["provider"], resource_columns, areas),
            floors=() if needs is not None else limits.floors(area, need_columns, areas),
        )

    def _areas(self, named: set[str] | None) -> tuple[AreaColumns, dict[str, int]]:
        rows = self._transaction.rows(_AREAS) if named is None else self._areas_above(named)
        row_of = {row["id"]: number for number, row in enumerate(rows)}
        parent = ints(row_of.get(row["parent"], -1) for row in rows)
        community = np.full(len(rows), -1, dtype=np.int64)
        position = np.full((len(rows), 2), np.nan)
        for number in range(len(rows)):
            up = number
            while up >= 0:
                if community[number] < 0 and rows[up]["kind"] in (AreaKind.COMMUNITY, AreaKind.VILLAGE):
                    community[number] = up
                if np.isnan(position[number, 0]) and rows[up]["lat"] is not None:
                    position[number] = rows[up]["lat"], rows[up]["lon"]
                up = int(parent[up])
        columns = AreaColumns(
            id=np.array([row["id"] for row in rows], dtype=np.str_),
            parent=parent,
            community=community,
            lat=position[:, 0],
            lon=position[:, 1],
        )
        return columns, row_of

    def _areas_above(self, named: set[str]) -> list[dict[str, Any]]:
        """Return these areas and those above them, by id."""
        found: dict[str, dict[str, Any]] = {}
        while named:  # a level of the tree at a time
            rows = [
                row
                for piece in chunks(sorted(named), PIECE)
                for row in self._transaction.rows(_AREAS_NAMED, ids=list(piece))
            ]
            found.update((row["id"], row) for row in rows)
            named = {row["parent"] for row in rows if row["parent"] is not None} - found.keys()
        return [found[i] for i in sorted(found)]

    def _capabilities(self) -> tuple[list[str], dict[str, int], Links]:
        rows = self._transaction.rows(_CAPABILITIES)
        row_of = {row["id"]: number for number, row in enumerate(rows)}
        pairs = [(row_of[row["id"]], row_of[general]) for row in rows for general in row["is_a"]]
        is_a = Links(ints(a for a, _ in pairs), ints(b for _, b in pairs), ints(0 for _ in pairs))
        return [row["id"] for row in rows], row_of, is_a

    def _resources(self, needs: Sequence[str] | None, only: Sequence[str] | None) -> dict[str, list[Any]]:
        if only is not None:
            found = self._transaction.rows(_RESOURCE_IDS_NAMED, ids=list(only))
        elif needs is not None:
            found = self._transaction.rows(_RESOURCE_IDS_FOR, needs=list(needs))
        else:
            found = self._transaction.rows(_RESOURCE_IDS)
        ids = sorted(row["id"] for row in found)
        people, organisations, teams = (
            self._transaction.columns(providers + _RESOURCES, ids)
            for providers in (_OF_PEOPLE, _OF_ORGANISATIONS, _OF_TEAMS)
        )
        return {name: people[name] + organisations[name] + teams[name] for name in people}

    def _ruled_out(self, need_row: Mapping[str, int], providers: Sequence[str]) -> Links:
        listed = _rows_of(providers)
        pairs = ExclusionsOfNeeds(self._transaction).ruled_out(list(need_row))
        rows = sorted((need_row[need], row) for need, provider in pairs for row in listed.get(provider, ()))
        return Links(ints(n for n, _ in rows), ints(r for _, r in rows), ints(0 for _ in rows))

    def _apart(self, need_row: Mapping[str, int]) -> Links:
        pairs = ExclusionsOfNeeds(self._transaction).apart(list(need_row))
        rows = sorted({(need_row[a], need_row[b]) for a, b in pairs if a < b and b in need_row})
        return Links(ints(a for a, _ in rows), ints(b for _, b in rows), ints(0 for _ in rows))

    def _served_before(self, need_row: dict[str, int], offers: dict[str, list[Any]]) -> Links:
        listed = _rows_of(offers["provider"])
        times = Counter[tuple[int, int]]()
        for query in _SERVED_BEFORE:
            served = self._transaction.columns(query, list(need_row), states=["delivered", "confirmed"])
            for need, provider in zip(served["left"], served["right"], strict=True):
                times.update((need_row[need], row) for row in listed.get(provider, ()))
        pairs = sorted(times)
        return Links(ints(n for n, _ in pairs), ints(r for _, r in pairs), ints(times[pair] for pair in pairs))


def _rows_of(providers: Sequence[str]) -> dict[str, list[int]]:
    """Return the rows of what each provider lists."""
    listed: dict[str, list[int]] = {}
    for row, provider in enumerate(providers):
        listed.setdefault(provider, []).append(row)
    return listed
