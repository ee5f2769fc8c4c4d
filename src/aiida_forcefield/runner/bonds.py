"""Which atoms of a geometry are bonded, by distance and valence, and whether these are others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .elements import covalent_radii
from .status import PointError

Array = NDArray[np.float64]
Bond = tuple[int, int]

CATIONS = frozenset(["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"])
"""Metals that are ions wherever they are: their contacts are no bonds."""

BROKEN = 1.5
"""A bond longer than this times the sum of covalent radii is broken."""

_NEAR = 1.3  # times the sum of covalent radii: atoms that are farther apart are not bonded
_ACROSS = 1.15  # the same of two atoms across a ring of four; the bond of bicyclobutane is at 0.98
_ALIKE = 0.05  # contacts whose distance over radii differs by less cannot be told apart

_VALENCE = {"H": 1, "B": 3, "C": 4, "N": 3, "O": 2, "F": 1, "Al": 3, "Si": 4, "P": 3, "S": 2}
_VALENCE |= {"Cl": 1, "Ga": 3, "Ge": 4, "As": 3, "Se": 2, "Br": 1, "In": 3, "Sn": 4, "Sb": 3}
_VALENCE |= {"Te": 2, "I": 1}
"""Neighbours with which an atom has all that it wants, where it need not have more."""

_MOST = {"H": 2, "B": 6, "C": 4, "N": 4, "O": 3, "F": 2}
"""Neighbours beyond which there are none. Others may have more than they need, as in SF6."""


def find_bonds(symbols: Sequence[str], positions: Array) -> tuple[Bond, ...]:
    """Bonded pairs, lower index first.

    Atoms are bonded that are near each other for their covalent radii, nearest pairs first, as far
    as valence allows. Two that have a common neighbour are near each other anyway, in small rings
    above all (1.86 Å in bicyclo[1.1.1]pentane): of three atoms that are all near each other, the
    two that are least so are bonded only if one of them still lacks a neighbour.

    Args:
        symbols: element of each of the n atoms.
        positions: shape (n, 3), Å.

    Raises:
        ValueError: distances do not tell which of several alike contacts of an atom are bonds.
    """
    ratios = _ratios(symbols, positions)
    around, refused = _neighbours(symbols, ratios)
    for contact in refused:
        _check_clear(symbols, ratios, around, contact)
    return _pairs(around)


def check_bonds(
    symbols: Sequence[str],
    positions: Array,
    bonds: Sequence[Bond],
    driven: Sequence[int] = (),
) -> None:
    """Refuse a geometry in which a bond broke or formed; contacts of cations may come and go.

    Args:
        symbols: element of each of the n atoms.
        positions: shape (n, 3), Å.
        bonds: pairs of bonded atoms, lower index first.
        driven: atoms of the coordinate that is driven. The ends of a distance or angle are left
            alone: it is the scan that stretches or squeezes them.

    Raises:
        PointError: naming the atoms.
    """
    ratios = _ratios(symbols, positions)
    exempt = (
        (min(driven[0], driven[-1]), max(driven[0], driven[-1])) if len(driven) in (2, 3) else None
    )

    def covalent(pair: Bond) -> bool:
        return pair != exempt and not CATIONS & {symbols[atom] for atom in pair}

    for i, j in filter(covalent, bonds):
        if ratios[i, j] > BROKEN:
            raise PointError("bonds_changed", f"the bond between atoms {i} and {j} broke")
    found = _pairs(_neighbours(symbols, ratios)[0])
    for i, j in filter(covalent, sorted({*found} - {*bonds})):
        raise PointError("bonds_changed", f"a bond formed between atoms {i} and {j}")


def _ratios(symbols: Sequence[str], positions: Array) -> Array:
    """Distances over the sums of covalent radii, shape (n, n)."""
    radii = covalent_radii(tuple(symbols))
    distances = np.linalg.norm(positions[:, None] - positions, axis=-1)
    return np.asarray(distances / (radii[:, None] + radii))


def _neighbours(symbols: Sequence[str], ratios: Array) -> tuple[list[set[int]], list[Bond]]:
    """Atoms bonded to each, and contacts that are no bonds."""
    near = np.argwhere(np.triu(ratios < _NEAR, k=1)).tolist()
    contacts = [(i, j) for i, j in near if not CATIONS & {symbols[i], symbols[j]}]
    closing = _closing(contacts, ratios)
    contacts.sort(key=lambda pair: (pair in closing, round(float(ratios[pair]), 4)))
    around: list[set[int]] = [set() for _ in symbols]
    refused = []
    for i, j in contacts:
        content = all(len(around[atom]) >= _wanted(symbols[atom]) for atom in (i, j))
        full = any(len(around[atom]) >= _MOST.get(symbols[atom], 8) for atom in (i, j))
        across = len(around[i] & around[j]) > 1 and ratios[i, j] > _ACROSS
        if full or across or (content and (i, j) in closing):
            refused.append((i, j))
        else:
            around[i].add(j)
            around[j].add(i)
    return around, refused


def _pairs(around: Sequence[set[int]]) -> tuple[Bond, ...]:
    return tuple((i, j) for i, others in enumerate(around) for j in sorted(others) if i < j)


def _closing(contacts: Sequence[Bond], ratios: Array) -> set[Bond]:
    """Of each three atoms that are all near each other, the two that are least so."""
    near: dict[int, set[int]] = {}
    for i, j in contacts:
        near.setdefault(i, set()).add(j)
        near.setdefault(j, set()).add(i)
    triangles = ((i, j, k) for i, j in contacts for k in near[i] & near[j] if k > j)
    sides = (((i, j), (i, k), (j, k)) for i, j, k in triangles)
    return {max(three, key=lambda pair: float(ratios[pair])) for three in sides}


def _wanted(symbol: str) -> int:
    return _VALENCE.get(symbol, 8)


def _check_clear(
    symbols: Sequence[str], ratios: Array, around: Sequence[set[int]], contact: Bond
) -> None:
    """Refuse a contact that is left out where a bond of the same elements is no shorter."""
    for atom, other in (contact, contact[::-1]):
        for bonded in around[atom]:
            alike = abs(ratios[atom, bonded] - ratios[contact]) < _ALIKE
            if symbols[bonded] == symbols[other] and alike:
                raise ValueError(
                    f"atom {symbols[atom]}{atom + 1} is as near to {symbols[other]}{other + 1} as "
                    f"to {symbols[bonded]}{bonded + 1}, and cannot be bonded to all that are near: "
                    "bonds of several centres are not supported"
                )
