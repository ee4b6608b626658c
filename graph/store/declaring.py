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


def declare(engine: Engine) -> None:
    """Make every constraint and index that is not there yet."""
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
