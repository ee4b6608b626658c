"""What is wrong with a file, with every place."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidFile(Exception):
    """A file that can't stand; `errors` holds (position, what is wrong) of each."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{place}: {words}" if place else words for place, words in errors))
        self.errors = list(errors)


class Wrong:
    """Collects errors while a file is read, so that all of them can be told at once."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []

    def add(self, place: str, words: str) -> None:
        """Note one."""
        self.errors.append((place, words))

    def check(self) -> None:
        """Raise InvalidFile where there was any."""
        if self.errors:
            raise InvalidFile(self.errors)
