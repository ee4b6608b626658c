"""API keys: made once, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from graph.model.actors import AREA_KINDS, EVERYTHING, Actor, ApiKey, Role
from graph.model.areas import AreaKind
from graph.model.ids import new_id
from graph.model.refusals import Refusal
from graph.model.times import Clock
from graph.store import Graph, Store
from matching.errors import InvalidInput

PREFIX = "rl_"
LONGEST_LIFE = 3650  # days
LONGEST_NAME = 100  # characters


class Unauthorised(Refusal):
    """There is no key, or it is unknown, revoked or expired."""

    code = "unauthorised"


def hash_of(key: str) -> str:
    """Return the form in which a key is stored.

    A key has 256 random bits, so one round of SHA-256 is enough: there is nothing to guess.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(
    store: Store,
    *,
    name: str,
    role: Role,
    area: str | None,
    provider: str | None,
    days: int,
    clock: Clock,
) -> tuple[str, ApiKey]:
    """Make a key and return it with its record; it is never to be seen again.

    Parameters
    ----------
    area
        The id or official code of the area whose subtree the role sees; of the kind that the role is for.
    provider
        For a provider: the id of the person or organisation.
    days
        Until it expires, 1 to 3650.

    Raises
    ------
    InvalidInput
        A name or a length of life out of range, no area of the role's kind, a provider without an id.
    NotFound
        There is no such area.
    Erased
        The provider was erased.
    """
    errors = []
    if not 1 <= len(name) <= LONGEST_NAME:
        errors.append(("name", f"1 to {LONGEST_NAME} characters"))
    kinds = AREA_KINDS.get(role, frozenset())
    if kinds and area is None:
        errors.append(("area", f"the role {role} needs an area, {_or(kinds)}: its id or official code"))
    if role is Role.PROVIDER and provider is None:
        errors.append(("provider", "a provider's key needs the provider's id"))
    if role is Role.OPERATOR:
        errors.append(("role", "an operator works on the machine itself and has no key"))
    if not 1 <= days <= LONGEST_LIFE:
        errors.append(("days", f"1 to {LONGEST_LIFE}"))
    if errors:
        raise InvalidInput(*errors)
    key = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    record_id = new_id()

    def work(graph: Graph) -> ApiKey:
        if provider is not None and role is Role.PROVIDER and not graph.people.lists_something(provider):
            raise InvalidInput(("provider", "nobody of this id lists a resource"))
        if provider is not None:
            graph.loading.lock_people([provider])
        found = graph.areas.find(area) if area is not None and kinds else None
        if found is not None and found.kind not in kinds:
            raise InvalidInput(("area", f"the role {role} is for {_or(kinds)}; this is a {found.kind}"))
        record = ApiKey(
            id=record_id,
            name=name,
            hash=hash_of(key),
            role=role,
            area=found.id if found is not None else None,
            provider=provider if role is Role.PROVIDER else None,
            created=now,
            expires=now + timedelta(days=days),
        )
        graph.api_keys.create(record)
        return record

    return key, store.write(work, scope=EVERYTHING)


def _or(kinds: frozenset[AreaKind]) -> str:
    return " or ".join(f"a {kind}" for kind in AreaKind if kind in kinds)


def authenticate(store: Store, key: str, clock: Clock) -> Actor:
    """Return who a key belongs to.

    Raises
    ------
    Unauthorised
        The key is unknown, revoked or expired.
    """
    record = store.read(lambda graph: graph.api_keys.by_hash(hash_of(key)), scope=EVERYTHING)
    if record is None:
        raise Unauthorised("this API key is not known; `renling key create` makes one")
    if record.revoked:
        raise Unauthorised("this API key was revoked; ask for a new one")
    if record.expires <= clock.now():
        raise Unauthorised(f"this API key expired at {record.expires.isoformat()}; ask for a new one")
    return record.actor
