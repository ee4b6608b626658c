"""The store: work done in one transaction, tried again where that is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ResultFailedError,
    ServiceUnavailable,
    SessionExpired,
)

from graph import schema
from graph.engine import Engine
from graph.engine.driver import abandon
from graph.model.actors import EVERYTHING, Scope
from graph.sealing import KeyProblem, MasterKeys
from graph.store.areas import Areas, Capabilities
from graph.store.assignments import Assignments, Events, Notices
from graph.store.belongings import AllOfAPerson
from graph.store.cards import Cards
from graph.store.declaring import declare
from graph.store.errors import Conflict, LoginRefused, SchemaMismatch, StoreAway, Unsettled
from graph.store.invariants import Invariants
from graph.store.keys import ApiKeys, IdempotencyKey, IdempotencyKeys
from graph.store.listings import Listings
from graph.store.loading import Loading, SchemaState
from graph.store.migrations import Progress, upgrade_to_present
from graph.store.needs import Needs
from graph.store.organisations import Organisations
from graph.store.people import People
from graph.store.plans import Leases, Plans
from graph.store.resources import Resources
from graph.store.search import Search
from graph.store.snapshots import Snapshots
from graph.store.statistics import Statistics
from graph.store.tables import Tables
from graph.store.teams import Teams
from graph.store.transaction import Transaction
from graph.store.upkeep import Upkeep
from graph.store.vault import Vault

_CONFLICT_PATIENCE = 20.0  # seconds of meeting other writers before giving up
_LONGEST_PAUSE = 0.25  # seconds; without a cap the p99 of a hot claim is above a second, measured


class Named(Protocol):
    """What an idempotent use case returns: something with an id to find it again."""

    @property
    def id(self) -> str:
        """The key of what was made or changed."""
        ...


T = TypeVar("T")
N = TypeVar("N", bound=Named)


class Graph:
    """The graph as one transaction sees it, inside one scope; one attribute a subject."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.areas = Areas(transaction)
        self.capabilities = Capabilities(transaction)
        self.people = People(transaction)
        self.all_of_a_person = AllOfAPerson(transaction)
        self.needs = Needs(transaction)
        self.organisations = Organisations(transaction)
        self.teams = Teams(transaction)
        self.resources = Resources(transaction)
        self.listings = Listings(transaction)
        self.cards = Cards(transaction)
        self.search = Search(transaction)
        self.assignments = Assignments(transaction)
        self.events = Events(transaction)
        self.notices = Notices(transaction)
        self.plans = Plans(transaction)
        self.leases = Leases(transaction)
        self.api_keys = ApiKeys(transaction)
        self.idempotency = IdempotencyKeys(transaction)
        self.snapshots = Snapshots(transaction)
        self.statistics = Statistics(transaction)
        self.vault = Vault(transaction)
        self.loading = Loading(transaction)
        self.tables = Tables(transaction)
        self.invariants = Invariants(transaction)
        self.upkeep = Upkeep(transaction)


class Store:
    """The graph, in Neo4j or in the embedded server; the same queries run on both.

    Parameters
    ----------
    patience
        Seconds to keep trying to reach a store that is away: a few for a request, a minute for the night.
    reload
        Reads the master keys again, when they open nothing any more: somebody may have replaced them.
    """

    def __init__(
        self,
        engine: Engine,
        masters: MasterKeys,
        *,
        patience: float = 3.0,
        reload: Callable[[], MasterKeys] | None = None,
    ) -> None:
        self._engine = engine
        self._masters = masters
        self._patience = patience
        self._reload = reload

    def patient(self, seconds: float) -> Store:
        """Return the same store with another patience."""
        return Store(self._engine, self._masters, patience=seconds, reload=self._reload)

    def read(self, work: Callable[[Graph], T], *, scope: Scope) -> T:
        """Run work that only reads.

        Raises
        ------
        StoreAway
            The store does not answer.
        """
        return self._run(work, scope, neo4j.READ_ACCESS)

    def write(self, work: Callable[[Graph], T], *, scope: Scope) -> T:
        """Run work in one transaction: all of it is written, or nothing.

        It may run more than once (a deadlock, a lost connection, a lost reply), so it touches nothing but
        its transaction and is safe to repeat.

        Raises
        ------
        Conflict
            Other writers kept getting in between.
        StoreAway
            The store does not answer.
        """
        return self._run(work, scope, neo4j.WRITE_ACCESS)

    def write_once(
        self,
        work: Callable[[Graph], N],
        *,
        scope: Scope,
        key: IdempotencyKey,
        again: Callable[[Graph, str], N],
    ) -> N:
        """Run work under an idempotency key: however often it is sent, it has one effect.

        Parameters
        ----------
        again
            Given the id of what the work made, returns it; answers a repeated request.

        Raises
        ------
        KeyReused
            The key came before with another request.
        Conflict, StoreAway
            As `write`.
        """

        def guarded(graph: Graph) -> N:
            earlier = graph.idempotency.begin(key)
            if earlier is not None:
                return again(graph, earlier)
            result = work(graph)
            graph.idempotency.finish(key, result.id)
            return result

        def answered(graph: Graph) -> N | None:
            earlier = graph.idempotency.outcome(key)
            return None if earlier is None else again(graph, earlier)

        try:
            return self.write(guarded, scope=scope)
        except (Conflict, StoreAway):
            raise
        except Exception:
            # On the embedded store the key's lock holds from commit on, so what refused us may be the effect of
            # this same request, sent a second time at the same moment.
            result = self.read(answered, scope=scope)
            if result is None:
                raise
            return result

    def ping(self) -> None:
        """Ask the store for an answer.

        Raises
        ------
        StoreAway
            There is none.
        """
        self.read(lambda graph: graph.api_keys.by_hash(""), scope=EVERYTHING)

    def migrate(self, *, upgrade: bool = False, progress: Progress = lambda *_: None) -> list[int]:
        """Make the constraints, the indexes and the schema's version; a second time changes nothing.

        Parameters
        ----------
        upgrade
            Take a store of an older version to this program's, under a lease. Stopped in the middle, it is simply
            run again.
        progress
            Told (what, done, of how many).

        Returns
        -------
        list of int
            The versions that were left behind.

        Raises
        ------
        SchemaMismatch
            The store was written by a newer program, or by an older one and `upgrade` was not given.
        LeaseHeld, LeaseLost
            Another run is migrating it.
        KeyProblem
            The master key is not the store's.
        """
        found = self.read(_schema, scope=EVERYTHING)
        version = schema.VERSION if found is None else found.version
        if version > schema.VERSION:
            raise SchemaMismatch(
                f"the store holds schema version {version}, this program knows {schema.VERSION}; "
                "use the program that wrote it"
            )
        if version < schema.VERSION and not upgrade:
            raise SchemaMismatch(
                f"the store holds schema version {version}, this program needs {schema.VERSION}; "
                "make a backup, then run `renling migrate`"
            )
        self.check_key()
        if found is None or found.declared != schema.digest():
            self._retrying(lambda: declare(self._engine))
            self.write(partial(_note_schema, version=version), scope=EVERYTHING)
        return upgrade_to_present(self, progress) if version < schema.VERSION else []

    def check_key(self) -> None:
        """Try the master key on one data key, so that a wrong one is told before anything is done.

        Raises
        ------
        KeyProblem
            It is not the store's.
        """
        self.read(lambda graph: graph.vault.check(), scope=EVERYTHING)

    def transact(self, work: Callable[[Transaction], T], *, scope: Scope) -> T:
        """Run a migration's work in one transaction, past the subjects: they know only the present schema."""
        return self._run(lambda graph: work(graph.transaction), scope, neo4j.WRITE_ACCESS)

    def version(self) -> int | None:
        """Return the version of the schema in the store; None in an empty one."""
        found = self.read(_schema, scope=EVERYTHING)
        return None if found is None else found.version

    def _run(self, work: Callable[[Graph], T], scope: Scope, access: str) -> T:
        def attempt() -> T:
            session = self._engine.driver.session(
                database=self._engine.database, default_access_mode=access, fetch_size=10_000
            )
            try:
                inner = session.begin_transaction()
                result = work(Graph(Transaction(inner, scope, self._masters)))
                inner.commit()
            except BaseException as error:
                if _was_interrupted(error):
                    abandon(session)
                    if isinstance(error, Exception):
                        raise KeyboardInterrupt from error
                else:
                    session.close()  # rolls back
                raise
            session.close()
            return result

        try:
            return self._retrying(attempt)
        except KeyProblem:
            if self._reload is None:
                raise
            fresh = self._reload()
            if fresh.current == self._masters.current:
                raise
            self._masters = fresh
            return self._retrying(attempt)

    def _retrying(self, attempt: Callable[[], T]) -> T:
        started = time.monotonic()
        number = 0
        while True:
            try:
                return attempt()
            except AuthError as error:
                raise LoginRefused(
                    "the store refuses our user or password; see RENLING_STORE_USER and RENLING_STORE_PASSWORD"
                ) from error
            except (Neo4jError, DriverError, OSError, Unsettled) as error:
                waited = time.monotonic() - started
                pause = min(_LONGEST_PAUSE, 0.005 * 2 ** min(number, 8))
                if _is_away(error):
                    if waited > self._patience:
                        raise StoreAway("the store does not answer; `renling doctor` says why") from error
                    pause = _LONGEST_PAUSE
                elif not _is_conflict(error):
                    raise
                elif waited > _CONFLICT_PATIENCE:
                    raise Conflict("too many others are changing the same; try again") from error
                number += 1
                time.sleep(random.uniform(0, pause))  # noqa: S311 — spreads retries, guards nothing


def _schema(graph: Graph) -> SchemaState | None:
    return graph.loading.schema_state()


def _note_schema(graph: Graph, version: int) -> None:
    graph.loading.note_schema(SchemaState(version, schema.digest()))


def _was_interrupted(error: BaseException) -> bool:
    """Return whether it is Ctrl-C, or what the driver made of it where it came in the middle of its work."""
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, Exception):
            return True
        cause = cause.__context__
    return False


def _is_away(error: Exception) -> bool:
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return True
    # The pool found no connection in time; the driver has no common class for these across versions.
    return "ConnectionAcquisition" in type(error).__name__


def _is_conflict(error: Exception) -> bool:
    # A ConstraintError is a conflict too: on the embedded store two makers of one node meet at commit. A result that
    # failed with another one of its transaction does not say why; that it was a deadlock was seen in races on Neo4j.
    return isinstance(error, ConstraintError | ResultFailedError | Unsettled) or (
        isinstance(error, Neo4jError | DriverError) and error.is_retryable()
    )
