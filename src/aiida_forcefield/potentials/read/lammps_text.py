"""The text of LAMMPS files as words: commands of a script, sections of a data file."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Words = Sequence[str]

_TITLE = re.compile(r"[A-Z][A-Za-z]+( [A-Z][a-z]+)?( Coeffs)?")


@dataclass(frozen=True)
class Script:
    """Commands of a script, each a list of words."""

    commands: tuple[Words, ...]

    def of(self, name: str) -> Iterator[Words]:
        """The arguments of each command of a name."""
        return (words[1:] for words in self.commands if words[0] == name)

    def last(self, name: str) -> Words:
        """The arguments of the last command of a name; none without one."""
        return next(reversed(list(self.of(name))), ())


def parse_script(text: str) -> Script:
    """The commands of a script; comments go, and lines that end with ``&`` are joined.

    Raises:
        ValueError: a quotation that does not end.
    """
    lines = re.sub(r"&\s*\n", " ", text).splitlines()
    rows = (shlex.split(line, comments=True) for line in lines)
    return Script(tuple(row for row in rows if row))


def parse_data(text: str) -> dict[str, list[Words]]:
    """The rows of each section of a data file, without comments."""
    sections: dict[str, list[Words]] = {}
    title = ""
    for line in text.splitlines()[1:]:
        content = line.partition("#")[0].strip()
        if _TITLE.fullmatch(content):
            title = content
            sections[title] = []
        elif content and title:
            sections[title].append(content.split())
    return sections


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
