"""The engine: a connection to Neo4j, or to the embedded graph server that it starts itself."""

from graph.engine.engine import Dialect, Engine, connect
from graph.engine.errors import EngineError

__all__ = ["Dialect", "Engine", "EngineError", "connect"]
