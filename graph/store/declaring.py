"""Makes the constraints and indexes that the schema declares; a second time changes nothing."""

from __future__ import annotations

from graph import schema
from graph.engine import Engine
from graph.engine.engine import Dialect

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
        for label, name in schema.numbers():
            _declare_number(engine, label, name)
    with engine.driver.session(database=engine.database) as session:
        for statement in schema.ddl():
            session.run(statement).consume()
        for index, label, name in schema.fulltext():
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
