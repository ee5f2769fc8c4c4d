"""Induction in a liquid beyond that of its pairs.

The energy of two molecules has what each polarises in the other, and so has a force field that is
fitted to it. In a liquid the fields of many neighbours act at once. Where they add up, as along
hydrogen bonds, molecules are held more tightly than their pairs tell; where they cancel, as among
dipoles in disorder, less. Here it is reckoned with point polarizabilities on the atoms (Applequist,
Carl and Fung, J. Am. Chem. Soc. 94, 2952 (1972)), damped as by Thole, Chem. Phys. 59, 341 (1981).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.sparse import bsr_array
from scipy.sparse.linalg import cg

from aiida_forcefield.dynamics.many_body import STRAIN, Liquid, ManyBody, of_liquid
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

DAMPING = 2.1304
"""a of P. T. van Duijnen and M. Swart, J. Phys. Chem. A 102, 2399 (1998), exponential density."""
CUTOFF = 12.0
"""Å, of the centres of molecules, or less where the box is small."""
TOLERANCE = 1e-8
"""Of the induced dipoles, relative."""
CHUNK = 256
"""Pairs of molecules at a time."""
FAR = 1e6
"""Å, where nothing acts any more."""


def atomic_polarizabilities(positions: Array, shares: ArrayLike, molecular: float) -> Array:
    """Polarizabilities of atoms with which the molecule as a whole has its own, shape (n,), Å³.

    Args:
        positions: of the molecule, shape (n, 3), Å.
        shares: what the atoms' are in proportion to, shape (n,).
        molecular: mean of the polarizability along three axes, Å³.
    """
    weights = np.asarray(shares) / np.sum(shares)

    def excess(scale: float) -> float:
        return _mean_polarizability(positions, scale * weights) - molecular

    # Dipoles along a bond strengthen each other, those across weaken; on the mean by a third.
    return np.asarray(weights * brentq(excess, 0.2 * molecular, 2.0 * molecular))


def induction_beyond_pairs(
    liquid: Liquid, charges: ArrayLike, polarizabilities: ArrayLike
) -> ManyBody:
    """Energy and pressure of induction, less those of all pairs by themselves.

    Args:
        liquid: N atoms in a periodic box.
        charges: of the atoms of molecules in vacuum, shape (N,), e.
        polarizabilities: of the atoms, shape (N,), Å³.
    """
    q, alpha = np.asarray(charges, dtype=float), np.asarray(polarizabilities, dtype=float)
    groups = _neighbours(liquid)

    def energy(box: Liquid) -> float:
        pairs = [group.of(box, some) for group in groups for some in group.chunks()]
        return _energy(box, pairs, q, alpha) - sum(_pair_energies(box, pairs, q, alpha))

    # More than three bodies polarise each other, too, but three do so first.
    return of_liquid(energy, liquid, bodies=3)


def coulomb_difference(liquid: Liquid, charges: ArrayLike, others: ArrayLike) -> ManyBody:
    """Energy and pressure of charges on different molecules, less those of other charges.

    Up to the same distance as induction, which they stand for. Arguments as above.
    """
    q, other = np.asarray(charges, dtype=float), np.asarray(others, dtype=float)
    groups = _neighbours(liquid)

    def energy(box: Liquid) -> float:
        return float(sum(difference(box, group) for group in groups))

    def difference(box: Liquid, group: _Group) -> float:
        total = 0.0
        for some in group.chunks():
            pairs = group.of(box, some)
            i, j = pairs.first, pairs.second
            products = q[i][:, :, None] * q[j][:, None] - other[i][:, :, None] * other[j][:, None]
            total += float((COULOMB * products / np.linalg.norm(pairs.away, axis=-1)).sum())
        return total

    return of_liquid(energy, liquid, bodies=2)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of molecules of n and m atoms.

    Attributes:
        first: atoms of the first molecule of each pair, shape (k, n).
        second: those of the second, shape (k, m).
        away: from atoms of the first to those of the second, shape (k, n, m, 3), Å.
    """

    first: Indices
    second: Indices
    away: Array


@dataclass(frozen=True, eq=False)
class _Group:
    """Pairs of neighbours of equal sizes, and by how many edges the second is to be moved.

    Attributes:
        first: atoms of the first molecule of each pair, shape (k, n).
        second: those of the second, shape (k, m).
        images: shape (k, 3).
    """

    first: Indices
    second: Indices
    images: Array

    def chunks(self) -> Iterator[slice]:
        """Some pairs at a time."""
        for start in range(0, len(self.first), CHUNK):
            yield slice(start, start + CHUNK)

    def of(self, liquid: Liquid, some: slice) -> _Pairs:
        """Some of the pairs, in a liquid that may be strained."""
        first, second = self.first[some], self.second[some]
        shifts = (self.images[some] * liquid.edges)[:, None]
        ends = liquid.positions[second] + shifts
        away = ends[:, None, :] - liquid.positions[first][:, :, None]
        return _Pairs(first, second, away)


def _neighbours(liquid: Liquid) -> list[_Group]:
    """Pairs of molecules within the cutoff, by their sizes.

    Whole molecules count, so that no dipole is cut in two; and the same pairs whatever the strain.
    """
    centres, edges = liquid.centres, liquid.edges
    i, j = np.triu_indices(len(centres), 1)
    images = -np.round((centres[j] - centres[i]) / edges)
    distance = np.linalg.norm(centres[j] + images * edges - centres[i], axis=1)
    near = distance < min(CUTOFF, float(np.min(edges)) / 2 * (1 - STRAIN))
    i, j, images = i[near], j[near], images[near]
    sizes = liquid.sizes
    starts = np.cumsum(sizes) - sizes
    both = np.stack([sizes[i], sizes[j]], axis=1)
    groups = []
    for n, m in np.unique(both, axis=0):
        mine = np.flatnonzero((both == (n, m)).all(axis=1))
        first, second = (
            starts[of[mine]][:, None] + np.arange(size) for of, size in ((i, n), (j, m))
        )
        groups.append(_Group(first, second, images[mine]))
    return groups


def _mean_polarizability(positions: Array, alpha: Array) -> float:
    """Of a molecule whose atoms act on each other, a third of the trace, Å³."""
    blocks = np.linalg.inv(_own(positions[None], alpha[None])[0])
    return float(np.einsum("iaja->", blocks.reshape(len(alpha), 3, len(alpha), 3))) / 3


def _energy(liquid: Liquid, pairs: list[_Pairs], q: Array, alpha: Array) -> float:
    """Of all molecules together, eV.

    Raises:
        ValueError: the dipoles do not settle.
    """
    atoms = len(q)
    field = np.zeros((atoms, 3))
    rows, columns, blocks = [], [], []

    def add(row: Indices, column: Indices, block: Array) -> None:
        """Blocks (k, 3n, 3m) between atoms (k, n) and (k, m), as ones of 3 by 3."""
        k, n, m = len(row), row.shape[1], column.shape[1]
        blocks.append(block.reshape(k, n, 3, m, 3).transpose(0, 1, 3, 2, 4).reshape(-1, 3, 3))
        rows.append(np.broadcast_to(row[:, :, None], (k, n, m)).ravel())
        columns.append(np.broadcast_to(column[:, None], (k, n, m)).ravel())

    for members in _molecules(liquid):
        add(members, members, _own(liquid.positions[members], alpha[members]))
    for each in pairs:
        i, j = each.first, each.second
        monopole, dipole = _interaction(each.away, alpha[i], alpha[j])
        np.add.at(field, i, -np.einsum("kijx,kj->kix", monopole, q[j]))
        np.add.at(field, j, np.einsum("kijx,ki->kjx", monopole, q[i]))
        add(i, j, dipole)
        add(j, i, dipole.transpose(0, 2, 1))
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((column, row))
    starts = np.searchsorted(row[order], np.arange(atoms + 1))
    matrix = bsr_array(
        (np.concatenate(blocks)[order], column[order], starts), shape=(field.size, field.size)
    )
    moments, unsettled = cg(matrix, field.ravel(), rtol=TOLERANCE)
    if unsettled:
        raise ValueError("the dipoles that molecules induce in each other do not settle")
    return float(-0.5 * COULOMB * moments @ field.ravel())


def _molecules(liquid: Liquid) -> Iterator[Indices]:
    """Atoms of the molecules of each size, shape (M, n)."""
    sizes = liquid.sizes
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes):
        yield starts[sizes == size][:, None] + np.arange(size)


def _pair_energies(liquid: Liquid, pairs: list[_Pairs], q: Array, alpha: Array) -> Iterator[float]:
    """Of each pair of molecules by itself, summed over some at a time, eV."""
    for each in pairs:
        i, j = each.first, each.second
        one = 3 * i.shape[1]
        monopole, dipole = _interaction(each.away, alpha[i], alpha[j])
        field = np.concatenate(
            [
                -np.einsum("kijx,kj->kix", monopole, q[j]).reshape(len(i), -1),
                np.einsum("kijx,ki->kjx", monopole, q[i]).reshape(len(i), -1),
            ],
            axis=1,
        )
        matrix = np.empty((len(i), field.shape[1], field.shape[1]))
        matrix[:, :one, :one] = _own(liquid.positions[i], alpha[i])
        matrix[:, one:, one:] = _own(liquid.positions[j], alpha[j])
        matrix[:, :one, one:], matrix[:, one:, :one] = dipole, dipole.transpose(0, 2, 1)
        moments = np.linalg.solve(matrix, field[..., None])[..., 0]
        yield float(-0.5 * COULOMB * np.sum(moments * field))


def _own(positions: Array, alpha: Array) -> Array:
    """What holds the dipoles of molecules (M, n, 3) back, shape (M, 3n, 3n), Å⁻³."""
    n = alpha.shape[1]
    away = positions[:, None, :] - positions[:, :, None]
    away[:, np.arange(n), np.arange(n)] = FAR  # an atom does not act on itself
    _, dipole = _interaction(away, alpha, alpha)
    diagonal = np.arange(3 * n)
    dipole[:, diagonal, diagonal] += np.repeat(1 / alpha, 3, axis=1)
    return dipole


def _interaction(away: Array, alpha: Array, others: Array) -> tuple[Array, Array]:
    """Damped field of a unit charge, shape (k, n, m, 3), Å⁻², at the ends of vectors (k, n, m, 3)
    in Å, and minus that of unit dipoles, shape (k, 3n, 3m), Å⁻³.

    Polarizabilities of the atoms at both ends have shapes (k, n) and (k, m), Å³.
    """
    distance = np.linalg.norm(away, axis=-1)
    unit = away / distance[..., None]
    u = DAMPING * distance / np.cbrt(np.sqrt(alpha[:, :, None] * others[:, None]))
    fade = np.exp(-u)
    third = (1 - (u**2 / 2 + u + 1) * fade) / distance**3
    fifth = third - u**3 / 6 * fade / distance**3
    along = 3 * fifth[..., None, None] * unit[..., :, None] * unit[..., None, :]
    dipole = third[..., None, None] * np.eye(3) - along
    k, n, m, _ = away.shape
    return third[..., None] * away, dipole.transpose(0, 1, 3, 2, 4).reshape(k, 3 * n, 3 * m)
