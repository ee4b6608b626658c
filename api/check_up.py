"""What `renling doctor` looks at: each check says what it found, and where something is wrong, what mends it."""

from __future__ import annotations

import contextlib
import errno
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from api.open_store import engine_of
from api.settings import Settings
from graph import schema
from graph.engine import EngineError
from graph.engine.arcadedb import find_java
from graph.master_key import FILE, load_keys
from graph.model.actors import EVERYTHING
from graph.model.times import Clock, city_date
from graph.sealing import KEY_BYTES, KeyProblem, MasterKeys
from graph.store import LoginRefused, Store, StoreAway

LOW_ON_DISK = 1 << 30  # bytes
CLOCKS_APART = timedelta(seconds=5)
_NO_KEYS = MasterKeys(bytes(KEY_BYTES))  # for looking at a store whose own keys are not there

Progress = Callable[[str, int, int], None]
_NEEDED = ("data folder", "java", "store", "schema")  # the findings without which the graph can't be looked through


class State(StrEnum):
    """How something was found."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and how it was found.

    Parameters
    ----------
    mend
        The one command, or the one thing to do, that mends it; None where nothing is wrong.
    """

    name: str
    state: State
    words: str
    mend: str | None = None


def _good(name: str, words: str) -> Finding:
    return Finding(name, State.GOOD, words)


def _note(name: str, words: str, mend: str | None = None) -> Finding:
    return Finding(name, State.NOTE, words, mend)


def _wrong(name: str, words: str, mend: str) -> Finding:
    return Finding(name, State.WRONG, words, mend)


def check_up(settings: Settings, *, clock: Clock) -> list[Finding]:
    """Look at the whole set-up; it is changed in nothing, and a store that was never made is not made."""
    embedded = settings.store == "embedded"
    masters, about_keys = _master_key(settings)
    needed = [_data_folder(settings.data), *([_java()] if embedded else [])]
    found = [*needed, *_disk(settings.data), about_keys, _port(settings)]
    if any(one.state is State.WRONG for one in needed):
        return found
    if embedded and not (settings.data / "embedded").exists():
        return [*found, _note("store", "none yet", "renling seed tongchuan")]
    return [*found, *_store(settings, masters, clock)]


def check_graph(settings: Settings, before: Sequence[Finding], progress: Progress) -> list[Finding]:
    """Recount and look through the whole graph; a finding for each thing that does not hold.

    Parameters
    ----------
    before
        What `check_up` has found. The graph is looked through wherever it has reached a store of this version, whatever
        else is wrong; elsewhere the finding says what was in the way.
    """
    in_the_way = next((one for one in before if one.name in _NEEDED and one.state is not State.GOOD), None)
    if in_the_way is not None:
        return [_note("graph", f"not looked through, for the {in_the_way.name}: {in_the_way.words}", in_the_way.mend)]
    try:
        with _opened(settings, _NO_KEYS) as (store, _):
            broken = store.patient(60).read(lambda graph: graph.invariants.broken(progress), scope=EVERYTHING)
    except (StoreAway, EngineError) as error:
        return [_wrong("graph", f"not looked through to the end: {error}", "renling doctor --graph (once more)")]
    mend = "restore the last backup, or report it: no command of ours breaks this"
    return [_wrong("graph", words, mend) for words in broken] or [_good("graph", "every count agrees")]


# ── without the store ────────────────────────────────────────────────────────────────────────────────────────


def _data_folder(data: Path) -> Finding:
    folder = data.resolve()
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return _wrong("data folder", f"{there} is no folder", "export RENLING_DATA=… (a folder that can be written)")
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError:
        return _wrong("data folder", f"{there} can't be written", f"chown -R $(id -un) {there}")
    return _good("data folder", f"{folder}" if folder == there else f"{folder}, made at the first start")


def _disk(data: Path) -> Iterator[Finding]:
    there = data.resolve()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    words = f"{free / (1 << 30):.1f} GiB free"
    if free < LOW_ON_DISK:
        yield _wrong(
            "disk", f"only {words}; a full disk stops the store", f"df -h {there} (then make room, or move it)"
        )
    else:
        yield _good("disk", words)


def _master_key(settings: Settings) -> tuple[MasterKeys | None, Finding]:
    """Return the keys, None where they were not made yet, and what is to be said of them."""
    configured = settings.master_key.get_secret_value() if settings.master_key else None
    where = "RENLING_MASTER_KEY" if configured is not None else str(settings.data.resolve() / FILE)
    try:
        if configured is None and not (settings.data / FILE).exists():
            return None, _note("master key", "none yet; made at the first start")
        keys = load_keys(settings.data, configured)
        if keys.older:
            # Also the sign of a rotation that was stopped: until it ends, what the old key wrapped is not safe from it.
            mend = "renling key rotate" + ("" if configured is None else " (then leave out all but the first key)")
            return keys, _note("master key", f"from {where}, where an older one is still beside it", mend)
        return keys, _good("master key", f"from {where}")
    except KeyProblem as problem:
        made = "export RENLING_MASTER_KEY=$(head -c 32 /dev/urandom | base64)"
        mend = f"put the key back as it was made; of a store without people: {made}"
        return _NO_KEYS, _wrong("master key", f"{where}: {problem}", mend)
    except (OSError, ValueError):
        return _NO_KEYS, _wrong("master key", f"{where} can't be read", f"chown $(id -un) {where}")


def _java() -> Finding:
    try:
        return _good("java", str(find_java()))
    except EngineError as error:
        return _wrong("java", str(error), "make clean env")


def _port(settings: Settings) -> Finding:
    where = f"{settings.host} port {settings.port or '0 (any)'}"
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            return _good("port", f"{where} is free")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return _wrong("port", f"{where}: {error.strerror or error}", "renling serve --host 127.0.0.1")
    if _is_ours(settings):
        return _good("port", f"{where}: a `renling serve` answers there")
    if "port" not in settings.model_fields_set:
        return _note("port", f"{where} is another program's; `renling serve` takes a free one")
    return _wrong("port", f"{where} is another program's", "renling serve --port 0")


def _is_ours(settings: Settings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=2) as answer:
            return bool(answer.read() == b'{"status":"ok"}')
    except (OSError, urllib.error.URLError, ValueError):
        return False


# ── with the store ───────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _opened(settings: Settings, masters: MasterKeys) -> Iterator[tuple[Store, str]]:
    with engine_of(settings, reply_within=10) as engine:
        yield Store(engine, masters, patience=3), f"{engine.dialect} at {engine.address}"


def _store(settings: Settings, masters: MasterKeys | None, clock: Clock) -> Iterator[Finding]:
    try:
        with _opened(settings, masters or _NO_KEYS) as (store, where):
            store.ping()
            yield _good("store", where)
            version = _schema(store)
            yield version
            if version.state is not State.GOOD:
                return
            yield from _keys_fit(settings, store, masters)
            yield _clocks(store, clock)
            yield from _leases(store, clock)
            yield from _content(store, clock)
    except LoginRefused as error:
        yield _wrong("store", error.detail, "export RENLING_STORE_USER=… RENLING_STORE_PASSWORD=…")
    except StoreAway:
        words, mend = f"{settings.store} does not answer", "start it there, or export RENLING_STORE=… to where it is"
        if settings.store == "embedded":
            words = "the embedded store runs and does not answer"
            mend = f"kill $(grep -Po '\"pid\": \\K\\d+' {settings.data.resolve()}/embedded/server.json)"
        yield _wrong("store", words, mend)
    except EngineError as error:
        yield _wrong(
            "store", str(error), "export RENLING_STORE=embedded, or neo4j://host:7687 with its user and password"
        )


def _schema(store: Store) -> Finding:
    version = store.version()
    if version is None:
        return _note("schema", "none yet; the store is empty", "renling seed tongchuan")
    if version < schema.VERSION:
        return _wrong("schema", f"version {version}; this program needs {schema.VERSION}", "renling migrate")
    if version > schema.VERSION:
        words = f"version {version}, of a newer program; this one knows {schema.VERSION}"
        return _wrong("schema", words, "git pull && make env (or use the program that wrote it)")
    return _good("schema", f"version {version}")


def _keys_fit(settings: Settings, store: Store, masters: MasterKeys | None) -> Iterator[Finding]:
    wrapped = store.read(lambda graph: graph.upkeep.masters(), scope=EVERYTHING)
    lost = sum(keys for name, keys in wrapped.items() if masters is None or name not in masters.names)
    if lost and masters is not _NO_KEYS:
        file = settings.data.resolve() / FILE
        what = "is missing" if masters is None else "is another one"
        mend = f"cp BACKUP/{FILE} {file}" if settings.master_key is None else "export RENLING_MASTER_KEY=… as it was"
        yield _wrong("master key", f"it {what}: {lost} people's keys in this store don't open", mend)


def _clocks(store: Store, clock: Clock) -> Finding:
    before = clock.now()
    theirs = store.read(lambda graph: graph.upkeep.now(), scope=EVERYTHING)
    apart = max(before - theirs, theirs - clock.now(), timedelta(0))
    if apart > CLOCKS_APART:
        words = f"the store's clock and ours are {apart.total_seconds():.0f} s apart"
        return _wrong("clock", words, "timedatectl set-ntp true (on both machines)")
    return _good("clock", "as the store's")


def _leases(store: Store, clock: Clock) -> Iterator[Finding]:
    for lease in store.read(lambda graph: graph.upkeep.leases(), scope=EVERYTHING):
        until = f"{lease.until:%Y-%m-%d %H:%M:%S} UTC"
        if lease.until > clock.now():
            yield _note("lease", f"{lease.name} is held by {lease.holder} until {until}; others wait for it")
        else:
            words = f"{lease.name} was left behind by {lease.holder} at {until}; the next run takes it over"
            yield _note("lease", words, f"renling {lease.name}")


def _content(store: Store, clock: Clock) -> Iterator[Finding]:
    over = store.read(lambda graph: graph.upkeep.kept_too_long(city_date(clock.now())), scope=EVERYTHING)
    if over:
        words = f"{over} people are past the last day on which they are to be kept"
        yield _note(
            "retention", words, "GET /people?time_over=true lists them for their staff, to be erased or kept on"
        )
    cities = store.read(lambda graph: graph.areas.children(None, limit=2), scope=EVERYTHING)
    if not cities:
        yield _wrong("city", "none is loaded", "renling seed tongchuan")
        return
    yield _good("city", ", ".join(city.name for city in cities))
    make = f"renling key create --name me --role city --area {cities[0].code or cities[0].id}"
    keys = store.read(lambda graph: graph.api_keys.all(), scope=EVERYTHING)
    valid = [k for k in keys if not k.revoked and k.expires > clock.now()]
    if not keys:
        yield _wrong("API keys", "none yet", make)
    elif not valid:
        yield _wrong("API keys", f"all {len(keys)} have expired or were revoked", make)
    else:
        yield _good("API keys", f"{len(valid)} valid")
