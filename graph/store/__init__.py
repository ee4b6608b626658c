"""The store: Cypher lives here and nowhere else."""

from graph.store.errors import (
    Conflict,
    Erased,
    KeyReused,
    LeaseHeld,
    LeaseLost,
    LoginRefused,
    NotFound,
    SchemaMismatch,
    Stale,
    StoreAway,
)
from graph.store.keys import IdempotencyKey
from graph.store.store import Graph, Store

__all__ = [
    "Conflict",
    "Erased",
    "Graph",
    "IdempotencyKey",
    "KeyReused",
    "LeaseHeld",
    "LeaseLost",
    "LoginRefused",
    "NotFound",
    "SchemaMismatch",
    "Stale",
    "Store",
    "StoreAway",
]
