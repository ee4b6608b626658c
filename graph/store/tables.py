"""What the import and export of tables read: whole subjects at once, inside one area's scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph import schema
from graph.model.areas import Area
from graph.model.people import Organisation, PersonSummary
from graph.store.person_rows import GET, summary
from graph.store.transaction import Transaction, chunks
from graph.store.vault import Vault

_TREE = """
MATCH (:Area {id: $root})<-[:PART_OF*0..6]-(a:Area) WHERE a.id > $after
OPTIONAL MATCH (a)-[:PART_OF]->(p:Area)
RETURN a.id AS id, a.kind AS kind, a.name AS name, a.code AS code, p.id AS parent ORDER BY id LIMIT $limit"""
_FOUND = """
UNWIND $hashes AS hash MATCH (p:Person {{{name}_hash: hash}}) WHERE p.erased = false
RETURN hash, p.id AS id ORDER BY id"""
_CALLED = """
UNWIND $hashes AS hash MATCH (p:Person {phone_hash: hash}) WHERE p.erased = false
RETURN hash, p.id AS id, p.name AS name, p.birth_year AS birth_year, p.id_number IS NOT NULL AS numbered ORDER BY id"""
_RESIDENTS = """
UNWIND $ids AS id MATCH (p:Person {id: id})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area})
WHERE l.until IS NULL AND p.erased = false RETURN p.id AS id"""
_ERASED = "UNWIND $ids AS id MATCH (p:Person {id: id}) WHERE p.erased = true RETURN p.id AS id"
_HOUSEHOLDS = """
UNWIND $ids AS id MATCH (h:Household {id: id})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area})
WHERE l.until IS NULL
OPTIONAL MATCH (k:DataKey {id: h.id})
WITH h, k WHERE k IS NULL OR k.wrapped IS NOT NULL RETURN h.id AS id"""
_BELOW = "MATCH (:Area {id: $area})<-[:PART_OF*0..6]-(a:Area)"
_ORGANISATIONS = f"""
{_BELOW}<-[l:LOCATED_IN]-(o:Organisation) WHERE l.until IS NULL
RETURN o.id AS id, o.name AS name, a.id AS area ORDER BY id"""
_TEAMS = f"""
{_BELOW}<-[l:LOCATED_IN]-(t:Team) WHERE l.until IS NULL
RETURN t.id AS id, t.name AS name, a.id AS area ORDER BY id"""
_LISTED = """
UNWIND $providers AS provider MATCH (r:Resource {provider: provider})
RETURN r.id AS id, provider, r.title AS title"""
_NEED_IDS = f"{_BELOW}<-[:IN_AREA]-(n:Need) RETURN n.id AS id ORDER BY id"
_PERSON_IDS = f"{_BELOW}<-[l:LIVES_IN]-(p:Person) WHERE l.until IS NULL RETURN DISTINCT p.id AS id ORDER BY id"
_RESOURCE_IDS = f"""
{_BELOW}<-[l:LIVES_IN|LOCATED_IN]-(provider)-[:LISTS]->(r:Resource) WHERE l.until IS NULL
RETURN DISTINCT r.id AS id ORDER BY id"""
_ORGANISATION_ROWS = """
UNWIND $ids AS id MATCH (o:Organisation {id: id})-[l:LOCATED_IN]->(a:Area) WHERE l.until IS NULL
OPTIONAL MATCH (o)-[r:REPORTS_TO]->(b:Area) WHERE r.until IS NULL
RETURN properties(o) AS organisation, a.id AS area, b.id AS reports_to, r.agreement AS agreement"""
_TEXTS = """
UNWIND $ids AS id MATCH (n:Need {id: id}) SET n.lock = $nonce SET n.rev = n.rev + 1
RETURN n.id AS id, n.text AS text, n.rev AS rev"""
_COUNT_EVENTS = """
UNWIND $ids AS id MATCH (p:Person {id: id}) SET p.lock = $nonce SET p.events = coalesce(p.events, 0) + 1
RETURN p.id AS id, p.events AS seq"""
_SHOW_ORGANISATIONS = """
UNWIND $ids AS id MATCH (o:Organisation {id: id}) SET o.lock = $nonce SET o.rev = o.rev + 1
RETURN o.id AS id, o.rev AS seq"""
_TOGETHER = 5000  # ids a query


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody who has a name and a phone that were asked for.

    Parameters
    ----------
    numbered
        Whether their ID number is known.
    """

    id: str
    birth_year: int | None
    numbered: bool


class Tables:
    """Whole subjects at once, in one transaction and one area's scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def tree(self, root: str) -> list[Area]:
        """Return an area and everything below it, without positions and outlines."""
        found: list[Area] = []
        while True:
            after = found[-1].id if found else ""
            rows = self._transaction.rows(_TREE, root=root, after=after, limit=_TOGETHER)
            found.extend(Area(**{**row, "kind": schema.AREA.properties["kind"].decode(row["kind"])}) for row in rows)
            if len(rows) < _TOGETHER:
                return found

    # ── who is there already ─────────────────────────────────────────────────────────────────────────────────

    def numbered(self, numbers: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of who has each of these ID numbers, wherever they live; shows nothing of them."""
        return self._found("id_number", numbers)

    def described(self, texts: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of whom lists without ID numbers described so, wherever they live; shows nothing of them."""
        return self._found("described", texts)

    def called(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Called]]:
        """Return who has a phone (in its normal form) and a name, wherever they live; shows no more of them."""
        hashes = self._hashes("phone", {phone for phone, _ in pairs})
        rows = self._in_parts(_CALLED, "hashes", set(hashes.values()))
        opened = self._opened(schema.PERSON, rows, ["name"])
        found: dict[tuple[str | None, str], list[Called]] = {}
        for row, clear in zip(rows, opened, strict=True):
            somebody = Called(row["id"], row["birth_year"], row["numbered"])
            found.setdefault((row["hash"], clear.get("name", "")), []).append(somebody)
        return {pair: found[key] for pair in pairs if (key := (hashes.get(pair[0]), pair[1])) in found}

    def households(self, ids: Collection[str]) -> set[str]:
        """Return those of these households that live in the scope's area and were not erased with who lived there."""
        return {row["id"] for row in self._in_parts(_HOUSEHOLDS, "ids", ids, area=self._transaction.people_area)}

    def residents(self, ids: Collection[str]) -> set[str]:
        """Return those of these people who live in the scope's area and were not erased."""
        return {row["id"] for row in self._in_parts(_RESIDENTS, "ids", ids, area=self._transaction.people_area)}

    def erased(self, ids: Collection[str]) -> set[str]:
        """Return those of these people who were erased."""
        return {row["id"] for row in self._in_parts(_ERASED, "ids", ids)}

    def organisations(self) -> list[tuple[str, str, str]]:
        """Return (id, name, area) of the organisations of the scope's area."""
        rows = self._transaction.rows(_ORGANISATIONS, area=self._transaction.people_area)
        return [(row["id"], row["name"], row["area"]) for row in rows]

    def teams(self) -> list[tuple[str, str, str]]:
        """Return (id, name, area) of the teams of the scope's area."""
        rows = self._transaction.rows(_TEAMS, area=self._transaction.people_area)
        return [(row["id"], row["name"], row["area"]) for row in rows]

    def listed(self, providers: Collection[str]) -> dict[tuple[str, str], str]:
        """Return the id of what providers list, by (provider, title)."""
        rows = self._in_parts(_LISTED, "providers", providers)
        return {(row["provider"], row["title"]): row["id"] for row in rows}

    # ── what is written out ──────────────────────────────────────────────────────────────────────────────────

    def need_ids(self) -> list[str]:
        """Return the ids of the needs of the scope's area."""
        return self._ids(_NEED_IDS)

    def person_ids(self) -> list[str]:
        """Return the ids of the people who live in the scope's area."""
        return self._ids(_PERSON_IDS)

    def resource_ids(self) -> list[str]:
        """Return the ids of what the people, organisations and teams of the scope's area list."""
        return self._ids(_RESOURCE_IDS)

    def people(self, ids: Sequence[str], *, personal: Collection[str]) -> list[PersonSummary]:
        """Return people of the scope's area in the order of their ids, each with the grid of where they live.

        Parameters
        ----------
        personal
            Names of the personal properties to open; the others are None.
        """
        rows = {
            row["person"]["id"]: row
            for row in self._transaction.rows(GET, ids=list(ids), area=self._transaction.people_area)
        }
        ordered = [rows[i] for i in ids if i in rows]
        opened = self._opened(schema.PERSON, [row["person"] for row in ordered], personal)
        return [summary(row, clear) for row, clear in zip(ordered, opened, strict=True)]

    def organisation_rows(self, ids: Sequence[str], *, contact: bool) -> list[Organisation]:
        """Return organisations in the order of their ids; for callers that took the ids from the scope.

        Parameters
        ----------
        contact
            Whether to open whom to call.
        """
        rows = {row["organisation"]["id"]: row for row in self._transaction.rows(_ORGANISATION_ROWS, ids=list(ids))}
        ordered = [rows[i] for i in ids if i in rows]
        opened = self._opened(schema.ORGANISATION, [r["organisation"] for r in ordered], ["contact"] if contact else [])
        return [
            Organisation(
                **{**schema.ORGANISATION.decode(row["organisation"]), **clear},
                located_in=row["area"],
                reports_to=row["reports_to"],
                agreement=row["agreement"],
            )
            for row, clear in zip(ordered, opened, strict=True)
        ]

    def show_texts(self, ids: Sequence[str]) -> dict[str, tuple[str | None, int]]:
        """Count a showing of each need's full words; return them (None: its owner was erased) with the `rev`."""
        rows = self._transaction.rows(_TEXTS, ids=sorted(ids), nonce=self._transaction.nonce)
        opened = Vault(self._transaction).open(schema.NEED, rows, ["text"])
        return {row["id"]: (clear.get("text"), row["rev"]) for row, clear in zip(rows, opened, strict=True)}

    def count_events_of_people(self, ids: Sequence[str]) -> dict[str, int]:
        """Count an event of each of these people; return its number."""
        return self._counted(_COUNT_EVENTS, ids)

    def count_showings_of_organisations(self, ids: Sequence[str]) -> dict[str, int]:
        """Count a showing of whom to call at each of these organisations; return the number of the event."""
        return self._counted(_SHOW_ORGANISATIONS, ids)

    # ── the ways of reading ──────────────────────────────────────────────────────────────────────────────────

    def _ids(self, query: str) -> list[str]:
        return [row["id"] for row in self._transaction.rows(query, area=self._transaction.people_area)]

    def _in_parts(self, query: str, name: str, values: Collection[str], **more: Any) -> list[dict[str, Any]]:
        return [
            row
            for part in chunks(sorted(values), _TOGETHER)
            for row in self._transaction.rows(query, **{name: list(part)}, **more)
        ]

    def _hashes(self, name: str, texts: Collection[str]) -> dict[str, str]:
        index = Vault(self._transaction).index_if_any()
        place = f"{schema.PERSON.label}.{name}"
        return {} if index is None else {text: index.hash(text, place) for text in texts}

    def _found(self, name: str, texts: Collection[str]) -> dict[str, list[str]]:
        hashes = self._hashes(name, texts)
        people: dict[str, list[str]] = {}
        for row in self._in_parts(_FOUND.format(name=name), "hashes", set(hashes.values())):
            people.setdefault(row["hash"], []).append(row["id"])
        return {text: people[hash_] for text, hash_ in hashes.items() if hash_ in people}

    def _counted(self, query: str, ids: Sequence[str]) -> dict[str, int]:
        rows = self._transaction.rows(query, ids=sorted(ids), nonce=self._transaction.nonce)
        return {row["id"]: row["seq"] for row in rows}

    def _opened(
        self, node: Any, rows: Sequence[Mapping[str, Any]], names: Collection[str]
    ) -> Sequence[Mapping[str, str]]:
        return Vault(self._transaction).open(node, rows, names) if names else [{} for _ in rows]
