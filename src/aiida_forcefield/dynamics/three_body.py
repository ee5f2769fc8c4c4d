"""Dispersion between three molecules, which pair potentials miss, as a pressure on the liquid.

Dipoles that fluctuate in three molecules repel each other more often than not (Axilrod and Teller,
J. Chem. Phys. 11, 299 (1943); Muto). The energy is a few percent of the cohesion of a liquid, but
it grows with the cube of the density, and a liquid of pair potentials alone comes out too dense.
"""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.dynamics.many_body import STRAIN, Liquid, ManyBody, liquids_of, of_liquid
from aiida_forcefield.potentials.radii import van_der_waals_radius
from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import HARTREE

Array = NDArray[np.float64]

CUTOFF = 9.0
"""Å, of each side of a triangle, or less where the box is small."""
INNER = 7 / 9
"""Of the cutoff. The energy beyond one falls with its cube, so two of them tell that of all."""
DAMPED = 1.15
"""Sums of van der Waals radii are as much smaller than 4/3 R0 of D3, within a twentieth."""
ENDS = [0, -1]
"""Frames of a box that are looked at: their pressures differ by 2 % in liquid methanol."""


def measure_many_body(system: System, c6: Sequence[ArrayLike], frames: Frames) -> ManyBody:
    """Three-body dispersion of a liquid: the mean over the first and the last frame of its box.

    Args:
        system: its species.
        c6: of each species, dispersion coefficients of its atoms with their like by QM, shape (n,),
            eV Å⁶. Those of a force field are fitted, and stand for all that its form does not say.
        frames: of the box.
    """
    radii = [[van_der_waals_radius(s) for s in species.symbols] for species in system.species]

    def of_atoms(values: Sequence[ArrayLike]) -> Array:
        return np.concatenate([np.tile(v, n) for v, n in zip(values, frames.counts, strict=True)])

    found = [
        three_body_dispersion(liquid, of_atoms(c6), of_atoms(radii))
        for liquid in liquids_of(frames[ENDS], system)
    ]
    return ManyBody(*np.mean([astuple(each) for each in found], axis=0).tolist())


def three_body_dispersion(liquid: Liquid, c6: ArrayLike, radii: ArrayLike) -> ManyBody:
    """Energy and pressure of the triples of different molecules.

    Args:
        liquid: N atoms in a periodic box.
        c6: dispersion coefficient of each atom with its like, shape (N,), eV Å⁶.
        radii: van der Waals radii, shape (N,), Å.
    """
    cutoff = min(CUTOFF, float(np.min(liquid.edges)) / 2 * (1 - STRAIN))
    root, radius = np.sqrt(c6), np.asarray(radii, dtype=float)
    return of_liquid(lambda box: _energy(box, root, radius, cutoff), liquid)


def _energy(liquid: Liquid, root: Array, radius: Array, cutoff: float) -> float:
    """Of a box, eV, from the roots of C6; extrapolated to an infinite cutoff."""
    x, molecule, edges = liquid.positions, liquid.molecule, liquid.edges
    inner = whole = 0.0
    for i in range(len(x)):
        away = x[i + 1 :] - x[i]
        away -= np.round(away / edges) * edges
        distance = np.linalg.norm(away, axis=1)
        near = np.flatnonzero((distance < cutoff) & (molecule[i + 1 :] != molecule[i]))
        away, distance, j = away[near], distance[near], near + i + 1
        between = np.linalg.norm(away[:, None] - away, axis=-1)
        others = molecule[j][:, None] != molecule[j]
        a, b = np.nonzero(np.triu((between < cutoff) & others, 1))
        sides = np.stack([distance[a], distance[b], between[a, b]])
        contact = np.stack(
            [radius[i] + radius[j[a]], radius[i] + radius[j[b]], radius[j[a]] + radius[j[b]]]
        )
        energies = root[i] * root[j[a]] * root[j[b]] * _triangle(sides, contact)
        inner += energies[sides.max(axis=0, initial=0.0) < INNER * cutoff].sum()
        whole += energies.sum()
    # Coefficients of eV Å⁶ make eV^1.5 Å⁹; the C9 of D3 is their product in atomic units.
    unit = np.sqrt(1 / HARTREE)
    return float(unit * (whole + (whole - inner) / (INNER**-3 - 1)))


def _triangle(sides: Array, contact: Array) -> Array:
    """(3 cos α cos β cos γ + 1) / (abc)³, damped as in D3, for sides of shape (3, t), Å⁻⁹.

    Grimme, Antony, Ehrlich and Krieg, J. Chem. Phys. 132, 154104 (2010), eqs. 11 to 14.
    """
    a, b, c = sides**2
    cosines = (a + b - c) * (a + c - b) * (b + c - a) / (8 * a * b * c)
    ratio = DAMPED * np.cbrt(contact.prod(axis=0) / sides.prod(axis=0))
    return np.asarray((3 * cosines + 1) / sides.prod(axis=0) ** 3 / (1 + 6 * ratio**16))
