"""Induction in a liquid beyond that of its pairs.

The energy of two molecules has what each polarises in the other, and so has a force field that is
fitted to it. In a liquid the fields of many neighbours act at once. Where they add up, as along
hydrogen bonds, molecules are held more tightly than their pairs tell; where they cancel, as among
dipoles in disorder, less. Here it is reckoned with point polarizabilities on the atoms (Applequist,
Carl and Fung, J. Am. Chem. Soc. 94, 2952 (1972)), damped as by Thole, Chem. Phys. 59, 341 (1981).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.sparse import bsr_array
from scipy.sparse.linalg import cg

from aiida_forcefield.dynamics.many_body import STRAIN, ManyBody, of_liquid
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
    positions: Array, edges: Array, charges: ArrayLike, polarizabilities: ArrayLike
) -> ManyBody:
    """Energy and pressure of induction, less those of all pairs by themselves.

    Args:
        positions: whole molecules, shape (M, n, 3), Å.
        edges: of the periodic box, shape (3,), Å.
        charges: of a molecule in vacuum, shape (n,), e.
        polarizabilities: of its atoms, shape (n,), Å³.
    """
    q, alpha = np.asarray(charges), np.asarray(polarizabilities)
    first, second, images = _neighbours(positions, edges)

    def energy(moved: Array, box: Array) -> float:
        shifts = images * box
        together = _energy(moved, first, second, shifts, q, alpha)
        return together - sum(_pair_energies(moved, first, second, shifts, q, alpha))

    # More than three bodies polarise each other, too, but three do so first.
    return of_liquid(energy, positions, edges, bodies=3)


def coulomb_difference(
    positions: Array, edges: Array, charges: ArrayLike, others: ArrayLike
) -> ManyBody:
    """Energy and pressure of charges on different molecules, less those of other charges.

    Up to the same distance as induction, which they stand for. Arguments as above.
    """
    q, other = np.asarray(charges), np.asarray(others)
    products = np.outer(q, q) - np.outer(other, other)
    first, second, images = _neighbours(positions, edges)

    def energy(moved: Array, box: Array) -> float:
        return float(
            sum(
                (COULOMB * products / np.linalg.norm(away, axis=-1)).sum()
                for _, away in _vectors(moved, first, second, images * box)
            )
        )

    return of_liquid(energy, positions, edges, bodies=2)


def _neighbours(positions: Array, edges: Array) -> tuple[Indices, Indices, Array]:
    """Pairs of molecules within the cutoff, and by how many edges the second is to be moved.

    Whole molecules count, so that no dipole is cut in two; and the same pairs whatever the strain.
    """
    centres = positions.mean(axis=1)
    i, j = np.triu_indices(len(centres), 1)
    images = -np.round((centres[j] - centres[i]) / edges)
    distance = np.linalg.norm(centres[j] + images * edges - centres[i], axis=1)
    near = distance < min(CUTOFF, float(np.min(edges)) / 2 * (1 - STRAIN))
    return i[near], j[near], images[near]


def _vectors(
    positions: Array, first: Indices, second: Indices, shifts: Array
) -> Iterator[tuple[slice, Array]]:
    """Some pairs of molecules at a time: from atoms of the first to those of the second,
    shape (k, n, n, 3), Å."""
    for start in range(0, len(first), CHUNK):
        some = slice(start, start + CHUNK)
        ends = positions[second[some]] + shifts[some, None]
        yield some, ends[:, None, :] - positions[first[some]][:, :, None]


def _mean_polarizability(positions: Array, alpha: Array) -> float:
    """Of a molecule whose atoms act on each other, a third of the trace, Å³."""
    blocks = np.linalg.inv(_own(positions[None], alpha)[0]).reshape(len(alpha), 3, len(alpha), 3)
    return float(np.einsum("iaja->", blocks)) / 3


def _energy(
    positions: Array, first: Indices, second: Indices, shifts: Array, q: Array, alpha: Array
) -> float:
    """Of all molecules together, eV.

    Raises:
        ValueError: the dipoles do not settle.
    """
    molecules, n = len(positions), len(q)
    field = np.zeros((molecules, n, 3))
    blocks = [_own(positions, alpha)]
    rows, columns = [np.arange(molecules)], [np.arange(molecules)]
    for some, away in _vectors(positions, first, second, shifts):
        monopole, dipole = _interaction(away, alpha)
        np.add.at(field, first[some], -np.einsum("kijx,j->kix", monopole, q))
        np.add.at(field, second[some], np.einsum("kijx,i->kjx", monopole, q))
        blocks += [dipole, dipole.transpose(0, 2, 1)]
        rows += [first[some], second[some]]
        columns += [second[some], first[some]]
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((column, row))
    starts = np.searchsorted(row[order], np.arange(molecules + 1))
    matrix = bsr_array(
        (np.concatenate(blocks)[order], column[order], starts), shape=(field.size, field.size)
    )
    moments, unsettled = cg(matrix, field.ravel(), rtol=TOLERANCE)
    if unsettled:
        raise ValueError("the dipoles that molecules induce in each other do not settle")
    return float(-0.5 * COULOMB * moments @ field.ravel())


def _pair_energies(
    positions: Array, first: Indices, second: Indices, shifts: Array, q: Array, alpha: Array
) -> Iterator[float]:
    """Of each pair of molecules by itself, summed over some at a time, eV."""
    half = 3 * len(q)
    own = _own(positions, alpha)
    for some, away in _vectors(positions, first, second, shifts):
        monopole, dipole = _interaction(away, alpha)
        field = np.stack(
            [-np.einsum("kijx,j->kix", monopole, q), np.einsum("kijx,i->kjx", monopole, q)], axis=1
        ).reshape(-1, 2 * half)
        matrix = np.empty((len(field), 2 * half, 2 * half))
        matrix[:, :half, :half], matrix[:, half:, half:] = own[first[some]], own[second[some]]
        matrix[:, :half, half:], matrix[:, half:, :half] = dipole, dipole.transpose(0, 2, 1)
        moments = np.linalg.solve(matrix, field[..., None])[..., 0]
        yield float(-0.5 * COULOMB * np.sum(moments * field))


def _own(positions: Array, alpha: Array) -> Array:
    """What holds the dipoles of each molecule back, shape (M, 3n, 3n), Å⁻³."""
    n = len(alpha)
    away = positions[:, None, :] - positions[:, :, None]
    away[:, np.arange(n), np.arange(n)] = FAR  # an atom does not act on itself
    _, dipole = _interaction(away, alpha)
    return dipole + np.diag(np.repeat(1 / alpha, 3))


def _interaction(away: Array, alpha: Array) -> tuple[Array, Array]:
    """Damped field of a unit charge, shape (k, n, n, 3), Å⁻², at the ends of vectors (k, n, n, 3)
    in Å, and minus that of unit dipoles, shape (k, 3n, 3n), Å⁻³."""
    distance = np.linalg.norm(away, axis=-1)
    unit = away / distance[..., None]
    u = DAMPING * distance / np.cbrt(np.sqrt(np.outer(alpha, alpha)))
    fade = np.exp(-u)
    third = (1 - (u**2 / 2 + u + 1) * fade) / distance**3
    fifth = third - u**3 / 6 * fade / distance**3
    along = 3 * fifth[..., None, None] * unit[..., :, None] * unit[..., None, :]
    dipole = third[..., None, None] * np.eye(3) - along
    k, n = len(away), len(alpha)
    return third[..., None] * away, dipole.transpose(0, 1, 3, 2, 4).reshape(k, 3 * n, 3 * n)
