"""Needs, resources and candidates from Parquet, column by column, with no step a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.files.building import MainTables
from matching.files.declaration import REQUIRED, REQUIRED_TABLES, TABLES, Field, Kind
from matching.files.wrong import Wrong
from matching.problem import LARGEST, Bools, Ints, Windows

_NOTHING = np.zeros(0, dtype=np.int64)


def read_tables(folder: Path, wrong: Wrong) -> MainTables:
    """Return the tables of a folder; what is wrong is told.

    Raises
    ------
    OSError
        One of the files is missing or can't be read.
    InvalidFile
        One is no Parquet.
    """
    opened = {name: _opened(folder / f"{name}.parquet", wrong) for name in REQUIRED_TABLES}
    if None in opened.values():
        wrong.check()
    tables = {name: _Table(name, table, wrong) for name, table in opened.items()}
    needs, resources, candidates = tables["needs"].columns(), tables["resources"].columns(), tables["candidates"]
    return MainTables(
        need_ids=needs["id"].to_pylist(),
        need_quantity=needs["quantity"],
        need_value=needs["value"],
        need_whole=needs["whole"],
        need_required=needs["required"],
        need_duration=needs["duration"],
        need_windows=needs["windows"],
        resource_ids=resources["id"].to_pylist(),
        resource_capacity=resources["capacity"],
        resource_windows=resources["windows"],
        resource_load=resources["load"],
        need=candidates.rows("need", needs["id"]),
        resource=candidates.rows("resource", resources["id"]),
        **{name: candidates.column(name) for name in ("value", "use", "limit")},
    )


def _opened(path: Path, wrong: Wrong) -> Any:
    """Return a file's table; None, told, where it is none."""
    with path.open("rb") as stream:  # a missing file is told as such, not as a broken table
        try:
            return pq.ParquetFile(stream).read()
        except (pa.ArrowException, OSError, ValueError) as error:
            wrong.add(path.name, f"no Parquet that can be read: {str(error).splitlines()[0]}")
            return None


class _Table:
    """One table, as far as it is what the format declares."""

    def __init__(self, name: str, table: Any, wrong: Wrong) -> None:
        self._name, self._table, self._wrong = name, table, wrong
        self._fields = {field.name: field for field in TABLES[name]}
        names = self._table.column_names
        for column in sorted({column for column in names if names.count(column) > 1}):
            wrong.add(f"{name}.{column}", "there are two columns of this name")
        for column in names:
            if column not in self._fields:
                wrong.add(f"{name}.{column}", "there is no such field")

    def columns(self) -> dict[str, Any]:
        """Return every column."""
        return {name: self.column(name) for name in self._fields}

    def column(self, name: str) -> Any:
        """Return one: an array of numbers or answers, windows, or texts as Arrow has them."""
        field = self._fields[name]
        if name not in self._table.column_names:
            if field.default is REQUIRED:
                self._wrong.add(f"{self._name}.{name}", "this column is missing")
            chunk = pa.nulls(len(self._table), _TYPES[field.kind])
        else:
            chunk = self._table.column(self._table.column_names.index(name)).combine_chunks()
        if isinstance(chunk, pa.ChunkedArray):
            chunk = pa.concat_arrays(chunk.chunks) if chunk.num_chunks else pa.nulls(0, chunk.type)
        if pa.types.is_dictionary(chunk.type):
            chunk = chunk.dictionary_decode()
        if not _is(field.kind, chunk.type):
            self._wrong.add(f"{self._name}.{name}", f"{_WORDS[field.kind]} is wanted, this is {chunk.type}")
            chunk = pa.nulls(len(self._table), _TYPES[field.kind])
        elif field.default is REQUIRED and chunk.null_count:
            for row in np.flatnonzero(chunk.is_null().to_numpy(zero_copy_only=False)).tolist():
                self._wrong.add(f"{self._name}[{row}].{name}", "is missing")
        if field.kind is Kind.WINDOWS:
            return self._windows(name, chunk)
        if field.kind is Kind.ID:
            return self._texts(name, chunk)
        return self._numbers(field, chunk)

    def rows(self, name: str, ids: Any) -> Ints:
        """Return the rows of another table that a column's ids name; −1, told, where one names nothing."""
        texts = self.column(name)
        found = pc.index_in(texts, value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        there = texts.is_valid().to_numpy(zero_copy_only=False)
        for row in np.flatnonzero((found < 0) & there).tolist():
            self._wrong.add(f"{self._name}[{row}].{name}", f"no {name} has this id")
        found[~there] = -1
        return np.asarray(found, dtype=np.int64)

    def _texts(self, name: str, chunk: Any) -> Any:
        texts = chunk.cast(pa.large_string())
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid:  # no text of Arrow's own says where
            for row, text in enumerate(texts.cast(pa.large_binary()).to_pylist()):
                if text is not None and not _is_utf8(text):
                    self._wrong.add(f"{self._name}[{row}].{name}", "not UTF-8; an id is valid Unicode")
            return pa.nulls(len(texts), pa.large_string())
        for row in np.flatnonzero(pc.equal(texts, "").fill_null(False).to_numpy(zero_copy_only=False)).tolist():
            self._wrong.add(f"{self._name}[{row}].{name}", "empty")
        return texts

    def _numbers(self, field: Field, chunk: Any) -> Any:
        if field.kind is Kind.BOOLEAN:
            return chunk.cast(pa.bool_()).fill_null(bool(field.default)).to_numpy(zero_copy_only=False)
        default = field.default if isinstance(field.default, int) else LARGEST if field.minimum == 0 else 0
        beyond = _beyond(chunk)
        for row in np.flatnonzero(beyond).tolist():
            self._wrong.add(f"{self._name}[{row}].{field.name}", "beyond 64 bits")
        if beyond.any():
            return np.zeros(len(chunk), dtype=np.int64)
        numbers = chunk.cast(pa.int64()).fill_null(default).to_numpy(zero_copy_only=False)
        if field.minimum is not None:
            for row in np.flatnonzero(numbers < field.minimum).tolist():
                self._wrong.add(f"{self._name}[{row}].{field.name}", f"{int(numbers[row])} is below {field.minimum}")
        return numbers

    def _windows(self, name: str, chunk: Any) -> Windows:
        lists = chunk.cast(pa.large_list(pa.large_list(_inner(chunk.type))))
        counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        pairs = lists.flatten()
        lengths = pc.list_value_length(pairs).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        bounds = pairs.flatten()
        always = lists.is_null().to_numpy(zero_copy_only=False)
        of_bound = np.repeat(np.arange(len(lengths)), lengths)
        no_pair = lengths != 2
        no_pair[of_bound[bounds.is_null().to_numpy(zero_copy_only=False)]] = True
        beyond = np.unique(of_bound[_beyond(bounds)])
        self._tell_windows(name, first, np.flatnonzero(no_pair), "[start, end] is wanted")
        self._tell_windows(name, first, beyond, "beyond 64 bits")
        if no_pair.any() or len(beyond):
            return Windows(np.zeros(len(counts) + 1, dtype=np.int64), _NOTHING, _NOTHING, always)
        start, end = bounds.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64).reshape(-1, 2).T
        self._tell_windows(name, first, np.flatnonzero(start < 0), "starts before 0")
        self._tell_windows(
            name, first, np.flatnonzero((start >= 0) & (end <= start)), "ends before it starts, or with it"
        )
        return Windows(first, np.ascontiguousarray(start), np.ascontiguousarray(end), always)

    def _tell_windows(self, name: str, first: Ints, windows: Ints, words: str) -> None:
        for window, owner in zip(
            windows.tolist(), (np.searchsorted(first, windows, "right") - 1).tolist(), strict=True
        ):
            self._wrong.add(f"{self._name}[{owner}].{name}[{window - int(first[owner])}]", words)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _beyond(numbers: Any) -> Bools:
    """Return which numbers of an array have no place in 64 bits with a sign."""
    if numbers.type != pa.uint64():
        return np.zeros(len(numbers), dtype=bool)
    beyond: Bools = pc.greater(numbers, pa.scalar(LARGEST, pa.uint64())).fill_null(False).to_numpy(zero_copy_only=False)
    return beyond


def _inner(windows: Any) -> Any:
    """Return the type of the bounds of windows; one where there are none."""
    for _ in range(2):
        if pa.types.is_null(windows):
            return pa.int64()
        windows = windows.value_type
    return pa.int64() if pa.types.is_null(windows) else windows


_TYPES = {
    Kind.ID: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.WINDOWS: pa.list_(pa.list_(pa.int64())),
}
_WORDS = {
    Kind.ID: "text",
    Kind.INTEGER: "a whole number",
    Kind.BOOLEAN: "true or false",
    Kind.WINDOWS: "list<list<int64>>",
}


def _is(kind: Kind, found: Any) -> bool:
    if pa.types.is_null(found):
        return True
    if kind is Kind.ID:
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found))
    if kind is Kind.INTEGER:
        return bool(pa.types.is_integer(found))
    if kind is Kind.BOOLEAN:
        return bool(pa.types.is_boolean(found))
    for _ in range(2):  # a list of lists; where all are empty, the inner type may be missing
        if pa.types.is_null(found):
            return True
        if not (pa.types.is_list(found) or pa.types.is_large_list(found)):
            return False
        found = found.value_type
    return bool(pa.types.is_integer(found) or pa.types.is_null(found))
