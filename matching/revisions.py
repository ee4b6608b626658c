"""Changes are decided on a revision; a later one refuses them."""

from __future__ import annotations

from graph.store.errors import Stale


def require_rev(present: int, read: int) -> None:
    """Refuse to write over what somebody else has changed since it was read.

    Raises
    ------
    Stale
        Carries the present revision.
    """
    if present != read:
        raise Stale("it was changed since you read it; read it again and decide anew", rev=present)
