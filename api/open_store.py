"""Opens the store that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.settings import Settings
from graph.engine import Dialect, Engine, connect
from graph.sealing import Sealer, load_key
from graph.store import Store


@contextmanager
def opened(settings: Settings, *, patience: float = 3.0) -> Iterator[tuple[Store, Engine]]:
    """Open the store and close it at the end.

    Raises
    ------
    EngineError, KeyProblem
        It can't be opened; the message says why and what to do.
    """
    key = load_key(settings.data, settings.master_key.get_secret_value() if settings.master_key else None)
    with _connect(settings) as engine:
        yield Store(engine, Sealer(key), patience=patience), engine


def _connect(settings: Settings) -> Engine:
    if settings.store == Dialect.EMBEDDED:
        return connect(settings.store, data=settings.data)
    return connect(
        settings.store,
        data=settings.data,
        user=settings.store_user,
        password=settings.store_password.get_secret_value() if settings.store_password else None,
        database=settings.store_database,
    )
