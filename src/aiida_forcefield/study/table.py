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


OF_MATERIAL: dict[str, Callable[[str], Any]] = {
    "name": str,
    "smiles": str,
    "file": str,
    "charge": _plain(int),
    "multiplicity": _plain(int),
}
"""Columns that are keys of a material, and how their text is read."""
OF_PROPERTIES = {"temperature": _plain(float), "pressure": _plain(float)}
"""Those that are keys of each property that has such a key."""
COLUMNS = {**OF_MATERIAL, **OF_PROPERTIES}


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
    first: dict[str, StudyFile] = {}
    for file in files:
        other = first.setdefault(file.title, file)
        if other is not file:
            message = f"{file.title!r} is also the name of the study in {other.place}"
            raise file.error(message, file.study.kind, "name")
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
        try:
            value = COLUMNS[column](cell.strip())
        except ValueError:
            raise StudyError(f"{table}:{line}: {column}: {cell!r} is no number") from None
        places = [content["material"]] if column in OF_MATERIAL else _requests(content, column)
        if not places:
            raise StudyError(f"{table}:{line}: {column}: the template has no such place")
        for place in places:
            place[column] = value
    return check_study(table, content, {(): line}, protocol)


def _requests(content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """What a template asks of those properties that have this key."""
    from aiida_forcefield.properties import property_names, property_of

    entries = content.get("properties")
    return [
        request
        for entry in (entries if isinstance(entries, list) else [])
        for name, request in (entry.items() if isinstance(entry, dict) else [])
        if name in property_names() and key in property_of(name).schema.model_fields
        if isinstance(request, dict)
    ]
