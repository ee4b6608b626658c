"""Makes the constraints and indexes that the schema declares; a second time changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from graph import schema
from graph.engine import Engine
from graph.engine.engine import Dialect
from graph.properties import Instant, Integer, Secret, Text

# Both analyse Chinese by pairs of characters, so that the same words find the same cards on both stores.
_NEO4J = """
CREATE FULLTEXT INDEX {index} IF NOT EXISTS FOR (n:{label}) ON EACH [n.{property}]
OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'cjk', `fulltext.eventually_consistent`: false}}}}"""
_EMBEDDED = (
    "CREATE VERTEX TYPE {label} IF NOT EXISTS",
    "CREATE PROPERTY {label}.{property} IF NOT EXISTS STRING",
    "CREATE INDEX {index} IF NOT EXISTS ON {label} ({property}) FULL_TEXT "
    'METADATA {{"analyzer": "org.apache.lucene.analysis.cjk.CJKAnalyzer"}}',
)
# The embedded store takes what is indexed for text unless it is told beforehand, and then reads every node where a
# number is compared. An index made before it was told is made anew.
_DECLARED = "SELECT FROM schema:types WHERE name = '{label}' AND properties.name CONTAINS '{property}'"
_NUMBER = (
    "CREATE VERTEX TYPE {label} IF NOT EXISTS",
    "DROP INDEX {index} IF EXISTS",
    "CREATE PROPERTY {label}.{property} IF NOT EXISTS LONG",
)


def declare(engine: Engine) -> None:
    """Make every constraint and index that is not there yet."""
    if engine.dialect is Dialect.EMBEDDED:
        for label, name in numbers():
            _declare_number(engine, label, name)
    with engine.driver.session(database=engine.database) as session:
        for statement in ddl():
            session.run(statement).consume()
        for index, label, name in _fulltext():
            words = {"index": index, "label": label, "property": name}
            if engine.dialect is Dialect.NEO4J:
                session.run(_NEO4J.format(**words)).consume()
            else:
                for command in _EMBEDDED:
                    engine.sql(command.format(**words))
        if engine.dialect is Dialect.NEO4J:
            session.run("CALL db.awaitIndexes(300)").consume()


def _declare_number(engine: Engine, label: str, name: str) -> None:
    words = {"label": label, "property": name, "index": f"{label.lower()}_{name}"}
    if not engine.sql(_DECLARED.format(**words)):
        for command in _NUMBER:
            engine.sql(command.format(**words))


def ddl() -> list[str]:
    """Return the statements that make the constraints and indexes; each is safe to run again."""
    statements = []
    for node in schema.NODES:
        for name, rule in node.properties.items():
            at = f"{node.label.lower()}_{name}"
            if rule.key or rule.unique:
                statements.append(
                    f"CREATE CONSTRAINT {at} IF NOT EXISTS FOR (n:{node.label}) REQUIRE n.{name} IS UNIQUE"
                )
            elif rule.index:
                statements.append(f"CREATE INDEX {at} IF NOT EXISTS FOR (n:{node.label}) ON (n.{name})")
            elif rule.paged:
                both = f"n.{name}, n.{node.key}"
                statements.append(f"CREATE INDEX {at}_{node.key} IF NOT EXISTS FOR (n:{node.label}) ON ({both})")
            elif isinstance(rule, Secret) and rule.search:
                statements.append(f"CREATE INDEX {at}_hash IF NOT EXISTS FOR (n:{node.label}) ON (n.{name}_hash)")
    return statements


def numbers() -> Iterator[tuple[str, str]]:
    """Yield (label, property) of each number with an index: a store may want to know beforehand that it is one."""
    for node in schema.NODES:
        for name, rule in node.properties.items():
            if isinstance(rule, Instant | Integer) and (rule.index or rule.paged):
                yield node.label, name


def digest() -> str:
    """Return a name of all that `ddl`, `numbers` and `_fulltext` declare: the same name, nothing to be made."""
    everything = "\n".join([*ddl(), *map(str, numbers()), *map(str, _fulltext())])
    return hashlib.sha256(everything.encode()).hexdigest()[:16]


def _fulltext() -> Iterator[tuple[str, str, str]]:
    """Yield (index, label, property) of each full-text index; how one is made differs between the stores."""
    for node in schema.NODES:
        for name, rule in node.properties.items():
            if isinstance(rule, Text) and rule.fulltext:
                yield rule.fulltext, node.label, name
