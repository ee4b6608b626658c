"""The neo4j driver as this service wants it."""

import contextlib
import logging
from typing import Any

import neo4j

# The driver's own log repeats every error that it also raises.
logging.getLogger("neo4j").setLevel(logging.CRITICAL)


def open_driver(
    address: str, user: str | None, password: str | None, *, reply_within: float | None = None
) -> neo4j.Driver:
    """Return a driver; it connects at the first query, not here.

    Parameters
    ----------
    reply_within
        Seconds that the store may be silent over one reply; then the connection counts as lost. None is for ever.

    Raises
    ------
    ValueError, neo4j.exceptions.DriverError
        The address or the credentials are malformed.
    """
    driver = neo4j.GraphDatabase.driver(
        address,
        auth=None if user is None else (user, password or ""),
        user_agent="renling",
        max_connection_pool_size=128,  # more than the threads that ask: waiting belongs in the store's locks
        connection_timeout=3,
        connection_acquisition_timeout=5,
        notifications_min_severity="OFF",
    )
    if reply_within is not None:
        _bound_replies(driver, reply_within)
    return driver


def _bound_replies(driver: neo4j.Driver, seconds: float) -> None:
    """Give up on a store that took a query and says nothing more: stopped, or behind a dead network.

    The driver leaves this to a hint of the server, which neither of ours sends, and has no setting of its own; so
    each new connection gets it here. A test with a stopped server holds the driver's next version to it.
    """
    pool: Any = driver._pool
    open_one = pool.opener

    def opener(*arguments: Any) -> Any:
        connection = open_one(*arguments)
        connection.socket.set_read_timeout(seconds)
        return connection

    pool.opener = opener


def abandon(session: neo4j.Session) -> None:
    """End a session without another word to the server, which then rolls back.

    For whoever is interrupted in the middle of a reply: a rollback would read the rest of it as its own answer, or wait
    for one for ever. The driver has no call for it, so the connection is taken from the session.
    """
    connection: Any = session._connection
    if connection is not None:
        connection.kill()
    with contextlib.suppress(Exception):  # there is nothing left to be told of
        session.close()


def ask(driver: neo4j.Driver, database: str) -> None:
    """Ask the application's database for one row: an open port does not yet mean a working store.

    Raises
    ------
    neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError
        It does not answer.
    """
    with driver.session(database=database) as session:  # an auto-commit query: the driver does not retry it
        session.run("RETURN 1").consume()
