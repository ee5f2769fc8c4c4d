"""Energies, gradients and stresses of a force field in cells of a crystal, for a fit."""

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

from aiida_forcefield.potentials.coordinates import CellDistances
from aiida_forcefield.potentials.electrostatics import CRYSTAL_CUTOFF, Sites
from aiida_forcefield.potentials.energy import Layout, Model
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


def crystal_model(layout: Layout, positions: Array, cells: Array) -> Model:
    """The model of cells of one crystal: the nonbonded form, and electrostatics in the liquid.

    Pairs within `CRYSTAL_CUTOFF` in any of the cells count in all of them, so that no energy jumps
    where one crosses it.

    Args:
        layout: of the system of the crystal's ions, which no bond joins.
        positions: s structures, ions in the order of the crystal, shape (s, n, 3), Å.
        cells: lattice vectors, one a row, shape (s, 3, 3), Å.

    Raises:
        ValueError: the system is no crystal.
    """
    types = cell_types(layout.system)
    if positions.shape[1:] != (len(types), 3):
        raise ValueError(f"cells: shape {positions.shape} is not (structures, {len(types)}, 3)")
    i, j, images = _pairs(positions, cells)
    away = positions[:, j] - positions[:, i] + images @ cells
    atoms = np.stack([i, j], axis=1)
    distances = CellDistances(atoms, away, positions.shape[1])
    nonbonded = layout.nonbonded(np.array(types)[atoms], distances)
    sites = Sites(types, positions, cells=cells)
    charged = layout.electrostatics.model("liquid", sites, layout.places)
    return Model((nonbonded,), charged)


def cell_types(system: System) -> tuple[str, ...]:
    """Name of the type of each ion of a crystal's cell, in the order of the crystal.

    Raises:
        ValueError: the system is no crystal.
    """
    if system.crystal is None:
        raise ValueError("system: it is no crystal, so that it has no cells")
    types = {species.symbols[0]: system.types_of(name)[0] for name, species in system}
    return tuple(types[symbol] for symbol in system.crystal.symbols)


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
