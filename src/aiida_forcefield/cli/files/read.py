"""Reading the files of a force field."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida_forcefield.potentials import ForceField
    from aiida_forcefield.topology import System

MEGABYTES = 8
"""Of a force field in the file of another program."""

Texts = Sequence[tuple[str, str]]
"""Name and text of each file: one of OpenMM, or a data file of LAMMPS and its input files."""

ALLOWED = "allowed: an OpenMM force field (.xml), or a LAMMPS data file and then its input files"
INCLUDE = re.compile(r"""^[ \t]*include[ \t]+["']?([\w.+-]+)["']?[ \t]*(#.*)?$""", re.MULTILINE)


def contents(files: Sequence[Path]) -> Texts:
    """Name and text of each file of a force field.

    What an input file of LAMMPS includes from its own folder follows it where it is included, and
    the rest of the input file after that.

    Raises:
        InputError: a file cannot be read, is too large for a force field, or is not of its program;
            or one is missing.
    """
    first, *rest = files
    text = _text(first)
    if first.suffix == ".xml":
        if rest:
            raise InputError(f"{rest[0]}: one file too many beside {first}; {ALLOWED}")
        return [(first.name, text)]
    if not re.search(r"^\s*Atoms\b", text, re.MULTILINE):
        raise InputError(f"{first}: no LAMMPS data file, as it has no section Atoms; {ALLOWED}")
    if not rest:
        raise InputError(f"{first}: its input files are missing; {ALLOWED}")
    included: set[Path] = set()
    parts = {path: list(_parts(path, included)) for path in rest}
    own = [part for path in rest if path.resolve() not in included for part in parts[path]]
    return [(first.name, text), *own]


def read_field(texts: Texts, system: "System") -> "ForceField":
    """The force field of a system in files of another program.

    Raises:
        InputError: something that our forms cannot say, and in which file.
    """
    from aiida_forcefield.potentials import read_files

    try:
        return read_files(texts, system)
    except ValueError as error:
        (first, _), *rest = texts
        message = str(error).removeprefix(f"{first}: ")
        if not rest or message == str(error):
            raise InputError(str(error)) from None
        names = dict.fromkeys(_files_of(message, texts))
        raise InputError(f"{', '.join(names)}: {message}") from None


def _files_of(message: str, texts: Texts) -> list[str]:
    """Names of the files with a line of all the words that a message about LAMMPS begins with.

    What is missing concerns all input files; and what cannot be placed, all files.
    """
    words = set(re.split("[:;]", message)[0].split())
    found = [name for name, text in texts if any(words <= {*x.split()} for x in text.splitlines())]
    missing = re.search("is missing|no input file", message)
    return found or [name for name, _ in texts[1 if missing else 0 :]]


def _parts(path: Path, included: set[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of the parts of an input file, and of those that it includes in between.

    The latter are added to a set.
    """
    text, end = _text(path), 0
    for match in INCLUDE.finditer(text):
        other = path.with_name(match[1])
        yield path.name, text[end : match.start()]
        if other.resolve() not in included:  # a second time it would change nothing
            included.add(other.resolve())
            yield other.name, _text(other, f"{path}: {match[0].strip()}: ")
        end = match.end()
    yield path.name, text[end:]


def _text(path: Path, where: str = "") -> str:
    try:
        return read_text(path, MEGABYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{where}{path}: cannot be read: {reason_of(error)}") from None
