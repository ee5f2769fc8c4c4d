"""Several studies at once: from several files, or from a template and a table of molecules."""

import copy
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.file import (
    StudyError,
    StudyFile,
    check_study,
    load_study,
    read_content,
)


def _plain(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of numbers that does not take 1_0 for 10, as those of Python do."""

    def plain(text: str) -> Any:
        if "_" in text:
            raise ValueError(text)
        return read(text)

    return plain


COLUMNS: dict[str, tuple[tuple[str | int, ...], Callable[[str], Any]]] = {
    "name": (("material", "name"), str),
    "smiles": (("material", "smiles"), str),
    "file": (("material", "file"), str),
    "charge": (("material", "charge"), _plain(int)),
    "multiplicity": (("material", "multiplicity"), _plain(int)),
    "temperature": (("properties", 0, "density", "temperature"), _plain(float)),
    "pressure": (("properties", 0, "density", "pressure"), _plain(float)),
}
"""Columns of a table: the place of each in a study, and how its text is read."""


def load_studies(
    paths: Sequence[Path], table: Path | None, protocol: str | None
) -> list[StudyFile]:
    """All studies, in the order in which they were given.

    Raises:
        StudyError: one line on each mistake in any of them; two have the same name.
    """
    if table is None:
        files = [load_study(path, protocol) for path in paths]
    elif len(paths) == 1:
        files = list(_rows(paths[0], table, protocol))
    else:
        raise StudyError("--table: give one study, the template of all rows")
    names = [file.study.material.name for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StudyError(f"material.name: given to several studies: {', '.join(twice)}")
    return files


def _rows(template: Path, table: Path, protocol: str | None) -> Iterator[StudyFile]:
    content, _ = read_content(template)
    content["material"] = {}
    try:
        text = read_text(table)
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{table}: cannot be read: {reason_of(error)}") from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header = reader.fieldnames or []
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise StudyError(f"{table}: no table in CSV: {error}") from None
    for column in header:
        if column not in COLUMNS:
            raise StudyError(
                f"{table}:1: column {column!r} is unknown; allowed: {', '.join(COLUMNS)}"
            )
        if header.count(column) > 1:
            raise StudyError(f"{table}:1: column {column!r} is there twice")
    if "name" not in header or not rows:
        raise StudyError(f"{table}:1: a table has a column name, and a row for each molecule")
    errors, files = [], []
    for line, row in rows:
        try:
            files.append(_study(copy.deepcopy(content), table, line, row, protocol))
        except StudyError as error:
            errors.append(error.message)
    if errors:
        raise StudyError("\n".join(errors))
    yield from files


def _study(
    content: dict[str, Any], table: Path, line: int, row: dict[str, Any], protocol: str | None
) -> StudyFile:
    """The study of a row; a cell that is empty leaves what the template says."""
    if None in row or None in row.values():
        raise StudyError(f"{table}:{line}: the row has not as many cells as the first")
    for column, cell in row.items():
        if not cell.strip():
            continue
        keys, read = COLUMNS[column]
        try:
            _place(content, keys, read(cell.strip()))
        except ValueError:
            raise StudyError(f"{table}:{line}: {column}: {cell!r} is no number") from None
        except (KeyError, IndexError, TypeError):
            raise StudyError(f"{table}:{line}: {column}: the template has no such place") from None
    return check_study(table, content, {(): line}, protocol)


def _place(content: Any, keys: Sequence[str | int], value: Any) -> None:
    for key in keys[:-1]:
        content = content[key]
    content[keys[-1]] = value
