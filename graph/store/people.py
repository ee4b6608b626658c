"""People and what they belong to, in one transaction and one area's scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from graph import schema
from graph.model.people import Household, PartyOrganisation, Person, PersonSummary
from graph.store import lasting, person_rows
from graph.store.errors import Erased, NotFound, Stale, Unsettled
from graph.store.loading import Loading, Rows
from graph.store.person_rows import ENDS, GET, WITHIN, properties, summary
from graph.store.transaction import Transaction, chunks
from graph.store.vault import Vault

# Every query that shows people takes the area within which it may.
_IN_SCOPE = f"""
UNWIND $ids AS id MATCH (p:Person {{id: id}}){WITHIN} RETURN p.id AS id, p.name AS name"""
_EXISTS = "MATCH (p:Person {id: $id})-[:LIVES_IN]->(:Area) RETURN count(p) AS found"
_PROVIDER = """
MATCH (r:Resource {provider: $id}) RETURN count(r) AS found"""
_PAGE = """
MATCH (top:Area {id: $top})-[:PART_OF*0..6]->(:Area {id: $area})
MATCH (top)<-[:PART_OF*0..6]-(:Area)<-[l:LIVES_IN]-(p:Person)
WHERE l.until IS NULL AND p.erased = false AND p.id > $after AND ($today IS NULL OR p.keep_until < $today)
RETURN DISTINCT p.id AS id ORDER BY id LIMIT $limit"""
_FIND = """
MATCH (p:Person {{{name}_hash: $hash}})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {{id: $area}})
WHERE l.until IS NULL RETURN DISTINCT p.id AS id ORDER BY id LIMIT 50"""
_HOUSEHOLD = """
MATCH (h:Household {id: $id})-[l:LIVES_IN]->(:Area)-[:PART_OF*0..6]->(:Area {id: $area})
WHERE l.until IS NULL RETURN h.id AS id"""
# Where somebody lives, inside the scope or not: a null in the moment between the old home and the new one.
_HOME = """
MATCH (p:Person {id: $id}) OPTIONAL MATCH (p)-[l:LIVES_IN]->(a:Area) WHERE l.until IS NULL
RETURN a.id AS home, a IS NOT NULL AND EXISTS { (a)-[:PART_OF*0..6]->(:Area {id: $area}) } AS inside"""
_LISTED = "MATCH (:Person {id: $id})-[:LISTS]->(r:Resource) RETURN r.id AS id"
_LOCK_RESOURCES = "UNWIND $ids AS id MATCH (r:Resource {id: id}) SET r.lock = $nonce"
_RAISE_TERMS = "UNWIND $ids AS id MATCH (r:Resource {id: id}) SET r.rev = r.rev + 1, r.terms = r.terms + 1"
_LOCK = "MATCH (p:Person {id: $id}) SET p.lock = $nonce"
_SET = "MATCH (p:Person {id: $id}) SET p += $row"
_REPLACE = "MATCH (p:Person {id: $id}) SET p = $row"
_EVENT = """
MATCH (p:Person {id: $id}) SET p.lock = $nonce SET p.events = coalesce(p.events, 0) + 1 RETURN p.events AS seq"""

_ENDED = (schema.BELONGS_TO, schema.MEMBER_OF, schema.WORKS_FOR, schema.REPORTS_TO, schema.JOINED, schema.RULES_OUT)
_MATCHED_BY = frozenset({"lives_in", "verified", "paused_until"})  # what a night sees of who lists a resource


class People:
    """People, in one transaction and one area's scope.

    Whoever lives outside the scope's area does not exist for it. Nothing personal is opened but the name,
    which is shown masked; `personal` opens the rest, and its caller writes down who asked, and why.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def in_scope(self, person: str) -> bool:
        """Tell whether a person exists and lives in the scope; shows nothing of them."""
        if self._transaction.scope.area is None:
            row = self._transaction.one(_EXISTS, id=person)
            return row is not None and row["found"] > 0
        return bool(self._transaction.rows(_IN_SCOPE, ids=[person], area=self._transaction.people_area))

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Return the names of those of these people who live in the scope's area.

        Raises
        ------
        Unscoped
            The scope is no area's.
        """
        within = self._transaction.people_area
        rows = [
            row
            for part in chunks(sorted(ids), 5000)
            for row in self._transaction.rows(_IN_SCOPE, ids=list(part), area=within)
        ]
        opened = Vault(self._transaction).open(schema.PERSON, rows, ["name"])
        return {row["id"]: found["name"] for row, found in zip(rows, opened, strict=True) if "name" in found}

    def lists_something(self, provider: str) -> bool:
        """Tell whether somebody of this id lists a resource."""
        row = self._transaction.one(_PROVIDER, id=provider)
        return row is not None and row["found"] > 0

    def get(self, person: str) -> PersonSummary:
        """Return a person, also one who was erased.

        Raises
        ------
        NotFound
            They do not exist, or live outside the scope (the caller can't tell which).
        """
        return self._summary(self._row(person))

    def page(
        self, area: str | None = None, after: str = "", *, kept_too_long: date | None = None, limit: int
    ) -> list[PersonSummary]:
        """Return who lives below an area, by id, beginning behind `after`; nobody who was erased.

        Parameters
        ----------
        area
            None is the whole scope; outside the scope lives nobody.
        kept_too_long
            Only who, on this day, is past the last one on which they are to be kept.
        """
        within = self._transaction.people_area
        today = None if kept_too_long is None else schema.PERSON.properties["keep_until"].encode(kept_too_long)
        rows = self._transaction.rows(_PAGE, top=area or within, area=within, after=after, today=today, limit=limit)
        return self._summaries([row["id"] for row in rows])

    def find(self, *, phone: str | None = None, id_number: str | None = None) -> list[PersonSummary]:
        """Return who has a phone or an ID number, 50 at most, by id.

        Parameters
        ----------
        phone, id_number
            Exactly one of them, in its normal form: it is found by its keyed hash.
        """
        if (phone is None) == (id_number is None):
            raise ValueError("give either a phone or an ID number")
        name, clear = ("phone", phone) if phone is not None else ("id_number", id_number)
        within = self._transaction.people_area
        index = Vault(self._transaction).index_if_any()
        if index is None:
            return []
        sought = index.hash(clear or "", f"{schema.PERSON.label}.{name}")
        rows = self._transaction.rows(_FIND.format(name=name), hash=sought, area=within)
        return self._summaries([row["id"] for row in rows])

    def missing(self, ends: Mapping[str, str | None]) -> set[str]:
        """Return those of a person's `household`, `member_of`, `works_for`, `reports_to` that are not there.

        A household must lie in the scope.
        """
        gone = set()
        for name, key in ends.items():
            if key is None:
                continue
            if name == "household":
                found = self._transaction.one(_HOUSEHOLD, id=key, area=self._transaction.people_area)
            else:
                _, end = ENDS[name]
                found = self._transaction.one(f"MATCH (n:{end.label} {{{end.key}: $id}}) RETURN n.id AS id", id=key)
            if found is None:
                gone.add(name)
        return gone

    def create(self, person: Person, *, at: datetime) -> bool:
        """Write a new person, whose relationships begin now; tell whether they are new, else nothing is written.

        Raises
        ------
        NotFound
            They would live outside the scope, or something that they belong to does not exist.
        """
        if not Loading(self._transaction).nodes(schema.PERSON, [properties(person)], [person.id]):
            return False
        for name in ENDS:
            if getattr(person, name):
                self._open(person.id, name, getattr(person, name), at)
        self._row(person.id)  # in the scope, or nothing of it stands
        return True

    def update(self, person: str, changes: Mapping[str, Any], *, rev: int, at: datetime) -> PersonSummary:
        """Change some fields; a changed relationship is closed and a new one opened.

        Parameters
        ----------
        changes
            Fields of `Person`; None takes one away. `lives_in` must stay in the scope (the caller has checked).
        rev
            That of the person as the caller has seen them.

        Returns
        -------
        PersonSummary
            As they are now.

        Raises
        ------
        NotFound
            They do not exist, live outside the scope, or something that they shall belong to does not exist.
        Erased
            They were erased.
        Stale
            Somebody else changed them meanwhile; nothing is written.
        """
        within = self._transaction.people_area
        listed = self._lock_listed(person) if changes.keys() & _MATCHED_BY else []
        self.lock(person)
        row = self._row(person)
        before = row["person"]
        if before["erased"]:
            raise Erased("this person was erased; nothing is kept of them any more", person=person)
        if before["rev"] != rev:
            raise Stale("somebody has changed this person meanwhile; read them again", rev=before["rev"])
        for name in ENDS.keys() & changes.keys():
            if changes[name] != row[name]:
                lasting.close(self._transaction, ENDS[name][0], schema.PERSON, person, at)
                if changes[name] is not None:
                    self._open(person, name, changes[name], at)
        own = {name: value for name, value in changes.items() if name not in ENDS}
        if "home" in own and own["home"] is not None:
            own["home"] = [own["home"]]
        sealer = Vault(self._transaction).sealers([person])[person]
        encoded = schema.PERSON.encode_changes(person, own | {"rev": rev + 1}, sealer)
        self._transaction.do(_SET, id=person, row=encoded)
        self._transaction.do(_RAISE_TERMS, ids=listed)
        after = self._transaction.one(GET, ids=[person], area=within)
        if after is None:
            raise NotFound("they would live outside your area", person=person)
        return self._summary(after)

    def personal(self, person: str) -> Person:
        """Return a person with everything that is personal; the caller writes down the showing.

        Raises
        ------
        NotFound
            They do not exist, or live outside the scope.
        Erased
            They were erased.
        """
        row = self._row(person)
        if row["person"]["erased"]:
            raise Erased("this person was erased; nothing is kept of them any more", person=person)
        [opened] = Vault(self._transaction).open(schema.PERSON, [row["person"]])
        return person_rows.person(row, opened)

    def count_event(self, person: str) -> int:
        """Return the number of a person's next event, who has been found in the scope.

        It is not their `rev`: seeing somebody must not make what others are just writing stale.
        """
        row = self._transaction.one(_EVENT, id=person, nonce=self._transaction.nonce)
        return int(row["seq"]) if row else 0

    def lock(self, person: str) -> None:
        """Lock a person: after the needs and the resources, and before what is read is decided on."""
        self._transaction.do(_LOCK, id=person, nonce=self._transaction.nonce)

    def erase(self, person: str, *, at: datetime) -> None:
        """Destroy a person's key and everything of theirs that is in clear; twice is once.

        Where they lived and what they had to do with stays, and the count of their events; what they belong to
        is closed.

        Raises
        ------
        NotFound
            They do not exist, or live outside the scope.
        """
        self.lock(person)
        before = self._row(person)["person"]
        if before["erased"]:
            return
        Vault(self._transaction).destroy(person)
        for relationship in _ENDED:
            lasting.close(self._transaction, relationship, schema.PERSON, person, at)
        left = {"id": person, "languages": [], "verified": False, "erased": True, "rev": before["rev"] + 1}
        left["events"] = before.get("events")
        # The whole node is written anew: a property that somebody adds to it later is gone too.
        self._transaction.do(_REPLACE, id=person, row=schema.PERSON.encode(left))

    def _row(self, person: str) -> dict[str, Any]:
        within = self._transaction.people_area
        row = self._transaction.one(GET, ids=[person], area=within)
        if row is None:
            found = self._transaction.rows(_HOME, id=person, area=within)
            if found and all(one["home"] is None or one["inside"] for one in found):
                raise Unsettled("they are just moving: the old home is closed, the new one not to be seen yet")
            raise NotFound("no such person in your area", person=person)
        return row

    def _summaries(self, ids: Sequence[str]) -> list[PersonSummary]:
        rows: dict[str, dict[str, Any]] = {}
        for row in self._transaction.rows(GET, ids=list(ids), area=self._transaction.people_area):
            rows.setdefault(row["person"]["id"], row)
        names = Vault(self._transaction).open(schema.PERSON, [row["person"] for row in rows.values()], ["name"])
        opened = dict(zip(rows, names, strict=True))
        return [summary(rows[i], opened[i]) for i in ids if i in rows]

    def _summary(self, row: Mapping[str, Any]) -> PersonSummary:
        [opened] = Vault(self._transaction).open(schema.PERSON, [row["person"]], ["name"])
        return summary(row, opened)

    def _open(self, person: str, name: str, end: str, at: datetime) -> None:
        relationship, node = ENDS[name]
        lasting.open_(self._transaction, relationship, schema.PERSON, person, node, end, at)

    def _lock_listed(self, person: str) -> list[str]:
        """Lock what a person lists, so that no offer is made of it meanwhile."""
        listed = sorted(row["id"] for row in self._transaction.rows(_LISTED, id=person))
        self._transaction.do(_LOCK_RESOURCES, ids=listed, nonce=self._transaction.nonce)
        return listed


def write_households(loading: Loading, households: Sequence[Household]) -> int:
    """Write households that do not exist yet; return how many were new."""
    new = loading.nodes(schema.HOUSEHOLD, [{"id": h.id, "focus": h.focus} for h in households])
    households = loading.made(schema.HOUSEHOLD, households)
    loading.relationships(schema.LIVES_IN, schema.HOUSEHOLD, schema.AREA, [(h.id, h.building, {}) for h in households])
    return new


def write_people(loading: Loading, people: Sequence[Person]) -> int:
    """Write people that do not exist yet with their relationships; return how many were new."""
    new = loading.nodes(schema.PERSON, [properties(p) for p in people], [p.id for p in people])
    people = loading.made(schema.PERSON, people)
    for name, (relationship, end) in ENDS.items():
        rows: Rows = [(p.id, getattr(p, name), {}) for p in people if getattr(p, name)]
        loading.relationships(relationship, schema.PERSON, end, rows)
    return new


def write_party_organisations(loading: Loading, organisations: Sequence[PartyOrganisation]) -> int:
    """Write party organisations that do not exist yet; return how many were new."""
    new = loading.nodes(
        schema.PARTY_ORGANISATION, [{"id": o.id, "kind": o.kind, "name": o.name} for o in organisations]
    )
    organisations = loading.made(schema.PARTY_ORGANISATION, organisations)
    loading.relationships(
        schema.UNDER,
        schema.PARTY_ORGANISATION,
        schema.PARTY_ORGANISATION,
        [(o.id, o.under, {}) for o in organisations if o.under],
    )
    areas: Rows = [(o.id, o.leads, {}) for o in organisations if o.leads]
    loading.relationships(schema.LEADS, schema.PARTY_ORGANISATION, schema.AREA, areas)
    households: Rows = [(o.id, household, {}) for o in organisations for household in o.households]
    loading.relationships(schema.LEADS, schema.PARTY_ORGANISATION, schema.HOUSEHOLD, households)
    return new
