"""Looking at the list of what can be had (亮单)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.model.actors import STAFF, Actor
from graph.model.resources import ProviderKind, Resource, ResourceState, bucket_id
from graph.model.times import Clock, city_date
from graph.store import Graph, NotFound, Store
from graph.store.resources import ProviderCard
from matching.permissions import permit


@dataclass(frozen=True, slots=True)
class SeenResource:
    """A list entry as the actor may see it.

    Parameters
    ----------
    provider
        A person's name only for staff of where they live.
    grid
        Where the provider is at home: a grid, or a larger area where it is not known better; None of
        somebody who has moved away.
    free
        Units that nobody reserves or takes, by the name of the period: that of today and that of tomorrow. None to
        all but staff and the provider itself: it tells how much others do, and, summed up, what planners are not told.
    """

    resource: Resource
    provider: ProviderCard
    grid: str | None
    free: Mapping[str, int] | None

    @property
    def id(self) -> str:
        """The resource's id."""
        return self.resource.id


def list_resources(
    store: Store,
    *,
    area: str | None,
    capability: str | None,
    provider: str | None,
    state: ResourceState,
    after: str,
    limit: int,
    by: Actor,
    clock: Clock,
) -> list[SeenResource]:
    """Return list entries by id: what is listed is public, what is withdrawn its provider's and its area's.

    Parameters
    ----------
    area
        Id or official code; only of providers at home below it. Of a building it is the building's grid, but for
        staff of there: an entry must not tell behind which door somebody lives.
    capability
        Only of what gives it, or something more special.
    provider
        Only of this one; of a person that is asked by staff of where they live, and by themselves.

    Raises
    ------
    NotFound
        There is no such area.
    """
    permit(by, "see resources")

    def work(graph: Graph) -> list[SeenResource]:
        top = None if area is None else _public_area(graph, area, by)
        if provider is not None and not _may_be_named(graph, provider, by):
            return []
        whose = provider
        if state is not ResourceState.LISTED:
            if by.provider is not None:
                if provider not in (None, by.provider):
                    return []
                whose = by.provider
            else:
                if top is not None and not graph.areas.in_scope(top):
                    return []
                top = top or by.area
        found = graph.listings.page(
            area=top, capability=capability, provider=whose, state=state, after=after, limit=limit
        )
        return see(graph, found, by, clock.now())

    return store.read(work, scope=by.scope)


def _public_area(graph: Graph, named: str, by: Actor) -> str:
    area = graph.areas.find(named).id
    own = by.role in STAFF and graph.areas.in_scope(area)
    return area if own else graph.areas.grid_of(area)


def _may_be_named(graph: Graph, provider: str, by: Actor) -> bool:
    """Tell whether somebody may ask what this provider lists: to others a person is nobody."""
    if provider == by.provider:
        return True
    try:
        kind, home = graph.listings.provider(provider)
    except NotFound:
        return False
    return kind is not ProviderKind.PERSON or (by.role in STAFF and graph.areas.in_scope(home))


def get_resource(store: Store, resource: str, *, by: Actor, clock: Clock) -> SeenResource:
    """Return a list entry.

    Raises
    ------
    NotFound
        It does not exist, or is withdrawn and another's.
    """
    permit(by, "see resources")

    def work(graph: Graph) -> SeenResource:
        found = graph.resources.get(resource)
        if found.state is not ResourceState.LISTED:
            require_own(graph, found, by)
        return see(graph, [found], by, clock.now())[0]

    return store.read(work, scope=by.scope)


def require_own(graph: Graph, resource: Resource, by: Actor) -> None:
    """Refuse another provider's resource, or one whose provider is at home outside the scope."""
    if by.provider is not None:
        own = resource.provider == by.provider
    else:
        home = graph.listings.homes([resource.id]).get(resource.id)
        own = home is not None and graph.areas.in_scope(home[0])
    if not own:
        raise NotFound("no such resource", resource=resource.id)


def see(graph: Graph, resources: Sequence[Resource], by: Actor, now: datetime) -> list[SeenResource]:
    """Return list entries as the actor may see them."""
    ids = [resource.id for resource in resources]
    cards = graph.resources.provider_cards(ids)
    homes = graph.listings.homes(ids)
    today = city_date(now)
    periods = {r.id: sorted({r.period.of(today), r.period.of(today + timedelta(days=1))}) for r in resources}
    buckets = graph.resources.buckets((r.id, period) for r in resources for period in periods[r.id])

    def units(resource: Resource, period: str) -> int:
        bucket = buckets.get(bucket_id(resource.id, period))
        return resource.capacity if bucket is None else max(0, bucket.free)

    def free(resource: Resource) -> dict[str, int] | None:
        told = by.role in STAFF or resource.provider == by.provider
        return {period: units(resource, period) for period in periods[resource.id]} if told else None

    def card(resource: Resource) -> ProviderCard:
        found = cards[resource.id]
        shown = found.kind is not ProviderKind.PERSON or by.role in STAFF
        return found if shown else ProviderCard(found.kind, None)

    return [
        SeenResource(
            resource,
            card(resource),
            homes[resource.id][1] if resource.id in homes else None,
            free(resource),
        )
        for resource in resources
    ]
