"""Symmetry operations of a crystal: as they are written, or from the name of a space group."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core.operations import SymmOp

Array = NDArray[np.float64]

MOST_OPERATIONS = 192
"""Of a space group, in its conventional cell."""

ROUNDED = 0.004
"""Fractions of the cell: a translation so near to a multiple of 1/24 is that, rounded."""

DISTORTED = 0.01
"""Change of the scalar products of lattice vectors, over their lengths, that rounding may make."""

NEAR = 0.25
"""Å: copies of an atom that are so near to it are the atom itself, if its digits allow it."""

SUFFIXES = {"S": "1", "Z": "2", "H": "H", "R": "R"}
"""Origins and axes as the ICSD writes them, and the International Tables."""

_TERM = r"(?:[xyz]|[0-9]{0,2}\.?[0-9]{1,9}(?:/[1-9][0-9]?)?)"
_SUM = rf"[+-]?{_TERM}(?:[+-]{_TERM})*"
_OPERATION = re.compile(rf"{_SUM},{_SUM},{_SUM}", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Operations:
    """A space group's operations on fractional coordinates: x becomes R·x + t.

    Attributes:
        rotations: R of each of the n operations, shape (n, 3, 3), integers.
        translations: t of each, shape (n, 3), fractions of the cell.
    """

    rotations: NDArray[np.int_]
    translations: Array

    @cached_property
    def key(self) -> frozenset[tuple[int, ...]]:
        """Equal for the same operations in another order."""
        shifts = np.rint(self.translations * 24).astype(int) % 24
        rows = np.hstack([self.rotations.reshape(-1, 9), shifts])
        return frozenset(tuple(map(int, row)) for row in rows)

    def images(self, position: Array) -> Array:
        """The copies of a fractional position, shape (n, 3); equal ones are not joined."""
        copies: Array = self.rotations @ position + self.translations
        return copies

    def keep(self, cell: Array) -> bool:
        """Whether each operation leaves a lattice, its vectors the rows of `cell`, as it is."""
        metric = cell @ cell.T
        lengths = np.sqrt(np.diag(metric))
        turned = self.rotations.transpose(0, 2, 1) @ metric @ self.rotations
        return bool((np.abs(turned - metric) < DISTORTED * np.outer(lengths, lengths)).all())

    def closed(self) -> bool:
        """Whether the product of any two is among them, as in any group."""
        for rotation, translation in zip(self.rotations, self.translations, strict=True):
            shifts = self.translations @ rotation.T + translation
            turns = (rotation @ self.rotations)[:, None] == self.rotations
            same = turns.all(axis=(2, 3)) & _equal(shifts[:, None], self.translations, ROUNDED)
            if not same.any(axis=1).all():
                return False
        return True


@dataclass(frozen=True, eq=False)
class Setting:
    """A space group with its axes and origin, one of the 530 that spglib tabulates.

    Attributes:
        number: of the International Tables, 1 to 230.
        name: its symbol, with the origin or axes where it has several.
        symbols: all its Hermann-Mauguin symbols, in small letters without spaces.
        hall: its Hall symbol, in small letters.
        choice: of axes and origin, as spglib calls it, in small letters.
    """

    number: int
    name: str
    symbols: frozenset[str]
    hall: str
    choice: str
    operations: Operations

    @property
    def other_axis(self) -> bool:
        """Whether it is monoclinic, and its unique axis is not b, which short symbols mean."""
        return 3 <= self.number <= 15 and "b" not in self.choice


@cache
def _settings() -> tuple[Setting, ...]:
    return tuple(_setting(number) for number in range(1, 531))


def _setting(hall_number: int) -> Setting:
    kind = spglib.get_spacegroup_type(hall_number)
    found = spglib.get_symmetry_from_database(hall_number)
    assert kind is not None  # nor found: all 530 are tabulated
    assert found is not None
    full = kind.international_full
    if 3 <= kind.number <= 15:  # spglib's short symbol is that of the first setting
        short = " ".join(word for word in full.split() if word != "1")
    else:
        short = kind.international_short
    # Until 1992 the glide plane e was called by one of its two directions: Cmca is Cmce now.
    symbols = {full, short, *(short.replace("e", glide) for glide in "abc")}
    name = kind.international.split("=")[min(1, kind.international.count("="))]
    origin = f" :{kind.choice[0]}" if kind.choice[:1] in ("1", "2", "H", "R") else ""
    return Setting(
        number=kind.number,
        name=name.strip().replace("_", "") + origin,
        symbols=frozenset(_plain(symbol) for symbol in symbols),
        hall=_hall(kind.hall_symbol),
        choice=kind.choice.lower(),
        operations=Operations(found["rotations"].astype(int), found["translations"]),
    )


def _plain(symbol: str) -> str:
    return re.sub(r"[\s_()]", "", symbol).lower()


def _hall(symbol: str) -> str:
    return " ".join(symbol.replace("_", " ").replace("''", '"').lower().split())


def settings_of_symbol(symbol: str) -> list[Setting]:
    """What a Hermann-Mauguin symbol may mean, such as ``P 21/c``, ``F d -3 m :2``, ``R -3 m H``."""
    name, _, choice = re.sub(r"[\s_()]", "", symbol).partition(":")
    if not choice and name[-1:] in SUFFIXES:
        name, choice = name[:-1], SUFFIXES[name[-1]]
    # Cubic groups were written without the bar: Fm3m, Pa3.
    name = re.sub(r"^([pif][abcdmn])3", r"\1-3", name.lower())
    return [
        setting
        for setting in _settings()
        if name in setting.symbols and setting.choice.startswith(choice.lower())
    ]


def settings_of_hall(symbol: str) -> list[Setting]:
    """The setting of a Hall symbol, such as ``-P 2ybc``; none if it is not tabulated."""
    return [setting for setting in _settings() if setting.hall == _hall(symbol)]


def settings_of_number(number: str) -> list[Setting]:
    """All settings of a number of the International Tables."""
    return [setting for setting in _settings() if str(setting.number) == number]


def read_operations(written: Sequence[str]) -> Operations:
    """Operations such as ``-x+1/2, y, z``; what is written twice counts once.

    Raises:
        ValueError: another text, a matrix that is no symmetry, too many, or no group.
    """
    if len(written) > MOST_OPERATIONS:
        raise ValueError(
            f"symmetry: {len(written)} operations; no space group has more than {MOST_OPERATIONS}"
        )
    found = {}
    for text in written:
        compact = "".join(text.split())
        if not _OPERATION.fullmatch(compact):
            raise ValueError(f"symmetry: {text!r} is no operation; one is such as -x+1/2, y, z")
        operation = SymmOp.from_xyz_str(compact)
        rotation = np.rint(operation.rotation_matrix).astype(int)
        if abs(round(np.linalg.det(rotation))) != 1:
            raise ValueError(f"symmetry: {text!r} is no operation; it changes the volume")
        translation = operation.translation_vector % 1
        ideal = np.rint(translation * 24) / 24
        translation = np.where(abs(translation - ideal) < ROUNDED, ideal, translation) % 1
        found[(*rotation.flat, *translation.round(4))] = rotation, translation
    operations = Operations(*(np.array(part) for part in zip(*found.values(), strict=True)))
    if not operations.closed():
        raise ValueError("symmetry: operations are missing; two of them give one not in the list")
    return operations


def settle(
    written: Operations | None, stated: Mapping[str, list[Setting]], cell: Array
) -> tuple[Operations, list[str]]:
    """The operations of a crystal, and remarks on where they are from.

    Args:
        written: its list of operations, if there is one.
        stated: names of its space group, as it writes them, each with what it may mean; nothing
            for a name that is not known.
        cell: lattice vectors, one a row, shape (3, 3), Å.

    Raises:
        ValueError: no symmetry, statements that contradict each other or the cell, or that leave
            the setting open; one line.
    """
    remarks = [
        f"symmetry: {name} is not a known name; the rest was used"
        for name, meanings in stated.items()
        if not meanings
    ]
    known = {name: meanings for name, meanings in stated.items() if meanings}
    if written is not None:
        _compare(written, known, cell)
    elif not known:
        found = f"{' and '.join(stated)} is not known" if stated else "none is stated"
        raise ValueError(
            f"symmetry: {found}; add all operations (_space_group_symop_operation_xyz), or the name"
            " of the space group; without symmetry, x,y,z"
        )
    else:
        setting = _only(known, cell)
        written = setting.operations
        remarks.append(f"symmetry: no list of operations; those of {setting.name} were taken")
    if not written.keep(cell):
        raise ValueError(
            "symmetry: the lengths and angles of the cell do not allow the operations; correct"
            " either"
        )
    return written, remarks


def _compare(written: Operations, known: Mapping[str, list[Setting]], cell: Array) -> None:
    """Hold written operations against each name of their space group.

    An origin that is not tabulated may be meant; then the type of the group is compared.

    Raises:
        ValueError: a name of another group, or of another setting.
    """
    same = [setting for setting in _settings() if setting.operations.key == written.key]
    kind = spglib.get_spacegroup_type_from_symmetry(
        written.rotations, written.translations, lattice=cell
    )
    for name, meanings in known.items():
        if same and not set(same) & set(meanings):
            raise ValueError(
                f"symmetry: the operations are those of {same[0].name}, which contradicts {name};"
                " correct either"
            )
        if kind is not None and kind.number not in {setting.number for setting in meanings}:
            raise ValueError(
                f"symmetry: the operations are of space group {kind.number}, which contradicts"
                f" {name}; correct either"
            )


def _only(known: Mapping[str, list[Setting]], cell: Array) -> Setting:
    """The one setting that all names and the cell allow.

    Raises:
        ValueError: there is none, or several with different operations.
    """
    names = " and ".join(known)
    possible = [
        setting
        for setting in _settings()
        if all(setting in meanings for meanings in known.values())
    ]
    if not possible:
        raise ValueError(f"symmetry: {names} contradict each other; correct one")
    fitting = [setting for setting in possible if setting.operations.keep(cell)]
    if not fitting:
        raise ValueError(
            f"symmetry: the lengths and angles of the cell do not allow {names}; correct either"
        )
    fitting = [setting for setting in fitting if not setting.other_axis] or fitting
    if len({setting.operations.key for setting in fitting}) > 1:
        settings = dict.fromkeys(setting.name for setting in fitting)
        raise ValueError(
            f"symmetry: {names} may mean {', '.join(settings)}; add all operations"
            " (_space_group_symop_operation_xyz), or name the setting"
        )
    return fitting[0]


def orbit(
    operations: Operations, position: Array, precision: Array, cell: Array
) -> tuple[Array, float]:
    """All atoms that symmetry makes of one, each once.

    A rounded position, such as x = 0.333, is moved onto the special position that it stands for:
    the mean of its copies that nearly coincide.

    Args:
        operations: of the space group.
        position: of the atom, shape (3,), fractional.
        precision: how far each coordinate may be from what is meant, shape (3,), fractional.
        cell: lattice vectors, one a row, shape (3, 3), Å.

    Returns:
        Fractional coordinates, shape (m, 3), and how far the position was moved, Å.
    """
    shifts = operations.images(position) - position
    shifts -= np.rint(shifts)
    move = shifts[np.linalg.norm(shifts @ cell, axis=1) < NEAR].mean(axis=0)
    if (np.abs(move) > precision + 1e-6).any():
        move = np.zeros(3)
    copies = operations.images(position + move)
    first = _equal(copies[:, None], copies, 1e-4).argmax(axis=1)
    return copies[np.unique(first)], float(np.linalg.norm(move @ cell))


def _equal(one: Array, other: Array, tolerance: float) -> NDArray[np.bool_]:
    """Whether fractional coordinates are equal but for whole cells, shape (...)."""
    difference = one - other
    near = np.abs(difference - np.rint(difference)) < tolerance
    return np.asarray(near.all(axis=-1))
