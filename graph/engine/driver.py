"""The neo4j driver as this service wants it."""

import logging

import neo4j

# The driver's own log repeats every error that it also raises.
logging.getLogger("neo4j").setLevel(logging.CRITICAL)


def open_driver(address: str, user: str | None, password: str | None) -> neo4j.Driver:
    """Return a driver; it connects at the first query, not here.

    Raises
    ------
    ValueError, neo4j.exceptions.DriverError
        The address or the credentials are malformed.
    """
    return neo4j.GraphDatabase.driver(
        address,
        auth=None if user is None else (user, password or ""),
        user_agent="renling",
        max_connection_pool_size=128,  # more than the threads that ask: waiting belongs in the store's locks
        connection_timeout=3,
        connection_acquisition_timeout=5,
        notifications_min_severity="OFF",
    )


def ask(driver: neo4j.Driver, database: str) -> None:
    """Ask the application's database for one row: an open port does not yet mean a working store.

    Raises
    ------
    neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError
        It does not answer.
    """
    with driver.session(database=database) as session:  # an auto-commit query: the driver does not retry it
        session.run("RETURN 1").consume()
