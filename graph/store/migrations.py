"""Steps from one version of the schema to the next, each in pages, each safe to run again where it stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from graph import schema
from graph.elements import place
from graph.model.actors import AREA_KINDS, EVERYTHING, STAFF, Scope
from graph.model.ids import natural_id, new_id
from graph.model.people import description
from graph.model.times import SystemClock
from graph.sealing import PUBLIC
from graph.store.cards import card_text, with_last_characters
from graph.store.declaring import digest
from graph.store.errors import StoreAway
from graph.store.loading import Loading, SchemaState
from graph.store.plans import Leases
from graph.store.transaction import Transaction
from graph.store.vault import SealAndHash, Vault

LEASE = "migrate"
_LEASE = timedelta(seconds=30)  # a page takes far less; a killed migration is taken over after this long
_PAGE = 500  # nodes a transaction

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Told (what, done, of how many)."""


class Transactions(Protocol):
    """What a step needs of the store."""

    def transact(self, work: Callable[[Transaction], T], *, scope: Scope) -> T:
        """Run work in one transaction."""
        ...


class _Leased:
    """Runs work only while we hold the lease; each transaction prolongs it."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self._holder = new_id()

    def transact(self, work: Callable[[Transaction], T], *, scope: Scope) -> T:
        def held(transaction: Transaction) -> T:
            now = SystemClock().now()
            Leases(transaction).take(LEASE, self._holder, now=now, until=now + _LEASE)
            return work(transaction)

        return self._store.transact(held, scope=scope)

    def release(self) -> None:
        with contextlib.suppress(StoreAway):  # then it runs out by itself
            self._store.transact(lambda t: Leases(t).release(LEASE, self._holder), scope=EVERYTHING)


def upgrade_to_present(store: Transactions, progress: Progress) -> list[int]:
    """Take every step that a store of an older version lacks; return the versions left behind.

    Raises
    ------
    LeaseHeld
        Another run is at it.
    """
    leased = _Leased(store)
    left: list[int] = []
    try:
        # Read under the lease: another run may have finished a moment ago.
        while (version := leased.transact(_version, scope=EVERYTHING)) < schema.VERSION:
            STEPS[version](leased, progress)
            leased.transact(partial(_note, version=version + 1), scope=EVERYTHING)
            left.append(version)
    finally:
        leased.release()
    return left


def _version(transaction: Transaction) -> int:
    found = Loading(transaction).schema_state()
    return schema.VERSION if found is None else found.version


def _note(transaction: Transaction, version: int) -> None:
    Loading(transaction).note_schema(SchemaState(version, digest()))


Step = Callable[[Transactions, Progress], None]

_COUNT = "MATCH (n:{label}) WHERE {old} RETURN count(n) AS n"
_PEOPLE = "MATCH (p:Person) WHERE p.erased IS NULL RETURN properties(p) AS person ORDER BY p.id LIMIT $limit"
_SET_PEOPLE = "UNWIND $rows AS row MATCH (p:Person {id: row.id}) SET p += row"
_NEEDS = """
MATCH (n:Need)-[:IN_AREA]->(a:Area) WHERE n.card IS NULL WITH n, a ORDER BY n.id LIMIT $limit
OPTIONAL MATCH (a)-[:PART_OF]->(g:Area {kind: 'grid'})
OPTIONAL MATCH (n)-[:FOR_SUBJECT]->(p:Person)
OPTIONAL MATCH (n)-[:REQUIRES]->(c:Capability)
RETURN n.id AS id, n.text AS text, n.title AS title, coalesce(g.name, a.name) AS grid, p.id AS person,
  collect(c.name) AS names"""
_SET_NEEDS = "UNWIND $rows AS row MATCH (n:Need {id: row.id}) SET n += row"
_RESOURCES = """
MATCH (r:Resource) WHERE r.card IS NULL WITH r ORDER BY r.id LIMIT $limit
OPTIONAL MATCH (r)-[:PROVIDES]->(c:Capability) RETURN r.id AS id, r.title AS title, collect(c.name) AS names"""
_SET_RESOURCES = "UNWIND $rows AS row MATCH (r:Resource {id: row.id}) SET r.card = row.card"
_ORGANISATIONS = """
MATCH (o:Organisation) WHERE o.rev IS NULL WITH o LIMIT $limit SET o.rev = 1 RETURN count(o) AS n"""
_STAFF = """
MATCH (k:ApiKey {role: 'staff'}) MATCH (a:Area {id: k.area}) RETURN k.id AS id, a.kind AS kind LIMIT $limit"""
_SET_STAFF = "UNWIND $rows AS row MATCH (k:ApiKey {id: row.id}) SET k.role = row.role"


def _to_version_2(store: Transactions, progress: Progress) -> None:
    """A key for every person; names sealed too; cards to search by; staff's roles by the kind of their area."""
    for what, old, page in (
        ("Person", "n.erased IS NULL", _seal_people),
        ("Need", "n.card IS NULL", _seal_needs),
        ("Resource", "n.card IS NULL", _card_resources),
        ("Organisation", "n.rev IS NULL", _count_organisations),
        ("ApiKey", "n.role = 'staff'", _name_roles),
    ):
        of = store.transact(partial(_counted, label=what, old=old), scope=EVERYTHING)
        done = 0
        progress(what, done, of)
        while moved := store.transact(page, scope=EVERYTHING):
            done += moved
            progress(what, done, of)


def _counted(transaction: Transaction, label: str, old: str) -> int:
    row = transaction.one(_COUNT.format(label=label, old=old))
    return int(row["n"]) if row else 0


def _seal_people(transaction: Transaction) -> int:
    found = [row["person"] for row in transaction.rows(_PEOPLE, limit=_PAGE)]
    sealers = Vault(transaction).sealers(person["id"] for person in found)
    rows = []
    for person in found:
        row: dict[str, Any] = {"id": person["id"], "languages": [], "erased": False, "rev": 1}
        clear = {"name": person["name"]}
        if person.get("phone") is not None:
            clear["phone"] = transaction.masters.open_version_1(person["phone"], place("Person", "phone", person["id"]))
        rows.append(row | _sealed("Person", person["id"], clear, sealers[person["id"]]))
    transaction.do(_SET_PEOPLE, rows=rows)
    return len(rows)


def _seal_needs(transaction: Transaction) -> int:
    found = transaction.rows(_NEEDS, limit=_PAGE)
    sealers = Vault(transaction).sealers(need["person"] or PUBLIC for need in found)
    rows = []
    for need in found:
        text = transaction.masters.open_version_1(need["text"], place("Need", "text", need["id"]))
        row = {"id": need["id"], "delivered": 0, "card": card_text(need["title"], sorted(need["names"]), need["grid"])}
        rows.append(row | _sealed("Need", need["id"], {"text": text}, sealers[need["person"] or PUBLIC]))
    transaction.do(_SET_NEEDS, rows=rows)
    return len(rows)


def _sealed(label: str, key: str, clear: dict[str, str], seal: SealAndHash) -> dict[str, str]:
    node = next(n for n in schema.NODES if n.label == label)
    row = {name: seal.seal(text, place(label, name, key)) for name, text in clear.items()}
    hashed = {f"{n}_hash": seal.hash(t, f"{label}.{n}") for n, t in clear.items() if node.secrets[n].search}
    return row | hashed


def _card_resources(transaction: Transaction) -> int:
    found = transaction.rows(_RESOURCES, limit=_PAGE)
    rows = [{"id": r["id"], "card": card_text(r["title"], sorted(r["names"]))} for r in found]
    transaction.do(_SET_RESOURCES, rows=rows)
    return len(rows)


def _count_organisations(transaction: Transaction) -> int:
    row = transaction.one(_ORGANISATIONS, limit=_PAGE)
    return int(row["n"]) if row else 0


def _name_roles(transaction: Transaction) -> int:
    role_of = {str(kind): str(role) for role in STAFF for kind in AREA_KINDS[role]}
    # A building has no role of its own: whoever worked for one works for a grid.
    found = transaction.rows(_STAFF, limit=_PAGE)
    rows = [{"id": row["id"], "role": role_of.get(row["kind"], "grid_worker")} for row in found]
    transaction.do(_SET_STAFF, rows=rows)
    return len(rows)


_UNDESCRIBED = "n.erased = false AND n.id_number IS NULL AND n.described IS NULL AND n.name IS NOT NULL"
_PEOPLE_FROM = f"""
MATCH (n:Person) WHERE n.id > $after AND {_UNDESCRIBED} WITH n ORDER BY n.id LIMIT $limit
OPTIONAL MATCH (n)-[l:LIVES_IN]->(a:Area)
RETURN properties(n) AS person, a.id AS area, coalesce(l.since, 0) AS since ORDER BY n.id, since"""
_CARDS_FROM = """
MATCH (n:{label}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $limit RETURN n.id AS id, n.card AS card"""
_SET_CARDS = "UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) SET n.card = row.card"
_PARTS_FROM = """
MATCH (n:Area) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $limit
OPTIONAL MATCH (n)-[p:PART_OF]->(:Area) REMOVE p.since, p.until RETURN DISTINCT n.id AS id ORDER BY id"""


def _to_version_3(store: Transactions, progress: Progress) -> None:
    """Whom lists brought in keep their words; cards are found by a single character; areas are part of one as it is."""
    for what, old, page in (
        ("Person", _UNDESCRIBED, _describe_people),
        ("Need", "true", partial(_add_last_characters, label="Need")),
        ("Resource", "true", partial(_add_last_characters, label="Resource")),
        ("Area", "true", _leave_no_times),
    ):
        of = store.transact(partial(_counted, label=what, old=old), scope=EVERYTHING)
        done, after = 0, ""
        progress(what, done, of)
        while seen := store.transact(partial(page, after=after), scope=EVERYTHING):
            done, after = done + len(seen), seen[-1]
            progress(what, done, of)


def _describe_people(transaction: Transaction, after: str) -> list[str]:
    """Write down what a list without ID numbers said of those whom it brought in.

    These were given an id made of the words' keyed hash, so nobody else is taken for one of them. Who has been edited
    since is left as they are; who has moved is told by their first home.
    """
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for row in transaction.rows(_PEOPLE_FROM, after=after, limit=_PAGE):
        found.setdefault(row["person"]["id"], (row["person"], row["area"] or ""))
    vault = Vault(transaction)
    index = vault.index_if_any()
    if index is None:
        return []
    opened = vault.open(schema.PERSON, [person for person, _ in found.values()], ["name", "address"])
    said: dict[str, str] = {}
    for (person, home), clear in zip(found.values(), opened, strict=True):
        words = description(clear.get("name", ""), person.get("birth_year"), clear.get("address") or home)
        if person["id"] == natural_id("import", "person", index.hash(words, "Person.import")):
            said[person["id"]] = words
    sealers = vault.sealers(said)
    rows = [{"id": i} | _sealed("Person", i, {"described": words}, sealers[i]) for i, words in said.items()]
    transaction.do(_SET_PEOPLE, rows=rows)
    return list(found)


def _add_last_characters(transaction: Transaction, after: str, label: str) -> list[str]:
    found = transaction.rows(_CARDS_FROM.format(label=label), after=after, limit=_PAGE)
    rows = [{"id": row["id"], "card": with_last_characters(row["card"])} for row in found]
    transaction.do(_SET_CARDS.format(label=label), rows=rows)
    return [row["id"] for row in found]


def _leave_no_times(transaction: Transaction, after: str) -> list[str]:
    return [row["id"] for row in transaction.rows(_PARTS_FROM, after=after, limit=_PAGE)]


STEPS: dict[int, Step] = {1: _to_version_2, 2: _to_version_3}
"""From this version to the next."""
