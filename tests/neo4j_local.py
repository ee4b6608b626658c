"""A real Neo4j Community on loopback, made of its Maven artifacts: for tests, where Docker is missing."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from neo4j.exceptions import DriverError, Neo4jError

from graph.engine import child
from graph.engine.driver import ask, open_driver

VERSION = "5.26.30"
_POM = Path(__file__).parent / "neo4j" / "pom.xml"
_READY_SECONDS = 120.0
_STOP_SECONDS = 60.0
_JAVA_FLAGS = [
    "-XX:TieredStopAtLevel=1",  # it lives for a minute: the optimising compiler would only take its cores
    "-XX:+UseSerialGC",
    "-Djava.awt.headless=true",
    "-Dio.netty.tryReflectionSetAccessible=true",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
    ),
]


def assemble() -> Path:
    """Return the folder with the server's jars; the first time they are fetched with Maven (about 120 MB).

    Raises
    ------
    RuntimeError
        Java or Maven is missing, or Maven failed.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise RuntimeError(f"there is no {program}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "renling" / f"neo4j-{VERSION}"
    lib = cache / "lib"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lib.exists():  # it gets its name when it is complete
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                _fetch(Path(folder) / "lib")
                (Path(folder) / "lib").rename(lib)
    return lib


def _fetch(lib: Path) -> None:
    maven = ["mvn", "-B", "-q", "-f", str(_POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*maven, "-DincludeScope=runtime", f"-DoutputDirectory={lib}"], capture_output=True, text=True, timeout=900
    )
    if done.returncode != 0:
        raise RuntimeError(f"Maven failed: {(done.stdout + done.stderr).strip()[:500]}")


class LocalNeo4j:
    """One Neo4j server with its data in `home`; it ends with this process."""

    user = "neo4j"
    database = "neo4j"

    def __init__(self, home: Path) -> None:
        self._lib = assemble()
        self._home = home.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_hex(16)  # one that begins with a dash would be taken for an option
        self.port = _free_port()

    @property
    def address(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or start it again on the same data and port, and wait until it answers."""
        conf = self._home / "conf"
        if not conf.exists():
            conf.mkdir(parents=True)
            (conf / "neo4j.conf").write_text(_conf(self.port))
            self._admin("dbms", "set-initial-password", self.password)
        java = shutil.which("java")
        assert java is not None
        with (self._home / "server.out").open("ab") as log:
            self._process = child.start(
                [
                    java,
                    "-Xmx1g",
                    *_JAVA_FLAGS,
                    *("-cp", f"{self._lib}/*", "org.neo4j.server.CommunityEntryPoint"),
                    *(f"--home-dir={self._home}", f"--config-dir={conf}"),
                ],
                folder=self._home,
                log=log,
            )
        self._await_ready()

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill9(self) -> None:
        """Kill it as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_STOP_SECONDS)
            self._process = None

    def _admin(self, *arguments: str) -> None:
        """Run neo4j-admin, whose code is in the jars."""
        subprocess.run(
            ["java", *_JAVA_FLAGS, "-cp", f"{self._lib}/*", "org.neo4j.cli.AdminTool", *arguments],
            env={**os.environ, "NEO4J_HOME": str(self._home), "NEO4J_CONF": str(self._home / "conf")},
            check=True,
            capture_output=True,
            timeout=120,
        )

    def _await_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _READY_SECONDS
        with open_driver(self.address, self.user, self.password) as driver:
            while True:
                try:
                    return ask(driver, self.database)
                except (Neo4jError, DriverError) as error:
                    if self._process.poll() is not None or time.monotonic() > deadline:
                        self._end(signal.SIGKILL)
                        log = (self._home / "server.out").read_text(errors="replace")
                        raise RuntimeError(f"Neo4j did not start: {error}\n{log[-2000:]}") from error
                    time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _conf(port: int) -> str:
    return f"""\
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=128m
server.logs.gc.enabled=false
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=1 files
db.transaction.timeout=120s
db.lock.acquisition.timeout=20s
"""
