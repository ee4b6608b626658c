"""Opens the store that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.settings import Settings
from graph.engine import Engine, EngineError, connect
from graph.master_key import load_keys
from graph.store import Store


@contextmanager
def opened(settings: Settings, *, patience: float = 3.0) -> Iterator[tuple[Store, Engine]]:
    """Open the store and close it at the end.

    Raises
    ------
    EngineError, KeyProblem
        It can't be opened; the message says why and what to do.
    """
    try:
        masters = load_keys(settings.data, settings.master_key.get_secret_value() if settings.master_key else None)
    except OSError as error:
        raise EngineError(
            f"the data folder {settings.data} can't be used: {error.strerror}. Set RENLING_DATA to another."
        ) from error
    engine = connect(
        settings.store,
        data=settings.data,
        user=settings.store_user,
        password=settings.store_password.get_secret_value() if settings.store_password else None,
        database=settings.store_database,
    )
    with engine:
        yield Store(engine, masters, patience=patience), engine
