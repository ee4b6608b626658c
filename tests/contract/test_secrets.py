"""What is personal stands nowhere in clear, and opens only where it belongs."""

import pytest

from graph.engine import Engine
from graph.sealing import KeyProblem
from graph.store import (
    NotFound,
    Store,
)
from tests.contract.worlds import read
from tests.worlds import (
    PEOPLE,
    fill,
    need,
    properties,
    raw,
)


def test_secrets_do_not_stand_in_clear_anywhere_in_the_store(store: Store, engine: Engine) -> None:
    fill(store, need(person="liu"))
    everything = str(raw(engine, "MATCH (n) RETURN labels(n) AS l, properties(n) AS p"))
    for secret in ("13900000001", "13900000002", "13900000003", "刘桂兰", "王建国", "电话", need().text or "-"):
        assert secret not in everything
    for label, node, name in (("Need", "leak", "text"), ("Person", "liu", "phone"), ("Person", "liu", "name")):
        assert properties(engine, label, node)[name].startswith("v2:liu:")


def test_a_secret_opens_again(store: Store) -> None:
    fill(store, need(person="liu"))
    assert read(store, lambda g: g.needs.text("leak")) == need().text


def test_a_secret_is_read_only_on_purpose(store: Store) -> None:
    fill(store, need())
    assert read(store, lambda g: g.needs.get("leak")).text is None
    assert "刘桂兰" not in repr(need())
    assert "刘桂兰" not in repr(PEOPLE[0])
    assert "13900000001" not in repr(PEOPLE[0])


def test_a_text_that_is_moved_to_another_need_does_not_open(store: Store, engine: Engine) -> None:
    fill(store, need(), need("other", text="别人的话"))
    raw(engine, "MATCH (a:Need {id: 'leak'}) MATCH (b:Need {id: 'other'}) SET b.text = a.text")
    with pytest.raises(KeyProblem):
        read(store, lambda g: g.needs.text("other"))
    assert read(store, lambda g: g.needs.text("leak")) == need().text


def test_the_text_of_a_need_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.text("nothing"))
