"""Reading the files of a force field."""

from collections.abc import Sequence
from pathlib import Path

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.errors import InputError

MEGABYTES = 8
"""Of a force field in the file of another program."""


def contents(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Name and text of each file of a force field.

    Raises:
        InputError: a file cannot be read, or is too large for a force field.
    """
    found = []
    for path in files:
        try:
            found.append((path.name, read_text(path, MEGABYTES)))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read: {reason_of(error)}") from None
    return found
