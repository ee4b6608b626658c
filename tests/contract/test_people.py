"""People, each in the scope in which they live."""

from graph.store import (
    Store,
)
from tests.contract.worlds import EAST, STREET, WEST, read
from tests.worlds import (
    fill,
)


def test_a_person_is_in_the_scope_in_which_they_live(store: Store) -> None:
    fill(store)
    for scope, seen in ((EAST, {"liu", "wang"}), (WEST, {"zhao"}), (STREET, {"liu", "wang", "zhao"})):
        found = {
            p for p in ("liu", "wang", "zhao", "nobody") if read(store, lambda g, p=p: g.people.in_scope(p), scope)
        }
        assert found == seen


def test_who_lists_something_is_a_provider(store: Store) -> None:
    fill(store)
    listing = {
        p for p in ("liu", "wang", "clinic", "nobody") if read(store, lambda g, p=p: g.people.lists_something(p))
    }
    assert listing == {"wang", "clinic"}
