"""Saying who is not to serve whom, and which needs do not go to one provider."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from graph.model.actors import Actor
from graph.model.assignments import Event, Side
from graph.model.exclusions import Exclusions, RuledOut
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, Store
from matching.errors import InvalidInput
from matching.lifecycle import Party
from matching.permissions import permit


def exclusions_of(store: Store, need: str, *, by: Actor) -> Exclusions:
    """Return what stands against some providers for a need.

    Raises
    ------
    NotFound
        The need does not exist or lies outside the scope.
    """
    permit(by, "rule out a provider")

    def work(graph: Graph) -> Exclusions:
        graph.needs.get(need)
        return graph.exclusions.get(need)

    return store.read(work, scope=by.scope)


def rule_out(
    store: Store,
    need: str,
    resource: str,
    *,
    side: Side,
    always: bool,
    lift: bool = False,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Exclusions:
    """Rule out whoever lists a resource for a need, or end that; what is offered or accepted already stands.

    Parameters
    ----------
    side
        Who wants it so: `community` for the resident, or the provider.
    always
        For whatever the need's resident or household needs, not for this need alone.
    lift
        End it.

    Raises
    ------
    NotFound
        The need or the resource does not exist, or the need lies outside the scope; it is for the public, and `always`
        is asked for.
    """

    def change(graph: Graph, at: datetime) -> None:
        ruled_out = RuledOut(graph.resources.get(resource).provider, side, always)
        (graph.exclusions.lift if lift else graph.exclusions.rule_out)(need, ruled_out, at=at)

    verb = "lift_rule_out" if lift else "rule_out"
    return _change(store, need, None, change, verb, str(side), by, key, clock)


def keep_apart(
    store: Store, need: str, other: str, *, lift: bool = False, by: Actor, key: IdempotencyKey, clock: Clock
) -> Exclusions:
    """Keep two needs from going to one provider, or end that; what is offered or accepted already stands.

    Raises
    ------
    NotFound
        One of them does not exist or lies outside the scope.
    InvalidInput
        They are the same.
    """
    if need == other:
        raise InvalidInput(("need", "a need can't be kept apart from itself"))

    def change(graph: Graph, at: datetime) -> None:
        graph.needs.get(other)
        (graph.exclusions.lift_apart if lift else graph.exclusions.keep_apart)(need, other, at=at)

    return _change(store, need, other, change, "lift_apart" if lift else "keep_apart", None, by, key, clock)


def _change(
    store: Store,
    need: str,
    other: str | None,
    change: Callable[[Graph, datetime], None],
    verb: str,
    reason: str | None,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Exclusions:
    """Change what stands against providers for a need, under the locks of all needs that this is about."""
    permit(by, "rule out a provider")

    def work(graph: Graph) -> Exclusions:
        graph.needs.get(need)
        now = clock.now()
        locked = graph.needs.lock([*graph.exclusions.concerned(need), *([other] if other else [])])
        change(graph, now)
        mine = locked[need]
        mine.rev += 1
        graph.needs.set_counters([mine])
        graph.events.append([Event(need, mine.rev, now, by.id, str(Party.COMMUNITY), verb, None, None, reason)])
        return graph.exclusions.get(need)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.exclusions.get(made))
