"""A problem from a file, or from a folder of tables."""

from __future__ import annotations

from pathlib import Path

from matching.files.building import build, from_columns
from matching.files.declaration import REQUIRED_TABLES
from matching.files.rows import columns_of
from matching.files.strict_json import parse, read_text
from matching.files.wrong import Wrong
from matching.problem import Problem


def read_problem(path: Path) -> Problem:
    """Read `renling-problem/1`: a JSON file, or a folder with three Parquet tables and `problem.json`.

    Raises
    ------
    OSError
        The file, or one of the folder, is missing or can't be read.
    InvalidFile
        It can't stand; holds every error with its position.
    """
    return _read_folder(path) if path.is_dir() else parse_problem(read_text(path))


def parse_problem(text: str) -> Problem:
    """Return the problem that a JSON text holds.

    Raises
    ------
    InvalidFile
        It can't stand; holds every error with its position.
    """
    wrong = Wrong()
    tables, numbers = columns_of(parse(text), wrong)
    if not tables:
        wrong.check()
    return build(from_columns(tables, wrong), tables, numbers, wrong)


def _read_folder(folder: Path) -> Problem:
    from matching.files.parquet import read_tables  # its import takes longer than reading many a JSON file

    for name in REQUIRED_TABLES:
        (folder / f"{name}.parquet").stat()
    wrong = Wrong()
    tables, numbers = columns_of(parse(read_text(folder / "problem.json")), wrong, tables_apart=True)
    main = read_tables(folder, wrong)
    if not tables:
        wrong.check()
    return build(main, tables, numbers, wrong)
