"""Public cards of needs and resources: what of them everybody may read."""

from __future__ import annotations

from collections.abc import Iterable


def card_text(title: str, *more: Iterable[str | None] | str | None) -> str:
    """Return what a public card is searched by: its title, its capabilities' names, its grid's name."""
    words = [title]
    for part in more:
        words.extend([part] if isinstance(part, str) else [word for word in part or () if word])
    return " ".join(words)[:400]
