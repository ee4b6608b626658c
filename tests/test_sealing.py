"""Encryption of personal properties, the data keys, and the master keys."""

import base64
import multiprocessing
import stat
from pathlib import Path

import pytest

from graph.master_key import add_key, drop_old_keys, load_keys
from graph.sealing import DataKey, KeyProblem, MasterKeys, owner_of

KEY = b"k" * 32
PLACE = "Need.text:n1"
LIU = DataKey("liu", KEY)


def test_a_sealed_text_opens_and_shows_nothing_of_itself():
    sealed = LIU.seal("王奶奶家", PLACE)
    assert "王" not in sealed and "王奶奶家".encode() not in base64.b64decode(sealed.rsplit(":", 1)[1])
    assert LIU.open(sealed, PLACE) == "王奶奶家"
    assert owner_of(sealed) == "liu"


@pytest.mark.parametrize("owner", ["a:b", "v2:", "北"])
def test_an_owner_may_be_called_anything(owner: str):
    assert owner_of(DataKey(owner, KEY).seal("x", PLACE)) == owner


def test_the_same_text_is_sealed_differently_each_time_and_hashed_alike():
    assert LIU.seal("a", PLACE) != LIU.seal("a", PLACE)
    assert LIU.hash("a", "Person.phone") == LIU.hash("a", "Person.phone")
    assert len({LIU.hash(*of) for of in (("a", "Person.phone"), ("b", "Person.phone"), ("a", "Person.x"))}) == 3


def test_a_text_moved_to_another_place_or_owner_does_not_open():
    sealed = LIU.seal("a", PLACE)
    with pytest.raises(KeyProblem):
        LIU.open(sealed, "Need.text:n2")
    with pytest.raises(KeyProblem):
        DataKey("zhao", KEY).open(sealed, PLACE)
    with pytest.raises(KeyProblem):
        DataKey("zhao", KEY).open(sealed.replace("liu", "zhao"), PLACE)


@pytest.mark.parametrize("spoil", [lambda s: s[:-4] + "AAA=", lambda s: "v2:liu:AAAA", lambda s: "clear text"])
def test_a_spoiled_text_does_not_open(spoil):
    with pytest.raises(KeyProblem):
        LIU.open(spoil(LIU.seal("abcdef", PLACE)), PLACE)


def test_a_data_key_is_wrapped_for_its_owner_by_a_master_key_and_opens_with_no_other():
    key, wrapped = MasterKeys(b"1" * 32).new_data_key("liu")
    sealed = key.seal("a", PLACE)
    assert MasterKeys(b"1" * 32).unwrap(wrapped, "liu").open(sealed, PLACE) == "a"
    with pytest.raises(KeyProblem, match="RENLING_MASTER_KEY"):
        MasterKeys(b"2" * 32).unwrap(wrapped, "liu")
    with pytest.raises(KeyProblem):
        MasterKeys(b"1" * 32).unwrap(wrapped, "zhao")


def test_a_new_master_key_wraps_anew_what_an_older_one_wrapped_and_then_the_older_one_is_not_needed():
    key, wrapped = MasterKeys(b"1" * 32).new_data_key("liu")
    sealed = key.seal("a", PLACE)
    rewrapped = MasterKeys(b"2" * 32, b"1" * 32).rewrap(wrapped, "liu")
    assert MasterKeys(b"2" * 32).unwrap(rewrapped, "liu").open(sealed, PLACE) == "a"
    with pytest.raises(KeyProblem):
        MasterKeys(b"1" * 32).unwrap(rewrapped, "liu")


def test_the_master_key_is_made_at_the_first_start_for_the_owner_alone_and_stays(tmp_path: Path):
    name = load_keys(tmp_path / "data").current
    path = tmp_path / "data" / "secret.key"
    assert load_keys(tmp_path / "data").current == name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret.key"]


def test_a_file_with_a_new_key_opens_the_old_ones_until_they_are_dropped(tmp_path: Path):
    before = load_keys(tmp_path)
    _, wrapped = before.new_data_key("liu")
    add_key(tmp_path)
    both = load_keys(tmp_path)
    assert both.current != before.current
    both.unwrap(wrapped, "liu")
    drop_old_keys(tmp_path)
    alone = load_keys(tmp_path)
    assert alone.current == both.current
    with pytest.raises(KeyProblem):
        alone.unwrap(wrapped, "liu")
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def name_of_key(data: Path) -> str:
    return load_keys(data).current


def test_first_starts_at_the_same_moment_agree_on_one_key(tmp_path: Path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(name_of_key, [tmp_path] * 12))) == 1


@pytest.mark.parametrize(
    "configured", ["short", base64.b64encode(b"k" * 31).decode(), "ä" * 44, base64.b64encode(KEY).decode() + ",x"]
)
def test_a_malformed_key_is_refused(tmp_path: Path, configured: str):
    with pytest.raises(KeyProblem, match="32 bytes"):
        load_keys(tmp_path, configured)


def test_no_key_at_all_is_refused(tmp_path: Path):
    with pytest.raises(KeyProblem, match="no master key"):
        load_keys(tmp_path, "")
