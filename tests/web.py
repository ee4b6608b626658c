"""The API as the tests call it: in this process over a filled store, or as a real `renling serve`."""

import json
import os
import re
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.cli import main
from api.http.app import create_app
from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Role
from graph.store import Store
from tests.worlds import FakeClock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another HTTP client
    from fastapi.testclient import TestClient

PROJECT = Path(__file__).parents[1]
BIN = PROJECT / ".venv" / "bin"

PERSONAL = ("刘桂兰", "13900000001", "王建国", "13900000002", "赵强", "13900000003", "MARKED-18601")
"""What no error, no log and no card may hold: the tiny city's people, and a word planted in requests."""

CALLERS: dict[str, tuple[Role, str]] = {
    "east-grid": (Role.GRID_WORKER, "east-grid"),
    "east": (Role.COMMUNITY, "east"),
    "west": (Role.COMMUNITY, "west"),
    "street": (Role.STREET, "street"),
    "district": (Role.DISTRICT, "district"),
    "city": (Role.CITY, "city"),
    "planner": (Role.PLANNER, "street"),
    "auditor": (Role.AUDITOR, "street"),
    "machine": (Role.MACHINE, "street"),
    "wang": (Role.PROVIDER, "wang"),
    "zhao": (Role.PROVIDER, "zhao"),
    "clinic": (Role.PROVIDER, "clinic"),
}
"""Who calls in the tests: name → (role, area or provider)."""


# ── in this process ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Service:
    """The application over a store, and callers with keys of their own.

    Whatever is refused must be problem JSON without personal words: that is looked at in every answer.
    """

    store: Store
    engine: Engine
    clock: FakeClock
    client: TestClient
    keys: dict[str, str] = field(default_factory=dict)

    def caller(self, who: str) -> "Caller":
        """Return one of `CALLERS`; their key is made when it is first needed."""
        if who not in self.keys:
            role, where = CALLERS[who]
            self.keys[who], _ = create_key(
                self.store,
                name=who,
                role=role,
                area=None if role is Role.PROVIDER else where,
                provider=where if role is Role.PROVIDER else None,
                days=30,
                clock=self.clock,
            )
        return Caller(self, self.keys[who])

    def revoke(self, who: str) -> None:
        records = self.store.read(lambda graph: graph.api_keys.all(), scope=EVERYTHING)
        [id_] = [r.id for r in records if r.name == who]
        self.store.write(lambda graph: graph.api_keys.revoke(id_), scope=EVERYTHING)


@contextmanager
def service(store: Store, engine: Engine, clock: FakeClock) -> Iterator[Service]:
    """Serve a store in this process; an error that nobody foresaw is raised here."""
    with TestClient(create_app(store, clock), base_url="http://renling.test") as client:
        yield Service(store, engine, clock, client)


@dataclass(frozen=True)
class Caller:
    """Somebody with an API key (or without)."""

    service: Service
    key: str | None

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.send("GET", path, params=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> httpx.Response:
        """Send JSON under an idempotency key, a fresh one unless it is given."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.send("POST", path, json=body, headers=headers, params=query)

    def patch(self, path: str, body: Any, *, rev: int, key: str | None = None, **query: Any) -> httpx.Response:
        """Change what was read at a revision."""
        headers = {"Idempotency-Key": key or str(uuid4()), "If-Match": f'"{rev}"'}
        return self.send("PATCH", path, json=body, headers=headers, params=query)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str | bytes] | None = None, **more: Any
    ) -> httpx.Response:
        own = {} if self.key is None else {"Authorization": f"Bearer {self.key}".encode()}
        response = self.service.client.request(method, f"/api/v1{path}", headers={**own, **(headers or {})}, **more)
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json", response.text
            said = response.json()
            assert said["status"] == response.status_code, said
            assert said["type"] == f"urn:renling:problem:{said['code']}", said
            assert said["title"] and said["detail"], said
            assert nothing_personal(response.text)
        return response


def nothing_personal(text: str) -> bool:
    """Tell that none of the planted words is in a text, however JSON writes it."""
    plain = text.encode().decode("unicode_escape", errors="ignore") if "\\u" in text else text
    found = [word for word in PERSONAL if word in text or word in plain]
    assert not found, f"{found} in {text}"
    return True


def refused(response: httpx.Response, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Check a refusal, with exactly these bad fields where they are named, and return it."""
    said: dict[str, Any] = response.json()
    assert (response.status_code, said.get("code")) == (status, code), said
    if fields:
        assert sorted(e["field"] for e in said["errors"]) == sorted(fields), said["errors"]
        assert all(e["message"] for e in said["errors"])
        assert all(f in said["detail"] for f in fields), said["detail"]
    return said


def got(response: httpx.Response, status: int = 200) -> Any:
    """Return the answer's JSON, of the expected status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def every_page(caller: Caller, path: str, *, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Return a list's items by following its cursors."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = got(caller.get(path, limit=limit, **query, **({"cursor": cursor} if cursor else {})))
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items
        assert len(page["items"]) == limit, "only the last page may be short"


def a_need(**changes: Any) -> dict[str, Any]:
    """Return a need as staff send it, with personal words where they belong."""
    body = {
        "title": "厨房水管漏水",
        "text": "刘桂兰家厨房水管漏水,电话13900000001,MARKED-18601",
        "area": "east-1",
        "requires": [{"capability": "plumbing"}],
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


# ── as a process of its own ──────────────────────────────────────────────────────────────────────────────────


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a command of ours: no settings but these, and no colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENLING_")}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200", "RENLING_DATA": str(data), **settings}


def renling(data: Path, *arguments: str, timeout: float = 60, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of ours to its end."""
    return subprocess.run(
        [str(BIN / "renling"), *arguments],
        env=environment(data, **settings),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Here:
    """Runs a command as `renling` would, in this process: for what ends at once, where a start would only cost time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, data: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        with self._monkeypatch.context() as patch:
            patch.setattr("os.environ", environment(data, **settings))
            patch.setattr("sys.argv", ["renling", *arguments])
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        said = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err)


def ok(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def told(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
    """Check that a command failed with one clear message."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert 1 <= len(done.stderr.splitlines()) <= 8, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


@dataclass
class Served:
    """A `renling serve` that runs."""

    process: "subprocess.Popen[str]"
    base: str
    said: str
    data: Path
    log: Path

    @property
    def api_key(self) -> str:
        """The key that `--demo` showed."""
        found = re.search(r"\brl_[\w-]+", self.said)
        assert found, self.said
        return found[0]

    @property
    def java(self) -> int:
        """The embedded server's process."""
        return int(json.loads((self.data / "embedded" / "server.json").read_text())["pid"])

    def wait_until_ready(self, *, within: float = 45) -> None:
        """Wait until the store answers and has its schema: on a busy machine `Serving at` is said before."""
        deadline = time.monotonic() + within
        while httpx.get(f"{self.base}/readyz", timeout=30).status_code != 200:
            assert time.monotonic() < deadline, "it does not get ready"
            time.sleep(0.2)

    def end(self, how: signal.Signals = signal.SIGTERM, *, within: float = 15) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(within)


@contextmanager
def serve(data: Path, *arguments: str, **settings: str) -> Iterator[Served]:
    """Run `renling serve`; it is asked to stop at the end where it still runs."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.{uuid4().hex[:6]}.stderr"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(BIN / "renling"), "serve", *arguments],
            env=environment(data, **settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        said = ""
        while (found := re.search(r"Serving at (\S+)", said)) is None:
            line = process.stdout.readline()
            assert line, f"it ended with {process.wait()}: {said}{log.read_text()}"
            said += line
        yield Served(process, found[1], said, data, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()


def runs(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid: int, *, within: float) -> bool:
    """Wait for a process to end."""
    deadline = time.monotonic() + within
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not runs(pid)
