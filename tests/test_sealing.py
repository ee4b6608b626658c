"""Encryption of personal properties, and the master key."""

import base64
import multiprocessing
import stat
from pathlib import Path

import pytest

from graph.sealing import KeyProblem, Sealer, load_key

KEY = b"k" * 32
PLACE = "Need.text:n1"


def test_a_sealed_text_opens_and_shows_nothing_of_itself():
    sealed = Sealer(KEY).seal("王奶奶家", PLACE)
    assert "王" not in sealed and "王奶奶家".encode() not in base64.b64decode(sealed.removeprefix("v1:"))
    assert Sealer(KEY).open(sealed, PLACE) == "王奶奶家"


def test_the_same_text_is_sealed_differently_each_time():
    assert Sealer(KEY).seal("a", PLACE) != Sealer(KEY).seal("a", PLACE)


def test_a_text_moved_to_another_place_does_not_open():
    with pytest.raises(KeyProblem):
        Sealer(KEY).open(Sealer(KEY).seal("a", PLACE), "Need.text:n2")


def test_another_key_does_not_open_it_and_the_error_says_what_to_look_at():
    with pytest.raises(KeyProblem, match="RENLING_MASTER_KEY"):
        Sealer(b"x" * 32).open(Sealer(KEY).seal("a", PLACE), PLACE)


@pytest.mark.parametrize("spoil", [lambda s: s[:-4] + "AAA=", lambda s: "v1:AAAA", lambda s: "clear text"])
def test_a_spoiled_text_does_not_open(spoil):
    with pytest.raises(KeyProblem):
        Sealer(KEY).open(spoil(Sealer(KEY).seal("abcdef", PLACE)), PLACE)


def test_the_master_key_is_made_at_the_first_start_for_the_owner_alone_and_stays(tmp_path: Path):
    key = load_key(tmp_path / "data")
    path = tmp_path / "data" / "secret.key"
    assert len(key) == 32 and load_key(tmp_path / "data") == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret.key"]


def test_first_starts_at_the_same_moment_agree_on_one_key(tmp_path: Path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(load_key, [tmp_path] * 12))) == 1


@pytest.mark.parametrize("configured", ["short", base64.b64encode(b"k" * 31).decode(), "ä" * 44, ""])
def test_a_malformed_key_is_refused(tmp_path: Path, configured: str):
    with pytest.raises(KeyProblem, match="32 bytes"):
        load_key(tmp_path, configured)
