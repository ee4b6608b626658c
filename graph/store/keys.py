"""API keys, and the idempotency keys that make a retry harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph import schema
from graph.model.actors import ApiKey
from graph.model.times import to_milliseconds
from graph.sealing import DataKey
from graph.store.errors import KeyReused, NotFound
from graph.store.transaction import Transaction
from graph.store.vault import Vault

_CREATE = "MERGE (k:ApiKey {id: $row.id}) ON CREATE SET k = $row"
_BY_HASH = "MATCH (k:ApiKey {hash: $hash}) RETURN properties(k) AS key"
_ALL = "MATCH (k:ApiKey) RETURN properties(k) AS key ORDER BY key.created"
_REVOKE = "MATCH (k:ApiKey {id: $id}) SET k.revoked = true RETURN k.id AS id"
_REVOKE_OF = "MATCH (k:ApiKey) WHERE k.provider = $provider SET k.revoked = true, k.name = ''"
_EVENT = """
MATCH (k:ApiKey {id: $id}) SET k.lock = $nonce SET k.events = coalesce(k.events, 0) + 1 RETURN k.events AS seq"""
_BEGIN = """
MERGE (k:IdempotencyKey {id: $id}) ON CREATE SET k.request = $request, k.at = $at
SET k.lock = $nonce RETURN k.request AS request, k.outcome AS outcome"""
_FORGET = """
MATCH (k:IdempotencyKey) WHERE k.at < $before WITH k LIMIT $limit DETACH DELETE k RETURN count(*) AS gone"""
_OUTCOME = "MATCH (k:IdempotencyKey {id: $id}) RETURN k.request AS request, k.outcome AS outcome"
_FINISH = "MATCH (k:IdempotencyKey {id: $id}) SET k.outcome = $outcome"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """Names one request of one actor, so that sending it again has no second effect.

    Parameters
    ----------
    key
        Chosen by the caller.
    request
        Hash of what is asked; the same key with another hash is refused.
    """

    actor: str
    key: str
    request: str
    at: datetime


class ApiKeys:
    """Records of API keys, by the hash of the key."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def create(self, key: ApiKey) -> None:
        """Write a key's record."""
        row = schema.API_KEY.encode({name: getattr(key, name, None) for name in schema.API_KEY.properties})
        self._transaction.do(_CREATE, row=row)

    def by_hash(self, hash_: str) -> ApiKey | None:
        """Return the key with this hash, or None."""
        row = self._transaction.one(_BY_HASH, hash=hash_)
        return None if row is None else _api_key(row["key"])

    def all(self) -> list[ApiKey]:
        """Return every key's record, the oldest first."""
        return [_api_key(row["key"]) for row in self._transaction.rows(_ALL)]

    def revoke(self, key: str) -> None:
        """Make a key useless from now on.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        if self._transaction.one(_REVOKE, id=key) is None:
            raise NotFound("no such key; `renling key list` shows them", key=key)

    def revoke_of(self, provider: str) -> None:
        """Make every key of a provider useless, and forget what it was called: that may be their name."""
        self._transaction.do(_REVOKE_OF, provider=provider)

    def count_event(self, key: str) -> int:
        """Lock a key and return the number of its next event.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        row = self._transaction.one(_EVENT, id=key, nonce=self._transaction.nonce)
        if row is None:
            raise NotFound("no such key; `renling key list` shows them", key=key)
        return int(row["seq"])


def _api_key(properties: Mapping[str, Any]) -> ApiKey:
    values = schema.API_KEY.decode(properties)
    del values["events"]  # counts, and is no field
    return ApiKey(**values)


class IdempotencyKeys:
    """Requests that have had their effect.

    A caller may put anything into a key, and a request's plain hash could be guessed at: both are kept as
    keyed hashes only.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def begin(self, key: IdempotencyKey) -> str | None:
        """Lock a key and return the outcome that its request had, or None where it is new.

        Raises
        ------
        KeyReused
            The key came before, with another request.
        """
        id_, request = _hidden(key, Vault(self._transaction).index())
        return _outcome(
            request,
            self._transaction.one(
                _BEGIN, id=id_, request=request, at=to_milliseconds(key.at), nonce=self._transaction.nonce
            ),
        )

    def outcome(self, key: IdempotencyKey) -> str | None:
        """Return the outcome that a key's request had, or None where it had none; takes no lock.

        Raises
        ------
        KeyReused
            The key came before, with another request.
        """
        index = Vault(self._transaction).index_if_any()
        if index is None:
            return None
        id_, request = _hidden(key, index)
        return _outcome(request, self._transaction.one(_OUTCOME, id=id_))

    def forget(self, before: datetime, *, limit: int) -> int:
        """Delete keys of requests before an instant, at most `limit`; return how many."""
        row = self._transaction.one(_FORGET, before=to_milliseconds(before), limit=limit)
        return int(row["gone"]) if row else 0

    def finish(self, key: IdempotencyKey, outcome: str) -> None:
        """Note the id of what the request made or changed."""
        id_, _ = _hidden(key, Vault(self._transaction).index())
        self._transaction.do(_FINISH, id=id_, outcome=outcome)


def _hidden(key: IdempotencyKey, index: DataKey) -> tuple[str, str]:
    return (
        f"{key.actor}|{index.hash(key.key, 'IdempotencyKey.id')}",
        index.hash(key.request, "IdempotencyKey.request"),
    )


def _outcome(request: str, row: dict[str, Any] | None) -> str | None:
    if row is None or row["outcome"] is None:
        return None
    if row["request"] != request:
        raise KeyReused("this Idempotency-Key came before with another request; use a new one")
    return str(row["outcome"])
