"""The vocabulary of what can be asked and offered: looked at, added to, renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from graph.model.actors import Actor
from graph.model.capabilities import Capability
from graph.store import Graph, IdempotencyKey, NotFound, Store
from graph.store.needs import Needs
from graph.store.resources import Resources
from matching.errors import InvalidInput
from matching.permissions import permit

_CARDS_AT_ONCE = 500  # cards a transaction: short locks


@dataclass(frozen=True, slots=True)
class Placed:
    """A capability in its order.

    Parameters
    ----------
    general, special
        Ids, sorted: all that whoever gives this one gives too, and all that count as this one.
    """

    capability: Capability
    general: tuple[str, ...]
    special: tuple[str, ...]

    @property
    def id(self) -> str:
        """The capability's id."""
        return self.capability.id


def get_capability(store: Store, capability: str, *, by: Actor) -> Placed:
    """Return a capability with all that is more general and more special.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "list capabilities")
    return store.read(lambda graph: _placed(_all(graph), capability), scope=by.scope)


def add_capability(store: Store, capability: Capability, *, by: Actor, key: IdempotencyKey) -> Placed:
    """Add a capability to the vocabulary.

    Raises
    ------
    InvalidInput
        There is one of this id already, or one of `is_a` does not exist or would close a circle.
    """
    permit(by, "change capabilities")

    def work(graph: Graph) -> Placed:
        there = graph.capabilities.lock()
        if capability.id in there:
            raise InvalidInput(("id", "there is a capability of this id already; GET /capabilities lists them"))
        _check(there, capability)
        graph.capabilities.create(capability)
        return _placed(_all(graph), capability.id)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: _placed(_all(graph), made))


def rename_capability(store: Store, capability: str, name: str, *, by: Actor, key: IdempotencyKey) -> Placed:
    """Give a capability another name, and write the cards that name it anew, page by page.

    Cut off between two pages, it is simply done again. A card that is being written at this very moment may still
    say the old name; done again, it says the new one.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "change capabilities")

    def work(graph: Graph) -> Placed:
        graph.capabilities.lock()
        graph.capabilities.rename(capability, name)
        return _placed(_all(graph), capability)

    placed = store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: _placed(_all(graph), made))
    for subject in ("needs", "resources"):
        after: str | None = ""
        while after is not None:
            after = store.write(partial(_rewrite, subject=subject, capability=capability, after=after), scope=by.scope)
    return placed


def _rewrite(graph: Graph, subject: str, capability: str, after: str) -> str | None:
    """Write a page of cards anew; return the last one's id, None where there is nothing behind it."""
    cards: Needs | Resources = graph.needs if subject == "needs" else graph.resources
    page = cards.naming(capability, after=after, limit=_CARDS_AT_ONCE)
    cards.rewrite_cards(page)
    return page[-1] if len(page) == _CARDS_AT_ONCE else None


def _check(there: Mapping[str, Capability], capability: Capability) -> None:
    errors: list[tuple[str, str]] = []
    for row, general in enumerate(capability.is_a):
        if general == capability.id:
            errors.append((f"is_a.{row}", "would close a circle: a capability is no kind of itself"))
        elif general not in there:
            errors.append((f"is_a.{row}", "no such capability; GET /capabilities lists them"))
        elif capability.id in _above(there, [general]):
            errors.append((f"is_a.{row}", "would close a circle: this one is a kind of what is to be added"))
    if errors:
        raise InvalidInput(*errors)


def _all(graph: Graph) -> dict[str, Capability]:
    return {capability.id: capability for capability in graph.capabilities.all()}


def _placed(there: Mapping[str, Capability], capability: str) -> Placed:
    if capability not in there:
        raise NotFound("no such capability; GET /capabilities lists them", capability=capability)
    general = _above(there, there[capability].is_a)
    special = [c for c in there if c != capability and capability in _above(there, there[c].is_a)]
    return Placed(there[capability], tuple(sorted(general)), tuple(sorted(special)))


def _above(there: Mapping[str, Capability], ids: Iterable[str]) -> set[str]:
    """Return these capabilities and all that are more general."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(there[one].is_a if one in there else ())
    return found
