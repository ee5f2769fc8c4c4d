"""Interaction energies, corrected for the superposition of basis sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...interaction import Interaction
from ...job import Fragment
from ...rotation import rotation
from ...units import HARTREE

if TYPE_CHECKING:
    from .mean_field import Pyscf

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Monomer:
    """A molecule in its own basis: positions (n, 3) in Å, PySCF's molecule, energy in eV, density
    matrix."""

    positions: Array
    molecule: Any
    energy: float
    density: Array


@dataclass
class Counterpoise:
    """Counterpoise-corrected interaction energies (Boys and Bernardi, Mol. Phys. 19, 553 (1970)).

    The monomers in the basis of the cluster share its density-fitting integrals, and their
    densities together are the guess for the cluster. A monomer in its own basis is computed once
    for each internal geometry; turned as the monomer is, its density is the guess in the basis of
    the cluster. In clusters of three and more every monomer has the basis of the whole cluster
    (Wells and Wilson, Chem. Phys. Lett. 101, 429 (1983)).

    Attributes:
        engine: of the cluster, of closed-shell molecules.
        own: makes the engine of one molecule.
        fragments: the molecules, each with its own charge.
        fraction: f of `Interaction`; 1 is the full correction.
    """

    engine: Pyscf
    own: Callable[[Fragment], Pyscf]
    fragments: tuple[Fragment, ...]
    fraction: float
    _known: dict[tuple[tuple[str, ...], int, bytes], Monomer] = field(default_factory=dict)

    def evaluate(self, positions: Array) -> Interaction:
        """The interaction energy at positions (n, 3) in Å; raises PointError."""
        engine = self.engine
        mol = engine.molecule(positions)
        fitting = engine.fitting(mol)
        density, in_cluster_basis, in_own_basis = np.zeros((mol.nao, mol.nao)), 0.0, 0.0
        for fragment in self.fragments:
            part = fragment.atoms
            own = self._monomer(positions[part], fragment)
            in_own_basis += own.energy
            first, last = mol.aoslice_by_atom()[part][[0, -1], [2, 3]]
            guess = np.zeros_like(density)
            guess[first:last, first:last] = turned(own, positions[part])
            ghosted = engine.molecule(positions, fragment.charge, part)
            monomer = engine.solve(engine.prepare(ghosted, fitting), guess)
            in_cluster_basis += engine.total_energy(monomer) * HARTREE
            density += monomer.make_rdm1()
        cluster = engine.solve(engine.prepare(mol, fitting), density)
        energy = engine.total_energy(cluster) * HARTREE
        corrected, plain = energy - in_cluster_basis, energy - in_own_basis
        mixed = corrected + (1.0 - self.fraction) * (plain - corrected)
        return Interaction(mixed, energy_cp=corrected, energy_nocp=plain)

    def _monomer(self, positions: Array, fragment: Fragment) -> Monomer:
        distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
        symbols = self.engine.symbols[fragment.atoms]
        key = symbols, fragment.charge, np.round(distances, 5).tobytes()
        if key not in self._known:
            engine = self.own(fragment)
            solved = engine.solved(positions)
            energy = engine.total_energy(solved) * HARTREE
            self._known[key] = Monomer(
                positions, solved.mol, energy, np.asarray(solved.make_rdm1())
            )
        return self._known[key]


def turned(monomer: Monomer, positions: Array) -> Array:
    """The density matrix of a monomer that was turned rigidly to new positions (n, 3) in Å.

    Of a mirror image the rotation is only the nearest one, and the density only a guess.
    """
    from pyscf.gto.mole import ao_rotation_matrix

    before, after = (x - x.mean(axis=0) for x in (monomer.positions, positions))
    # PySCF wants the matrix for which before @ R = after, though its docstring says the other.
    orbitals = ao_rotation_matrix(monomer.molecule, rotation(before, after))
    return np.asarray(orbitals @ monomer.density @ orbitals.T)
