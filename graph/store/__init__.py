"""The store: Cypher lives here and nowhere else."""

from graph.store.errors import (
    Conflict,
    KeyReused,
    LeaseHeld,
    LeaseLost,
    LoginRefused,
    NotFound,
    SchemaMismatch,
    StoreAway,
)
from graph.store.keys import IdempotencyKey
from graph.store.store import Graph, Store

__all__ = [
    "Conflict",
    "Graph",
    "IdempotencyKey",
    "KeyReused",
    "LeaseHeld",
    "LeaseLost",
    "LoginRefused",
    "NotFound",
    "SchemaMismatch",
    "Store",
    "StoreAway",
]
