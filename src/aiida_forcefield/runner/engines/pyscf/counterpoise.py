"""Interaction energies, corrected for the superposition of basis sets, with their components."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...interaction import Interaction
from ...job import Fragment
from ...rotation import rotation
from ...units import HARTREE
from .scf import density, occupied

if TYPE_CHECKING:
    from .mean_field import Pyscf

Array = NDArray[np.float64]
Molecules = tuple[Fragment, ...]

_ROUNDED = 1e-6
"""Hartree: with a ``conv_tol`` of at least this, exchange is built in single precision first."""


@dataclass(frozen=True)
class Monomer:
    """A molecule in its own basis: positions (n, 3) in Å, PySCF's molecule, occupied orbitals."""

    positions: Array
    molecule: Any
    orbitals: Array


@dataclass(frozen=True)
class State:
    """One or more molecules of a cluster, solved in the basis of the whole cluster.

    Attributes:
        mean_field: its energy, hartree, without a dispersion correction.
        rest: what MP2 and the dispersion correction add, hartree.
        orbitals: the occupied ones, shape (b, o).
    """

    mean_field: float
    rest: float
    orbitals: Array

    @property
    def energy(self) -> float:
        return self.mean_field + self.rest

    @property
    def density(self) -> Array:
        return np.asarray(2 * self.orbitals @ self.orbitals.T)


@dataclass
class Counterpoise:
    """Counterpoise-corrected interaction energies (Boys and Bernardi, Mol. Phys. 19, 553 (1970)).

    In clusters of three and more every monomer has the basis of the whole cluster (Wells and
    Wilson, Chem. Phys. Lett. 101, 429 (1983)), whose density-fitting integrals all share. A
    monomer in its own basis is computed once for each internal geometry; turned as the monomer
    is, its orbitals are the guess in the basis of the cluster.

    The components come from the Heitler-London density, that of the occupied orbitals of all
    monomers, orthonormalised together. Electrostatics is the Coulomb energy between the
    undistorted monomers, exchange what else their superposition adds to the mean-field energy,
    induction what the mean field gains as it relaxes from there.

    Attributes:
        engine: of the cluster, of closed-shell molecules.
        own: makes the engine of one molecule.
        fragments: the molecules, each with its own charge.
    """

    engine: Pyscf
    own: Callable[[Fragment], Pyscf]
    fragments: Molecules
    _known: dict[tuple[tuple[str, ...], int, bytes], Monomer] = field(default_factory=dict)

    def evaluate(self, positions: Array) -> Interaction:
        """The interaction energy at positions (n, 3) in Å; raises PointError."""
        basis = ClusterBasis(self.engine, positions)
        monomers = [
            basis.solve((fragment,), self._guess(basis, fragment)) for fragment in self.fragments
        ]
        alone = sum(monomer.mean_field for monomer in monomers)
        electrostatics = basis.electrostatics(self.fragments, monomers)
        superposed = basis.at(self.fragments, basis.orthonormal(monomers))
        superposition = basis.mean_field(superposed)
        cluster = basis.solve(self.fragments, *occupied(superposed))
        energy = cluster.energy - sum(monomer.energy for monomer in monomers)
        three_body = None
        if len(monomers) == 3:
            three_body = energy - sum(
                basis.solve((a, b), basis.orthonormal([one, other])).energy
                - one.energy
                - other.energy
                for (a, one), (b, other) in combinations(
                    zip(self.fragments, monomers, strict=True), 2
                )
            )
            three_body *= HARTREE
        return Interaction(
            energy * HARTREE,
            electrostatics * HARTREE,
            (superposition - alone - electrostatics) * HARTREE,
            (cluster.mean_field - superposition) * HARTREE,
            three_body,
        )

    def _guess(self, basis: ClusterBasis, fragment: Fragment) -> Array:
        part = fragment.atoms
        orbitals = turned(self._monomer(basis.positions[part], fragment), basis.positions[part])
        first, last = basis.molecule.aoslice_by_atom()[part][[0, -1], [2, 3]]
        guess = np.zeros((basis.molecule.nao, orbitals.shape[1]))
        guess[first:last] = orbitals
        return guess

    def _monomer(self, positions: Array, fragment: Fragment) -> Monomer:
        distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
        symbols = self.engine.symbols[fragment.atoms]
        key = symbols, fragment.charge, np.round(distances, 5).tobytes()
        if key not in self._known:
            solved = self.own(fragment).solved(positions)
            self._known[key] = Monomer(positions, solved.mol, *occupied(solved))
        return self._known[key]


class ClusterBasis:
    """The basis of a cluster, in which its molecules are solved one by one and together.

    Args:
        engine: of the cluster.
        positions: shape (n, 3), Å.
    """

    def __init__(self, engine: Pyscf, positions: Array) -> None:
        self._engine, self.positions = engine, positions
        self.molecule = engine.molecule(positions)
        self._overlap = self.molecule.intor_symmetric("int1e_ovlp")
        self._exact = self._rounded = engine.fitting(self.molecule)
        if self._exact is not None:
            from .single import SinglePrecision

            self._rounded = SinglePrecision(self._exact)

    def solve(self, fragments: Molecules, guess: Array) -> State:
        """Molecules in the mean field of each other, from a guess of the orbitals (b, o).

        An SCF may stop early: to second order its energy is that of a converged one, and the
        orbitals are one step ahead of it; both are of one last Fock matrix in double precision.

        Raises:
            PointError: the SCF does not converge.
        """
        field = self._prepare(fragments, self._rounded)
        if not (field.conv_tol >= _ROUNDED and self._engine.iterate(field, density((guess,)))):
            field = self._engine.solve(self._prepare(fragments, self._exact), density((guess,)))
        last = self.at(fragments, *occupied(field))
        # The last Fock matrix in the orbitals of the density that it was made of.
        transform = field.mo_coeff.T @ self._overlap @ last.mo_coeff
        fock = (transform * last.mo_energy) @ transform.T
        some = field.mo_occ > 0
        (below, left), (above, right) = (np.linalg.eigh(fock[np.ix_(x, x)]) for x in (some, ~some))
        slopes = left.T @ fock[np.ix_(some, ~some)] @ right
        relaxation = 2 * float(np.sum(slopes**2 / (below[:, None] - above)))
        rest = float(last.get_dispersion()) + self._engine.correlation(last, self._rounded)
        return State(self.mean_field(last) + relaxation, rest, *occupied(last))

    def at(self, fragments: Molecules, orbitals: Array) -> Any:
        """The mean field of occupied orbitals (b, o), and the orbitals of its Fock matrix."""
        return self._engine.once(self._prepare(fragments, self._exact), orbitals)

    def mean_field(self, field: Any) -> float:
        """Energy without a dispersion correction, hartree."""
        return float(field.e_tot - field.get_dispersion())

    def electrostatics(self, fragments: Molecules, monomers: list[State]) -> float:
        """Coulomb energy between monomers as each is alone, hartree."""
        whole = self._prepare(fragments, self._exact)
        alone = [self._prepare((fragment,), self._exact) for fragment in fragments]
        densities = np.array([monomer.density for monomer in monomers])
        coulomb = whole.get_j(self.molecule, densities)
        energy = whole.energy_nuc() - sum(each.energy_nuc() for each in alone)
        for each, matrix, own in zip(alone, densities, coulomb, strict=True):
            nuclei = whole.get_hcore() - each.get_hcore()  # those of the others
            energy += np.vdot(matrix, nuclei + (coulomb.sum(axis=0) - own) / 2)
        return float(energy)

    def orthonormal(self, monomers: list[State]) -> Array:
        """Occupied orbitals of monomers, orthonormalised symmetrically; shape (b, o)."""
        orbitals = np.hstack([monomer.orbitals for monomer in monomers])
        values, vectors = np.linalg.eigh(orbitals.T @ self._overlap @ orbitals)
        return np.asarray(orbitals @ (vectors / np.sqrt(values)) @ vectors.T)

    def _prepare(self, fragments: Molecules, fitting: Any) -> Any:
        charge = sum(fragment.charge for fragment in fragments)
        atoms = range(len(self.positions))
        real = {atom for fragment in fragments for atom in atoms[fragment.atoms]}
        molecule = self._engine.molecule(self.positions, charge, real)
        field = self._engine.prepare(molecule, fitting)
        field.conv_check = False  # of one more cycle; `solve` has its own
        return field


def turned(monomer: Monomer, positions: Array) -> Array:
    """The occupied orbitals of a monomer that was turned rigidly to new positions (n, 3) in Å.

    Of a mirror image the rotation is only the nearest one, and the orbitals only a guess.
    """
    from pyscf.gto.mole import ao_rotation_matrix

    before, after = (x - x.mean(axis=0) for x in (monomer.positions, positions))
    # PySCF wants the matrix for which before @ R = after, though its docstring says the other.
    return np.asarray(
        ao_rotation_matrix(monomer.molecule, rotation(before, after)) @ monomer.orbitals
    )
