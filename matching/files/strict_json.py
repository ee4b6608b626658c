"""JSON and nothing else: what Python's reader lets pass is found again at its place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from matching.files.wrong import InvalidFile


class NotJson(str):
    """A number that JSON or the format does not have, as it stands in the file; told where it is met."""

    __slots__ = ()


class Repeated(dict[str, Any]):
    """An object in which a key stands twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.keys_twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises
    ------
    OSError
        It can't be read.
    InvalidFile
        It is no UTF-8 without byte order mark.
    """
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidFile([("line 1, column 1", "a byte order mark; save the file as UTF-8 without one")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InvalidFile([(f"line {line}, column {column}", "not UTF-8; save the file as UTF-8")]) from None


def parse(text: str) -> Any:
    """Return what a text holds; `NotJson` and `Repeated` stand for what the format does not have.

    Raises
    ------
    InvalidFile
        It is broken, or nested too deep.
    """
    try:
        try:
            return _load(text, parse_int=None)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer of thousands of digits
            return _load(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise InvalidFile([(f"line {error.lineno}, column {error.colno}", f"no JSON: {error.msg}")]) from None
    except RecursionError:
        raise InvalidFile([("", "nested too deep; nothing in the format is nested more than five deep")]) from None


def _load(text: str, *, parse_int: Any) -> Any:
    return json.loads(text, parse_int=parse_int, parse_float=NotJson, parse_constant=NotJson, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Repeated(pairs)


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) < 30 else NotJson(digits)
