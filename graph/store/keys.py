"""API keys, and the idempotency keys that make a retry harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph import schema
from graph.model.actors import ApiKey
from graph.model.times import to_milliseconds
from graph.store.errors import KeyReused, NotFound
from graph.store.transaction import Transaction

_CREATE = "MERGE (k:ApiKey {id: $row.id}) ON CREATE SET k = $row"
_BY_HASH = "MATCH (k:ApiKey {hash: $hash}) RETURN properties(k) AS key"
_ALL = "MATCH (k:ApiKey) RETURN properties(k) AS key ORDER BY key.created"
_REVOKE = "MATCH (k:ApiKey {id: $id}) SET k.revoked = true RETURN k.id AS id"
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
        row = schema.API_KEY.encode({name: getattr(key, name) for name in schema.API_KEY.properties})
        self._transaction.do(_CREATE, row=row)

    def by_hash(self, hash_: str) -> ApiKey | None:
        """Return the key with this hash, or None."""
        row = self._transaction.one(_BY_HASH, hash=hash_)
        return None if row is None else ApiKey(**schema.API_KEY.decode(row["key"]))

    def all(self) -> list[ApiKey]:
        """Return every key's record, the oldest first."""
        return [ApiKey(**schema.API_KEY.decode(row["key"])) for row in self._transaction.rows(_ALL)]

    def revoke(self, key: str) -> None:
        """Make a key useless from now on.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        if self._transaction.one(_REVOKE, id=key) is None:
            raise NotFound("no such key; `renling key list` shows them", key=key)


class IdempotencyKeys:
    """Requests that have had their effect."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def begin(self, key: IdempotencyKey) -> str | None:
        """Lock a key and return the outcome that its request had, or None where it is new.

        Raises
        ------
        KeyReused
            The key came before, with another request.
        """
        return self._outcome(
            key,
            self._transaction.one(
                _BEGIN,
                id=_id(key),
                request=key.request,
                at=to_milliseconds(key.at),
                nonce=self._transaction.nonce,
            ),
        )

    def outcome(self, key: IdempotencyKey) -> str | None:
        """Return the outcome that a key's request had, or None where it had none; takes no lock.

        Raises
        ------
        KeyReused
            The key came before, with another request.
        """
        return self._outcome(key, self._transaction.one(_OUTCOME, id=_id(key)))

    @staticmethod
    def _outcome(key: IdempotencyKey, row: dict[str, Any] | None) -> str | None:
        if row is None or row["outcome"] is None:
            return None
        if row["request"] != key.request:
            raise KeyReused("this Idempotency-Key came before with another request; use a new one")
        return str(row["outcome"])

    def forget(self, before: datetime, *, limit: int) -> int:
        """Delete keys of requests before an instant, at most `limit`; return how many."""
        row = self._transaction.one(_FORGET, before=to_milliseconds(before), limit=limit)
        return int(row["gone"]) if row else 0

    def finish(self, key: IdempotencyKey, outcome: str) -> None:
        """Note the id of what the request made or changed."""
        self._transaction.do(_FINISH, id=_id(key), outcome=outcome)


def _id(key: IdempotencyKey) -> str:
    return f"{key.actor}|{key.key}"
