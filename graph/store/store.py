"""The store: work done in one transaction, tried again where that is safe."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

import neo4j

from graph import schema
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.sealing import KeyProblem, MasterKeys
from graph.store.areas import Areas, Capabilities
from graph.store.assignments import Assignments, Events, Notices
from graph.store.attempts import retrying, transaction
from graph.store.belongings import AllOfAPerson
from graph.store.cards import Cards
from graph.store.declaring import declare, digest
from graph.store.errors import Conflict, SchemaMismatch, StoreAway
from graph.store.exclusions import ExclusionsOfNeeds
from graph.store.invariants import Invariants
from graph.store.keys import ApiKeys, IdempotencyKey, IdempotencyKeys
from graph.store.limits import Limits
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
        self.exclusions = ExclusionsOfNeeds(transaction)
        self.organisations = Organisations(transaction)
        self.teams = Teams(transaction)
        self.resources = Resources(transaction)
        self.limits = Limits(transaction)
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
        if found is None or found.declared != digest():
            retrying(lambda: declare(self._engine), self._patience)
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
        masters = self._masters

        def attempt() -> T:
            with transaction(self._engine, access) as inner:
                return work(Graph(Transaction(inner, scope, masters)))

        while True:
            try:
                return retrying(attempt, self._patience)
            except KeyProblem:
                if self._reload is None:
                    raise
                # Not those of the store: another thread may have read them again while we were at it.
                fresh = self._reload()
                if fresh.names == masters.names:
                    raise
                self._masters = masters = fresh


def _schema(graph: Graph) -> SchemaState | None:
    return graph.loading.schema_state()


def _note_schema(graph: Graph, version: int) -> None:
    graph.loading.note_schema(SchemaState(version, digest()))
