"""The fields of a CIF.

pymatgen takes the text apart. What it warns of is refused here. The crystal is put together
elsewhere: where a file says too little or too much, pymatgen guesses (P 1 without symmetry, one
site of two halves, the element from the first letters of a label).
"""

import math
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pymatgen.io.cif import CifBlock

UNKNOWN = frozenset({"?", ".", ""})
"""Values that say nothing."""

ONCE = ("_cell_", "_atom_site_", "_symmetry_", "_space_group_", "_chemical_formula_")
"""Fields that begin so may stand once in a block."""

LONGEST_LINE = 2048
"""Characters; the rule of CIF. Over 60,000 of them, pymatgen looks for closing quotes for 18 s."""

_NUMBER = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)(?:\([0-9.]+\))?"
)


@dataclass(frozen=True)
class Block:
    """What one ``data_`` block says.

    Attributes:
        name: of the block.
        fields: one value or those of a loop, by names in small letters; full stops, which newer
            dictionaries have in them, are underscores.
    """

    name: str
    fields: dict[str, str | list[str]]

    def column(self, tag: str) -> list[str] | None:
        """The values of a field, in a loop or alone; None if it is missing."""
        found = self.fields.get(tag)
        return [found] if isinstance(found, str) else found

    def word(self, tag: str) -> str | None:
        """The only value of a field; None if it is missing or unknown.

        Raises:
            ValueError: it has several values.
        """
        values = self.column(tag) or ["?"]
        if len(values) > 1:
            raise ValueError(f"{tag}: {len(values)} values; one is allowed")
        return None if values[0] in UNKNOWN else values[0]


def read_blocks(text: str) -> Iterator[Block]:
    """The blocks of a CIF.

    Raises:
        ValueError: text that breaks its rules; one line.
    """
    _, *parts = re.split(r"(?m)^data_(\S*)", _simple(text))
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        for tag, count in Counter(map(_plain, re.findall(r"(?m)^_\S+", content))).items():
            if count > 1 and tag.startswith(ONCE):
                raise ValueError(f"{tag}: it stands {count} times in block {name}; keep one")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                block = CifBlock.from_str(f"data_{name}\n{content}")
            except (ValueError, ZeroDivisionError):
                raise ValueError(
                    f"a loop_ in block {name} is not complete; each of its lines needs a value for"
                    " each name"
                ) from None
        for warning in caught:  # of one kind: a value that no name stands before
            word = str(warning.message).rpartition("at line: ")[2]
            raise ValueError(
                f"{word[:40]!r} belongs to no field; put values with spaces between quotes"
            )
        yield Block(name, {_plain(tag): value for tag, value in block.data.items()})


def _plain(tag: str) -> str:
    return tag.lower().replace(".", "_").rstrip("_")


def _simple(text: str) -> str:
    """A CIF with its keywords in small letters, text fields on one line, and no empty lines.

    pymatgen takes a line of a text field that begins with data_ for a block.

    Raises:
        ValueError: a line that is too long, or a text field without an end.
    """
    lines: list[str] = []
    field: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith(";"):
            if field is None and len(line) > LONGEST_LINE:
                raise ValueError(f"a line has {len(line)} characters; {LONGEST_LINE} are allowed")
            (lines if field is None else field).append(line.strip())
        elif field is None:
            field = [line[1:]]
        else:
            words = " ".join(" ".join(field).split()).replace("#", "").replace('"', "''")
            lines += [f'"{words}"', line[1:].strip()]
            field = None
    if field is not None:
        raise ValueError(f"the text field that begins with {field[0][:20]!r} has no end; add a ;")
    return re.sub(
        r"(?im)^(data_|loop_)", lambda match: match[0].lower(), "\n".join(filter(None, lines))
    )


def number(text: str | None) -> float | None:
    """A finite number, without its standard uncertainty; None for any other text."""
    match = _NUMBER.fullmatch(text or "")
    return float(match[1]) if match and math.isfinite(float(match[1])) else None


def last_digit(text: str) -> float:
    """One unit of the last digit of a number, such as 0.001 of 0.333.

    0 with less than two decimal places: such a number is meant as it is. Zeros at the end do not
    count; programs add them.

    Args:
        text: one that `number` reads.
    """
    mantissa, _, exponent = text.partition("(")[0].lower().partition("e")
    decimals = mantissa.partition(".")[2].rstrip("0")
    places = len(decimals) - int(exponent or 0)
    return 10.0**-places if decimals and places > 1 else 0.0
