"""Which characters a text may hold, whichever way it comes in."""

from __future__ import annotations

import unicodedata


def plain_text(text: str) -> str:
    """Return a text of one or more lines as it is.

    Raises
    ------
    ValueError
        It holds a character that is no text.
    """
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise ValueError("holds a character that is no text (a control character or half a surrogate pair)")
    return text


def one_line(text: str) -> str:
    """Return a text that is one line of what can be seen, as it is.

    Raises
    ------
    ValueError
        It holds a line break or a character that is not seen.
    """
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise ValueError("holds a line break, or a character that is not seen")
    return text
