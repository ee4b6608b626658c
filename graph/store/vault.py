"""The data keys, each wrapped by the master key: what is personal is sealed and opened here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from graph import schema
from graph.elements import Node, place
from graph.sealing import INDEX, DataKey, KeyProblem, master_of, owner_of
from graph.store.errors import Erased
from graph.store.transaction import Transaction, chunks

_GET = "UNWIND $ids AS id MATCH (k:DataKey {id: id}) RETURN k.id AS id, k.wrapped AS wrapped"
_MAKE = """
UNWIND $rows AS row MERGE (k:DataKey {id: row.id}) ON CREATE SET k = row
RETURN k.id AS id, k.wrapped AS wrapped"""
_DESTROY = "MERGE (k:DataKey {id: $id}) SET k.wrapped = null, k.master = ''"
_LOCK = "MATCH (k:DataKey {id: $id}) SET k.lock = $nonce"
_LOCK_ALL = "UNWIND $ids AS id MATCH (k:DataKey {id: id}) SET k.lock = $nonce"
_STALE = "MATCH (k:DataKey {master: $master}) RETURN k.id AS id, k.wrapped AS wrapped LIMIT $limit"
_UNKNOWN = """
MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL AND NOT k.master IN $known RETURN count(k) AS found"""
_REWRAP = """
UNWIND $rows AS row MATCH (k:DataKey {id: row.id}) WHERE k.wrapped = row.before
SET k.wrapped = row.wrapped, k.master = row.master"""


class Vault:
    """Seals and opens what is personal, each owner's under the owner's own key."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def keys(self, owners: Iterable[str]) -> dict[str, DataKey]:
        """Return the data keys of owners, making those that are new.

        Raises
        ------
        Erased
            One of them was erased: nothing can be written of them any more.
        KeyProblem
            The master key is another one.
        """
        wanted = sorted(set(owners))
        found = self._wrapped(wanted)
        masters = self._transaction.masters
        if len(found) < len(wanted):
            self._require_current()
        rows = [
            schema.DATA_KEY.encode({"id": i, "wrapped": masters.new_data_key(i)[1], "master": masters.current})
            for i in wanted
            if i not in found
        ]
        for part in chunks(rows, 1000):
            # Somebody else may just have made one: the store's word counts, not ours.
            found |= {row["id"]: row["wrapped"] for row in self._transaction.rows(_MAKE, rows=part)}
        erased = [i for i in wanted if not found[i]]
        if erased:
            raise Erased("this person was erased; nothing is kept of them any more", owner=erased[0])
        return {i: masters.unwrap(wrapped, i) for i in wanted if (wrapped := found[i])}

    def open(self, node: Node, rows: Sequence[Mapping[str, Any]], only: Collection[str] = ()) -> list[dict[str, str]]:
        """Return the personal properties of each node, in the rows' order; none of an owner who was erased.

        Parameters
        ----------
        rows
            Properties as the store keeps them.
        only
            Names of the properties to open; none is all of them.

        Raises
        ------
        KeyProblem
            The master key is another one, or what stands there was not sealed for this place; names label and id.
        """
        names = list(only) or list(node.secrets)
        sealed = [{name: row[name] for name in names if row.get(name) is not None} for row in rows]
        owners: set[str] = set()
        for row, texts in zip(rows, sealed, strict=True):
            with _named(node, row):
                owners |= {owner_of(text) for text in texts.values()}
        masters = self._transaction.masters
        keys = {i: masters.unwrap(w, i) for i, w in self._wrapped(sorted(owners)).items() if w}
        opened: list[dict[str, str]] = []
        for row, texts in zip(rows, sealed, strict=True):
            with _named(node, row):
                opened.append(
                    {
                        name: keys[owner_of(text)].open(text, place(node.label, name, row[node.key]))
                        for name, text in texts.items()
                        if owner_of(text) in keys
                    }
                )
        return opened

    def index(self) -> DataKey:
        """Return the key under which what must be found again is hashed, making it where it is new."""
        return self.keys([INDEX])[INDEX]

    def lock_index(self) -> None:
        """Lock the key under which is hashed: until the end of the transaction nobody else records somebody new."""
        self.index()
        self._transaction.do(_LOCK, id=INDEX, nonce=self._transaction.nonce)

    def index_if_any(self) -> DataKey | None:
        """Return that key, writing nothing; None where nothing was ever hashed."""
        wrapped = self._wrapped([INDEX]).get(INDEX)
        return None if wrapped is None else self._transaction.masters.unwrap(wrapped, INDEX)

    def sealers(self, owners: Iterable[str]) -> dict[str, SealAndHash]:
        """Return what seals each owner's properties; its hashes are everybody's."""
        keys = self.keys([*owners, INDEX])
        return {i: SealAndHash(key, keys[INDEX]) for i, key in keys.items()}

    def destroy(self, owner: str) -> None:
        """Destroy an owner's key: what it sealed can never be read again. That it was there stays known."""
        self._transaction.do(_DESTROY, id=owner)

    def check(self) -> None:
        """Try the master keys on the index's key, which every store with people has.

        Raises
        ------
        KeyProblem
            None of them is the store's.
        """
        self.index_if_any()

    def rewrap(self, *, limit: int) -> int:
        """Wrap data keys of older master keys under the current one, the index's first; return how many.

        Raises
        ------
        KeyProblem
            One was wrapped by a master key that we do not have.
        """
        masters = self._transaction.masters
        self._transaction.do(_LOCK, id=INDEX, nonce=self._transaction.nonce)
        index = self._wrapped([INDEX]).get(INDEX)
        stale = {INDEX: index} if index is not None and master_of(index) != masters.current else {}
        for older in masters.older:
            if len(stale) < limit:
                found = self._transaction.rows(_STALE, master=older, limit=limit - len(stale))
                # One that is just being destroyed may still be found by the name of its master key on Neo4j.
                stale |= {row["id"]: row["wrapped"] for row in found if row["wrapped"]}
        rows = [
            {"id": i, "before": before, "wrapped": masters.rewrap(before, i), "master": masters.current}
            for i, before in sorted(stale.items())
        ]
        # Locked first, then compared: otherwise a key that somebody is just destroying would come back on Neo4j.
        self._transaction.do(_LOCK_ALL, ids=[row["id"] for row in rows], nonce=self._transaction.nonce)
        self._transaction.do(_REWRAP, rows=rows)
        return len(rows)

    def count_of_others(self) -> int:
        """Return how many data keys were wrapped by another master key than the current one."""
        row = self._transaction.one(_UNKNOWN, known=[self._transaction.masters.current])
        return int(row["found"]) if row else 0

    def _require_current(self) -> None:
        """Before a data key is made: refuse it to a program that does not know the present master key.

        The lock is what makes that sure: while the keys are rewrapped, the index's comes first, so that a
        program that was started before with the old key only can't wrap one more with it.
        """
        self._transaction.do(_LOCK, id=INDEX, nonce=self._transaction.nonce)
        self.index_if_any()

    def _wrapped(self, owners: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for part in chunks(owners, 5000):
            found |= {row["id"]: row["wrapped"] for row in self._transaction.rows(_GET, ids=list(part))}
        return found


@contextmanager
def _named(node: Node, row: Mapping[str, Any]) -> Iterator[None]:
    """Let an error say of which node the text was that can't be opened."""
    try:
        yield
    except KeyProblem as problem:
        raise KeyProblem(f"{node.label} {row[node.key]}: {problem}") from None


class SealAndHash:
    """Seals under one owner's key, and hashes under the one that all share."""

    def __init__(self, key: DataKey, index: DataKey) -> None:
        self._key = key
        self._index = index

    def seal(self, clear: str, place: str) -> str:
        """Return the sealed form."""
        return self._key.seal(clear, place)

    def hash(self, clear: str, place: str) -> str:
        """Return the keyed hash."""
        return self._index.hash(clear, place)
