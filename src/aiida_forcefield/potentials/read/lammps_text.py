"""The text of LAMMPS files as words: commands of a script, sections of a data file."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiida_forcefield.potentials.read.places import PlacedError, at

Words = Sequence[str]


@dataclass(frozen=True)
class Row:
    """The words of a line, and where it stands, such as ``"in.lammps, line 3"``."""

    words: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        text = " ".join(self.words)
        return text if len(text) <= 80 else f"{text[:77]}..."


@dataclass(frozen=True)
class Script:
    """Commands of a script."""

    commands: tuple[Row, ...]

    def of(self, name: str) -> Iterator[Row]:
        """The arguments of each command of a name."""
        return (Row(row.words[1:], row.place) for row in self.commands if row.words[0] == name)

    def last(self, name: str) -> Row:
        """The arguments of the last command of a name; none without one."""
        return next(reversed(list(self.of(name))), Row((), "input"))


@dataclass(frozen=True)
class Data:
    """A data file.

    Attributes:
        title: its first line.
        sections: rows of each section, without comments.
        styles: first word of the comment behind the title of each section, "" without one: the
            style of its rows.
    """

    title: str
    sections: dict[str, list[Row]]
    styles: dict[str, str]


def parse_script(name: str, text: str) -> Iterator[Row]:
    """The commands of a script; comments go, and lines that end with ``&`` are joined.

    Raises:
        PlacedError: a quotation does not end.
    """
    number = 1
    for line in re.sub(r"&[ \t\r]*\n", "\0", text).split("\n"):
        place = f"{name}, line {number}"
        number += 1 + line.count("\0")
        with at(place):
            words = _split(line.replace("\0", ""))
        if words:
            yield Row(words, place)


def _split(line: str) -> tuple[str, ...]:
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.escape = ""  # LAMMPS knows none
    try:
        return tuple(lexer)
    except ValueError:
        raise ValueError("a quotation does not end in this line") from None


def parse_data(name: str, text: str) -> Data:
    """The rows of each section of a data file.

    A line that begins with a letter and has no digit is the title of a section.

    Raises:
        PlacedError: a section is there twice.
    """
    first, *lines = text.split("\n")
    sections: dict[str, list[Row]] = {}
    styles: dict[str, str] = {}
    title = ""
    for number, line in enumerate(lines, start=2):
        content, _, comment = line.partition("#")
        words, place = tuple(content.split()), f"{name}, line {number}"
        if words and words[0][0].isalpha() and not any(map(str.isdigit, content)):
            title = " ".join(words)
            if title in sections:
                raise PlacedError(f"{place}: {title}: the section is there twice")
            sections[title] = []
            styles[title] = next(iter(comment.split()), "")
        elif words and title:
            sections[title].append(Row(words, place))
    return Data(first, sections, styles)


def whole(word: str) -> int:
    """A word as a whole number.

    Raises:
        ValueError: it is none.
    """
    try:
        return int(word)
    except ValueError:
        raise ValueError(f"{word!r}: a whole number is allowed") from None


def number(word: str) -> float:
    """A word as a number.

    Raises:
        ValueError: it is none.
    """
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"{word!r}: a number is allowed") from None


def numbers_of(pattern: str, count: int) -> range:
    """The types, from 1 to a count, that a word such as ``2``, ``*`` or ``2*4`` means.

    Raises:
        ValueError: it is no such word.
    """
    first, star, last = pattern.partition("*")
    try:
        low = int(first) if first else 1
        high = int(last) if last else count if star else low
    except ValueError:
        raise ValueError(f"type {pattern!r}: a number or a range such as 2*4 is allowed") from None
    return range(max(low, 1), min(high, count) + 1)
