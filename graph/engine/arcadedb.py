"""ArcadeDB as a program: how it is called, what it says, and its SQL over HTTP."""

import base64
import http.client
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from graph.engine.errors import EngineError

HOST = "127.0.0.1"
USER = "root"
DATABASE = "renling"

# What its log says. It stays alive, doing nothing, when its start has failed: only the log tells.
READY = "ArcadeDB Server started"
FAILED = 'Exception in thread "main"'
PORT_TAKEN = "Unable to listen"


def find_java() -> Path:
    """Return the program that runs the server; it comes with the package.

    Raises
    ------
    EngineError
        The package is not installed, or not whole.
    """
    found = importlib.util.find_spec("arcadedb_embedded")
    if found is None or found.origin is None:
        raise EngineError(
            "The embedded graph server (package arcadedb-embedded) is not installed. "
            "Install the project's requirements, or set the address of a Neo4j server."
        )
    java = Path(found.origin).parent / "jre" / "bin" / "java"
    if not os.access(java, os.X_OK):
        raise EngineError(f"The embedded graph server's Java is missing or no program: {java}. Install it anew.")
    return java


def command(home: Path, password_file: Path, *, heap: str, bolt_port: int, http_port: int) -> list[str]:
    """Return the command line that runs the server on loopback.

    Raises
    ------
    EngineError
        The package is not installed, or not whole.
    """
    java = find_java()
    settings = {
        "server.rootPath": home,
        "server.rootPasswordPath": password_file,  # not the password itself: arguments are public
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "server.defaultDatabases": f"{DATABASE}[]",
        "server.httpIncomingHost": HOST,
        "server.httpIncomingPort": http_port,
        "bolt.host": HOST,
        "bolt.port": bolt_port,
        "bolt.defaultDatabase": DATABASE,
        "bolt.maxMessageSize": 64 << 20,  # bytes: a whole batch of rows in one parameter
        "dateTimeImplementation": "java.time.Instant",
    }
    return [
        str(java),
        # No flags for a quicker start: without the optimising compiler (TieredStopAtLevel=1) it is 0.4 s
        # of 2 s quicker, but slower ever after.
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",  # a server that limps is worse than one that is started again
        "-Djava.awt.headless=true",
        "-Dpolyglot.engine.WarnInterpreterOnly=false",
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        *(f"-Darcadedb.{name}={value}" for name, value in settings.items()),
        "-cp",
        str(java.parents[2] / "jars" / "*"),
        "com.arcadedb.server.ArcadeDBServer",
    ]


def sql(statement: str, *, http_port: int, user: str, password: str) -> list[dict[str, Any]]:
    """Run one SQL command (for what its Cypher cannot declare) and return its rows.

    Raises
    ------
    EngineError
        The server refused it, or is not there.
    """
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection = http.client.HTTPConnection(HOST, http_port, timeout=60)
    try:
        connection.request(
            "POST",
            f"/api/v1/command/{DATABASE}",
            body=json.dumps({"language": "sql", "command": statement}),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {login}"},
        )
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise EngineError(f"The embedded graph server does not answer over HTTP: {error}.") from error
    finally:
        connection.close()
    if reply.status != http.client.OK:
        raise EngineError(f"The embedded graph server refused {statement!r}: {text[:500]}")
    rows: list[dict[str, Any]] = json.loads(text)["result"]
    return rows
