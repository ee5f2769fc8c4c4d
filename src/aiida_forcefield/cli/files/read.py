"""Reading the files of a force field."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.errors import InputError

MEGABYTES = 8
"""Of a force field in the file of another program."""
INCLUDE = re.compile(r"""^[ \t]*include[ \t]+["']?([\w.+-]+)["']?[ \t\r]*(#.*)?$""", re.MULTILINE)
"""A command of LAMMPS that reads a file from the folder of the input file."""


def contents(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Name and text of each file of a force field.

    What an input file of LAMMPS includes from its own folder stands in its place, and the rest of
    the input file after it, with as many empty lines before that its lines keep their numbers.

    Raises:
        InputError: a file cannot be read, or is too large for a force field.
    """
    first, *inputs = files
    head = (first.name, _text(first))
    included: set[Path] = set()
    parts = {path: list(_parts(path, included)) for path in inputs}
    rest = [part for path in inputs if path.resolve() not in included for part in parts[path]]
    return [head, *rest]


def _parts(path: Path, included: set[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of the parts of an input file, and of those that it includes in between.

    The latter are added to a set.
    """
    text, end = _text(path), 0
    for match in INCLUDE.finditer(text):
        other = path.with_name(match[1])
        yield path.name, "\n" * text.count("\n", 0, end) + text[end : match.start()]
        if other.resolve() not in included:  # a second time it would change nothing
            included.add(other.resolve())
            yield other.name, _text(other, f"{path}: {match[0].strip()}: ")
        end = match.end()
    yield path.name, "\n" * text.count("\n", 0, end) + text[end:]


def _text(path: Path, where: str = "") -> str:
    try:
        return read_text(path, MEGABYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{where}{path}: cannot be read: {reason_of(error)}") from None
