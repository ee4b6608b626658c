"""What the store can refuse. Each class has a stable `code`; the API turns it into problem JSON."""

from __future__ import annotations

from graph.model.refusals import Refusal


class NotFound(Refusal):
    """It does not exist, or lies outside the scope (the caller can't tell which)."""

    code = "not_found"


class Conflict(Refusal):
    """Two writers kept meeting at the same place, and this one gave up."""

    code = "conflict"


class Unsettled(Exception):
    """What this transaction has written can't be read back: another one is just committing the same.

    Seen on the embedded store only, which checks at commit instead of locking. The transaction is run again.
    """


class Erased(Refusal):
    """The person's key was destroyed: what was personal can't be read or written any more."""

    code = "erased"


class Stale(Refusal):
    """It was changed since it was read; `rev` is its present one."""

    code = "stale"


class KeyReused(Refusal):
    """An idempotency key came a second time with another request."""

    code = "key_reused"


class StoreAway(Refusal):
    """The store does not answer."""

    code = "store_away"


class LoginRefused(StoreAway):
    """The store is there and refuses our user or password."""

    code = "store_login_refused"


class SchemaMismatch(Refusal):
    """The store holds another version of the schema than this program knows."""

    code = "schema_mismatch"


class LeaseHeld(Refusal):
    """Somebody else is at it."""

    code = "lease_held"


class LeaseLost(Refusal):
    """Somebody else took over while we were at it; nothing more was written by us."""

    code = "lease_lost"
