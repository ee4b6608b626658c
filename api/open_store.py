"""Opens the store that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from api.settings import Settings
from graph.engine import Engine, EngineError, connect
from graph.master_key import load_keys
from graph.store import Store

LONG_WORK = 120.0  # seconds that a store may be silent while it loads, migrates or plans a night
REQUEST = 10.0  # seconds that it may be silent while somebody waits for a page


@contextmanager
def opened(
    settings: Settings, *, patience: float = 3.0, reply_within: float = LONG_WORK
) -> Iterator[tuple[Store, Engine]]:
    """Open the store and close it at the end.

    Parameters
    ----------
    patience
        Seconds to keep trying to reach a store that is away.
    reply_within
        Seconds that a store may be silent over one reply before it counts as away.

    Raises
    ------
    EngineError, KeyProblem
        It can't be opened; the message says why and what to do.
    """
    configured = settings.master_key.get_secret_value() if settings.master_key else None
    reload = partial(load_keys, settings.data) if configured is None else None
    try:
        masters = load_keys(settings.data, configured)
    except OSError as error:
        raise EngineError(
            f"the data folder {settings.data} can't be used: {error.strerror}. Set RENLING_DATA to another."
        ) from error
    with engine_of(settings, reply_within=reply_within) as engine:
        yield Store(engine, masters, patience=patience, reload=reload), engine


def engine_of(settings: Settings, *, reply_within: float = LONG_WORK) -> Engine:
    """Connect to the store that the settings name.

    Raises
    ------
    EngineError
        The message says why it can't be and what to do.
    """
    return connect(
        settings.store,
        data=settings.data,
        user=settings.store_user,
        password=settings.store_password.get_secret_value() if settings.store_password else None,
        database=settings.store_database,
        reply_within=reply_within,
    )
