"""Charges, permanent dipoles and polarizabilities of the atoms of a molecule, from its QM alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.fitting.charges import TIGHTNESS, check_potential
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import BOHR, DEBYE_PER_E_ANGSTROM, HARTREE

Array = NDArray[np.float64]

DAMPING: Final = 0.39
"""Before trimers tell: that of AMOEBA, P. Ren, J. W. Ponder, J. Phys. Chem. B 107, 5933 (2003)."""

_RIDGE: Final = 2e-3
"""Of dipoles, atomic units: it decides where the bonds of an atom say the same, as the four of a
carbon atom do."""
_STEPS: Final = 4


@dataclass(frozen=True, eq=False)
class FittedPolarizable:
    """Electrostatics of one species that were fitted to its potential.

    Attributes:
        electrostatics: of its atom types, by the names that they have in the species.
        dipole: of the molecule by itself, about the origin, shape (3,), D.
        relative_error: RMS error of the potential over the RMS potential.
    """

    electrostatics: Polarizable
    dipole: Array
    relative_error: float


def fit_polarizable(
    species: Species,
    positions: ArrayLike,
    grid: ArrayLike,
    potential: ArrayLike,
    polarizability: ArrayLike,
    c6: ArrayLike,
    restraint: float = 5e-4,
) -> FittedPolarizable:
    """Charges and dipoles that reproduce the potential, and polarizabilities of the atoms.

    The molecule's polarizability is shared out in proportion to the roots of the atoms' C6.
    Hydrogen atoms give their share to the atom that they are bonded to, so that fewer particles
    move; their own length of damping stays. What atoms more than two bonds apart induce in one
    another is part of the potential.

    Args:
        species: the molecule of n atoms.
        positions: shape (n, 3), Å.
        grid: where the potential is known, outside the atoms, shape (m, 3), Å.
        potential: of the nuclei and electrons, shape (m,), V.
        polarizability: shape (3, 3), Å³.
        c6: dispersion coefficients between its atoms, shape (n, n), any unit.
        restraint: weight of the hyperbolic restraint that draws the charges of heavy atoms to
            zero, atomic units, as of `fit_charges`.

    Raises:
        ValueError: the arrays' shapes disagree, or there is no positive polarizability or C6.
    """
    xyz, points, v = (np.asarray(a, dtype=float) for a in (positions, grid, potential))
    check_potential(species, xyz, points, v)
    shares = _shares(species, np.asarray(polarizability, float), np.asarray(c6, float))
    types, names = np.array(species.atom_types), species.type_names
    held = _held(species, shares)

    def of_type(values: Array) -> dict[str, float]:
        return {name: float(values[types == name].mean()) for name in names}

    alphas = {name: value for name, value in of_type(held).items() if value > 0}
    lengths = of_type(np.cbrt(shares))
    axes = sorted(
        {
            (str(types[i]), str(types[j]))
            for bond in species.bonds
            for i, j in (bond, bond[::-1])
            if types[i] in alphas
        }
    )
    pairs = np.concatenate([species.nonbonded_pairs, species.pairs_14]).reshape(-1, 2)
    bonds = np.array(species.bonds, dtype=int).reshape(-1, 2)

    def made_of(x: Array) -> Polarizable:
        net = dict(zip(names, x[: len(names)].tolist(), strict=True))
        moments = zip(axes, x[len(names) :].tolist(), strict=True)
        dipoles = tuple(BondDipole(*axis, charge) for axis, charge in moments)
        return Polarizable(net, dipoles, alphas, lengths, DAMPING)

    def particles(x: Array) -> tuple[Array, Array]:
        drudes = made_of(x).drudes(species.atom_types, bonds, pairs)
        left = drudes.charges.copy()
        left[drudes.hosts] -= drudes.drudes
        moved = drudes.anchors @ xyz + drudes.settle(xyz[None]).displacements[0]
        return np.concatenate([xyz, moved]), np.concatenate([left, drudes.drudes])

    def predicted(x: Array) -> Array:
        places, charges = particles(x)
        return np.asarray((BOHR / np.linalg.norm(points[:, None] - places, axis=-1)) @ charges)

    counts = np.array([np.count_nonzero(types == name) for name in names])
    heavy = np.array([species.symbols[int(np.argmax(types == name))] != "H" for name in names])
    sums = np.concatenate([counts, np.zeros(len(axes))])
    x = np.concatenate([np.full(len(names), species.charge / counts.sum()), np.zeros(len(axes))])
    for _ in range(_STEPS):  # almost linear: two or three will do
        design = _differences(predicted, x)
        stiff = restraint * counts * heavy / np.hypot(x[: len(names)], TIGHTNESS)
        stiffness = np.diag(np.concatenate([stiff, np.full(len(axes), _RIDGE)]))
        target = v / HARTREE - predicted(x) + design @ x
        matrix = np.block(
            [[design.T @ design + stiffness, sums[:, None]], [sums[None, :], np.zeros((1, 1))]]
        )
        x = np.linalg.solve(matrix, [*(design.T @ target), species.charge])[:-1]
    off = predicted(x) * HARTREE - v
    places, charges = particles(x)
    dipole = charges @ places * DEBYE_PER_E_ANGSTROM
    return FittedPolarizable(made_of(x), dipole, float(np.linalg.norm(off) / np.linalg.norm(v)))


def _shares(species: Species, polarizability: Array, c6: Array) -> Array:
    """Of each atom in the molecule's polarizability, shape (n,), Å³."""
    n = len(species.symbols)
    if polarizability.shape != (3, 3) or not np.trace(polarizability) > 0:
        shape = f"shape {polarizability.shape}"
        raise ValueError(f"polarizability: {shape}; must be (3, 3) with a positive trace")
    if c6.shape != (n, n) or not (np.diag(c6) > 0).all():
        raise ValueError(f"c6: shape {c6.shape}; must be ({n}, {n}) with a positive diagonal")
    roots = np.sqrt(np.diag(c6))
    return np.asarray(roots * np.trace(polarizability) / 3 / roots.sum())


def _held(species: Species, shares: Array) -> Array:
    """The polarizability on each atom, where hydrogen atoms give theirs away, shape (n,), Å³."""
    held = shares.copy()
    for i, j in species.bonds:
        for hydrogen, other in ((i, j), (j, i)):
            if species.symbols[hydrogen] == "H" and species.symbols[other] != "H":
                held[other] += held[hydrogen]
                held[hydrogen] = 0.0
    return held


def _differences(function: Callable[[Array], Array], x: Array) -> Array:
    """The Jacobian of a function, shape (m, k), by differences."""
    steps = 1e-4 * np.eye(len(x))
    return np.stack([(function(x + h) - function(x - h)) / 2e-4 for h in steps], axis=1)
