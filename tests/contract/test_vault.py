"""The data keys: made once, opened by their owner alone, wrapped anew, and destroyed for good."""

import pytest

from graph import schema
from graph.engine import Engine
from graph.model.people import Person
from graph.sealing import INDEX, PUBLIC, KeyProblem, MasterKeys
from graph.store import Store
from graph.store.errors import Erased
from graph.store.people import write_people
from tests.contract.worlds import EAST, read, write
from tests.worlds import MASTER_KEY, MASTERS, PEOPLE, fill, fingerprint, need, properties, raw

NEW_KEY = b"another key of 32 bytes, for now"


def test_a_key_is_made_when_it_is_first_needed_and_stays(store: Store) -> None:
    first = write(store, lambda g: g.vault.keys(["a", "b", "a"]))
    assert sorted(first) == ["a", "b"]
    sealed = first["a"].seal("words", "place")
    assert write(store, lambda g: g.vault.keys(["a"]))["a"].open(sealed, "place") == "words"
    with pytest.raises(KeyProblem):
        first["b"].open(sealed, "place")


def test_what_is_sealed_opens_for_each_owner_and_only_what_is_asked_for(store: Store, engine: Engine) -> None:
    fill(store)
    kept = [properties(engine, "Person", p.id) for p in PEOPLE]
    clear = read(store, lambda g: g.vault.open(schema.PERSON, kept))
    assert clear == [{"name": p.name, "phone": p.phone} for p in PEOPLE]
    assert read(store, lambda g: g.vault.open(schema.PERSON, kept, ["name"])) == [{"name": p.name} for p in PEOPLE]
    assert read(store, lambda g: g.vault.open(schema.PERSON, [])) == []


def test_somebody_is_found_by_the_hash_of_their_phone_whoever_they_are(store: Store, engine: Engine) -> None:
    fill(store)
    index = write(store, lambda g: g.vault.index())
    hashed = index.hash("13900000001", "Person.phone")
    assert raw(engine, "MATCH (p:Person {phone_hash: $hash}) RETURN p.id AS id", hash=hashed) == [{"id": "liu"}]
    assert index.hash("13900000001", "Person.id_number") != hashed
    sealers = write(store, lambda g: g.vault.sealers(["liu", "wang"]))
    assert sealers["liu"].hash("13900000001", "Person.phone") == hashed
    assert sealers["wang"].hash("13900000001", "Person.phone") == hashed
    assert set(sealers) == {"liu", "wang", INDEX}


def test_the_key_for_hashing_is_made_when_it_is_first_needed_and_not_by_looking(store: Store, engine: Engine) -> None:
    before = fingerprint(engine)
    assert read(store, lambda g: g.vault.index_if_any()) is None
    read(store, lambda g: g.vault.check())
    assert fingerprint(engine) == before
    made = write(store, lambda g: g.vault.index()).hash("words", "place")
    assert write(store, lambda g: g.vault.index()).hash("words", "place") == made
    found = read(store, lambda g: g.vault.index_if_any())
    assert found is not None and found.hash("words", "place") == made


def test_what_was_an_erased_person_s_is_gone_and_nothing_new_is_written_of_them(store: Store, engine: Engine) -> None:
    fill(store, need(person="liu"), need("of-nobody"))
    write(store, lambda g: g.vault.destroy("liu"))
    kept = [properties(engine, "Person", p) for p in ("liu", "wang")]
    assert read(store, lambda g: g.vault.open(schema.PERSON, kept, ["name"])) == [{}, {"name": "王建国"}]
    with pytest.raises(Erased):
        read(store, lambda g: g.needs.text("leak"))
    assert read(store, lambda g: g.needs.text("of-nobody")) == need().text
    assert store.read(lambda g: g.people.names(["liu", "wang"]), scope=EAST) == {"wang": "王建国"}
    for again in (lambda g: g.vault.keys(["wang", "liu"]), lambda g: g.needs.create(need("new", person="liu"))):
        with pytest.raises(Erased):
            write(store, again)
    write(store, lambda g: g.vault.destroy("liu"))
    write(store, lambda g: g.vault.destroy("nobody"))


def test_keys_are_wrapped_anew_in_parts_and_then_the_old_master_key_is_not_needed(store: Store, engine: Engine) -> None:
    fill(store, need(person="liu"), need("public"))
    write(store, lambda g: g.vault.destroy("zhao"))
    both = Store(engine, MasterKeys(NEW_KEY, MASTER_KEY))
    assert read(store, lambda g: g.vault.count_of_others()) == 0
    others = read(both, lambda g: g.vault.count_of_others())
    counts = []
    while done := write(both, lambda g: g.vault.rewrap(limit=2)):
        counts.append(done)
    owners = {"liu", "wang", "clinic", PUBLIC, INDEX}  # what has something sealed; zhao's is destroyed
    there = {row["id"] for row in raw(engine, "MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL RETURN k.id AS id")}
    assert sum(counts) == others == len(there) and max(counts) <= 2
    assert read(both, lambda g: g.vault.count_of_others()) == 0
    assert there <= owners
    only_new = Store(engine, MasterKeys(NEW_KEY))
    assert read(only_new, lambda g: g.needs.text("leak")) == need().text
    with pytest.raises(KeyProblem):
        read(store, lambda g: g.needs.text("leak"))
    with pytest.raises(KeyProblem):
        write(store, lambda g: g.vault.rewrap(limit=2))
    masters = read(only_new, lambda g: g.upkeep.masters())
    assert masters == {MasterKeys(NEW_KEY).current: len(there)}


def test_another_master_key_opens_nothing_and_writes_nothing(store: Store, engine: Engine) -> None:
    fill(store)
    stranger = Store(engine, MasterKeys(NEW_KEY))
    read(store, lambda g: g.vault.check())
    with pytest.raises(KeyProblem):
        read(stranger, lambda g: g.vault.check())
    with pytest.raises(KeyProblem):
        stranger.read(lambda g: g.people.names(["liu"]), scope=EAST)
    with pytest.raises(KeyProblem):
        write(stranger, lambda g: write_people(g.loading, [Person("new", "新", "east-1")]))
    assert raw(engine, "MATCH (p:Person {id: 'new'}) RETURN p") == []


def test_what_a_key_sealed_for_one_person_does_not_open_for_another(store: Store, engine: Engine) -> None:
    fill(store)
    raw(engine, "MATCH (a:Person {id: 'liu'}) MATCH (b:Person {id: 'wang'}) SET b.name = a.name")
    with pytest.raises(KeyProblem):
        store.read(lambda g: g.people.names(["wang"]), scope=EAST)
    assert MASTERS.names == {MASTERS.current}
