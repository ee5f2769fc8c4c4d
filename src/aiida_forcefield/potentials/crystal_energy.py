"""Energies, gradients and stresses of a force field in cells of a crystal, for a fit."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

from aiida_forcefield.potentials.energy import Component, Model, nonbonded_of
from aiida_forcefield.potentials.ewald import coulomb, split
from aiida_forcefield.potentials.forcefield import Term, check_terms
from aiida_forcefield.topology.species import Species

Array = NDArray[np.float64]
Indices = NDArray[np.int_]

CRYSTAL_CUTOFF: Final = 12.0
"""Å, of the nonbonded form and of Ewald's first sum."""


def crystal_model(
    species: Species,
    terms: Sequence[Term],
    positions: Array,
    cells: Array,
    charges: Mapping[str, float],
) -> Model:
    """The model of cells of one crystal: the nonbonded form, and Coulomb's law by Ewald's sums.

    Pairs within `CRYSTAL_CUTOFF` in any of the cells count in all of them, so that no energy jumps
    where one crosses it.

    Args:
        species: the ions of a cell, which no bond joins.
        terms: the force field's terms; only their forms and order matter here.
        positions: s structures, shape (s, n, 3), Å.
        cells: lattice vectors, one a row, shape (s, 3, 3), Å.
        charges: charge of each atom type, e.

    Raises:
        ValueError: if there are bonds, or the terms do not belong to the species.
    """
    if species.bonds:
        raise ValueError("crystal: bonds are not allowed between its ions")
    check_terms(terms, species)
    types = np.array(species.atom_types)
    i, j, images = _pairs(positions, cells)
    away = positions[:, j] - positions[:, i] + images @ cells
    r = np.linalg.norm(away, axis=-1)
    directions = _directions(positions.shape[1], i, j, away, r)
    nonbonded = [
        Component(form, places, r[:, rows], directions[:, rows])
        for form, places, rows in nonbonded_of(types[np.stack([i, j], axis=1)], terms)
    ]
    q, shares = np.array([charges[name] for name in types]), split(CRYSTAL_CUTOFF)
    sums = [coulomb(x, q, cell, shares) for x, cell in zip(positions, cells, strict=True)]
    return Model(
        tuple(nonbonded),
        np.array([energy for energy, *_ in sums]),
        np.array([np.concatenate([g.ravel(), strain.ravel()]) for _, g, strain in sums]),
    )


def _pairs(positions: Array, cells: Array) -> tuple[Indices, Indices, Indices]:
    """Pairs of ions, each once, and by how many lattice vectors the second is moved, (m, 3)."""
    found: set[tuple[int, ...]] = set()
    for x, cell in zip(positions, cells, strict=True):
        ions = Atoms(positions=x, cell=cell, pbc=True)
        i, j, images = neighbor_list("ijS", ions, CRYSTAL_CUTOFF)  # type: ignore[no-untyped-call]
        found.update(map(tuple, np.column_stack([i, j, images]).tolist()))
    # The other way round, a pair has its image on the other side.
    once = sorted(pair for pair in found if pair <= (pair[1], pair[0], *(-k for k in pair[2:])))
    i, j, *images = np.array(once).T
    return i, j, np.stack(images, axis=1)


def _directions(n: int, i: Indices, j: Indices, away: Array, r: Array) -> Array:
    """dr/dx and dr/dε, shape (s, m, 3n + 9)."""
    unit = away / r[..., None]
    by_atom = np.zeros((*r.shape, n, 3))
    rows = np.arange(len(i))
    by_atom[:, rows, i] -= unit
    by_atom[:, rows, j] += unit
    by_strain = np.stack([unit[..., a] * away[..., b] for a, b in product(range(3), repeat=2)], -1)
    return np.concatenate([by_atom.reshape(*r.shape, 3 * n), by_strain], axis=-1)
