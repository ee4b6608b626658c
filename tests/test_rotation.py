"""A new master key: everything stays readable whenever it is stopped, and the old key opens nothing in the end."""

import base64
import multiprocessing
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from graph.engine import Engine
from graph.master_key import add_key, load_keys
from graph.model.actors import EVERYTHING
from graph.model.people import Person
from graph.sealing import KeyProblem, MasterKeys
from graph.store import Graph, Store, rotation
from graph.store.rotation import rewrap, rotate_file
from graph.store.vault import Vault
from tests.crew import halfway
from tests.worlds import EAST_STAFF, MASTER_KEY, NOON, PEOPLE, Address, add, fill, fresh_store, need, properties, raw

EAST = EAST_STAFF.scope


@pytest.fixture
def data(embedded_engine: Engine, embedded_address: Address, tmp_path: Path) -> Iterator[Path]:
    """A folder with a master key of its own, under which the tiny city is sealed in the embedded store."""
    fresh_store(embedded_engine)
    fill(Store(embedded_engine, load_keys(tmp_path)), need(person="liu"))
    yield tmp_path
    fresh_store(embedded_engine)


@pytest.fixture
def embedded_address(embedded_data: Path) -> Address:
    return Address("embedded", embedded_data)


def readable(engine: Engine, masters: MasterKeys) -> bool:
    """Tell that a person and a need's text open, and that new people can be sealed."""
    store = Store(engine, masters)
    assert store.read(lambda g: g.people.personal("liu"), scope=EAST) == PEOPLE[0]
    assert store.read(lambda g: g.needs.text("leak"), scope=EAST) == need().text
    return True


def wrapped_by(engine: Engine) -> set[str]:
    return {row["m"] for row in raw(engine, "MATCH (k:DataKey) RETURN DISTINCT k.master AS m")}


def rotate_and_die(address: Address, data: Path, at: int) -> None:
    """Rotate in small pages and be killed at a step."""
    rotation._PAGE = 2
    steps = 0

    def killed(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = address.connect()
    rotate_file(data, lambda masters: Store(engine, masters), killed)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
def test_killed_between_any_two_steps_nothing_is_lost_and_run_again_it_ends(
    embedded_engine: Engine, embedded_address: Address, data: Path, at: int
) -> None:
    old = load_keys(data)
    process = multiprocessing.get_context("spawn").Process(target=rotate_and_die, args=(embedded_address, data, at))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert readable(embedded_engine, load_keys(data))

    add(Store(embedded_engine, load_keys(data)), need(f"meanwhile-{at}", person="zhao"))
    rotate_file(data, lambda masters: Store(embedded_engine, masters))
    new = load_keys(data)
    assert readable(embedded_engine, new)
    assert len((data / "secret.key").read_text().split()) == 1
    assert new.current != old.current
    with pytest.raises(KeyProblem):
        Store(embedded_engine, old).check_key()


def test_every_data_key_is_rewrapped_and_told(embedded_engine: Engine, data: Path) -> None:
    said: list[tuple[str, int, int]] = []
    keys = raw(embedded_engine, "MATCH (k:DataKey) RETURN count(k) AS n")[0]["n"]
    done = rotate_file(data, lambda m: Store(embedded_engine, m), lambda *step: said.append(step))
    assert done == keys
    assert said == [
        ("add a key", 1, 1),
        ("rewrap", 0, keys),
        ("rewrap", keys, keys),
        ("drop the old key", 1, 1),
    ]
    assert wrapped_by(embedded_engine) == {load_keys(data).current}


def test_the_erased_stay_erased(embedded_engine: Engine, data: Path) -> None:
    store = Store(embedded_engine, load_keys(data))
    store.write(lambda g: g.people.erase("wang", at=NOON), scope=EAST)
    rotate_file(data, lambda m: Store(embedded_engine, m))
    rows = raw(embedded_engine, "MATCH (k:DataKey {id: 'wang'}) RETURN k.wrapped AS w")
    assert rows == [{"w": None}]


def test_keys_of_the_environment_are_rewrapped_under_the_first(embedded_engine: Engine, data: Path) -> None:
    [text] = (data / "secret.key").read_text().split()
    new = b"another key of 32 bytes, for now"
    old = load_keys(data, text)
    both = MasterKeys(new, base64.b64decode(text))
    assert rewrap(Store(embedded_engine, both)) > 0
    assert rewrap(Store(embedded_engine, both)) == 0
    assert readable(embedded_engine, MasterKeys(new))
    with pytest.raises(KeyProblem):
        Store(embedded_engine, old).check_key()


def test_with_a_key_missing_the_old_ones_stay(embedded_engine: Engine, data: Path) -> None:
    foreign = MasterKeys(b"a key that nobody gave us, 32 by")
    _, wrapped = foreign.new_data_key("x")
    raw(
        embedded_engine,
        "CREATE (:DataKey {id: 'x', wrapped: $w, master: $m})",
        w=wrapped,
        m=foreign.current,
    )
    with pytest.raises(KeyProblem, match="1 data keys"):
        rotate_file(data, lambda m: Store(embedded_engine, m))
    assert len((data / "secret.key").read_text().split()) == 2
    assert readable(embedded_engine, load_keys(data))


def test_a_wrong_master_key_is_told_at_once_and_changes_nothing(embedded_engine: Engine, data: Path) -> None:
    wrong = Store(embedded_engine, MasterKeys(b"w" * 32))
    for work in (wrong.check_key, wrong.migrate):
        with pytest.raises(KeyProblem, match="RENLING_MASTER_KEY"):
            work()
    with pytest.raises(KeyProblem):
        fill(wrong, need("other"))


def test_who_was_started_with_the_old_key_can_seal_nothing_new_under_it(embedded_engine: Engine, data: Path) -> None:
    stale = Store(embedded_engine, load_keys(data))
    rotate_file(data, lambda m: Store(embedded_engine, m))
    with pytest.raises(KeyProblem):
        add(stale, need("late", person="zhao"))
    assert wrapped_by(embedded_engine) == {load_keys(data).current}


def test_a_running_service_goes_on_with_the_files_new_key(embedded_engine: Engine, data: Path) -> None:
    running = Store(embedded_engine, load_keys(data), reload=lambda: load_keys(data))
    rotate_file(data, lambda m: Store(embedded_engine, m))
    assert running.read(lambda g: g.people.personal("liu"), scope=EAST) == PEOPLE[0]


def test_two_rotations_at_once_are_refused(embedded_engine: Engine, data: Path) -> None:
    def second(*_: object) -> None:
        with pytest.raises(KeyProblem, match="another"):
            rotate_file(data, lambda m: Store(embedded_engine, m))

    rotate_file(data, lambda m: Store(embedded_engine, m), second)


def test_a_rotation_that_was_stopped_goes_on_with_the_key_that_it_added(embedded_engine: Engine, data: Path) -> None:
    add_key(data)
    added = load_keys(data).current
    rotate_file(data, lambda m: Store(embedded_engine, m))
    assert load_keys(data).current == added


def test_who_was_opening_something_when_the_key_was_replaced_goes_on_with_the_new_one(
    embedded_engine: Engine, data: Path
) -> None:
    store = Store(embedded_engine, load_keys(data), reload=partial(load_keys, data))
    replaced = 0

    def opens(graph: Graph) -> Person:
        nonlocal replaced
        if replaced < 3:  # once more while it is tried again
            replaced += 1
            rotate_file(data, lambda masters: Store(embedded_engine, masters))
            assert store.read(
                lambda g: g.people.personal("liu"), scope=EAST
            )  # somebody else comes to the new key first
        return graph.people.personal("liu")

    assert store.read(opens, scope=EAST) == PEOPLE[0]
    assert replaced == 3


def test_a_key_destroyed_while_it_is_wrapped_anew_stays_destroyed(store: Store, engine: Engine) -> None:
    fill(store)
    newer = MasterKeys(b"n" * 32, MASTER_KEY)

    def rewraps(_: Store) -> int:
        return Store(engine, newer).write(lambda g: g.vault.rewrap(limit=100), scope=EVERYTHING)

    with halfway(engine, Vault, "destroy", store, rewraps) as between:
        store.write(lambda g: g.people.erase("liu", at=NOON), scope=EAST)
    assert between.outcome is not None and between.outcome.refused is None
    assert properties(engine, "DataKey", "liu").get("wrapped") is None
    assert wrapped_by(engine) == {"", newer.current}


def test_a_key_that_is_found_while_it_is_being_destroyed_is_left_alone(store: Store, engine: Engine) -> None:
    fill(store)
    raw(engine, "MATCH (k:DataKey {id: 'liu'}) SET k.wrapped = null")  # its master's name is still in the index
    newer = MasterKeys(b"n" * 32, MASTER_KEY)
    assert rewrap(Store(engine, newer)) > 0
    assert "wrapped" not in properties(engine, "DataKey", "liu")
    assert newer.current in wrapped_by(engine)
