"""Interaction energies of dimers, corrected for the superposition of basis sets."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .engines import Engine
from .mean_field import Pyscf
from .units import HARTREE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interaction:
    """Interaction energy of a dimer in eV, with what it was made of.

    ``energy`` is ``energy_cp`` + (1 - f) (``energy_nocp`` - ``energy_cp``), where f is the
    counterpoise fraction. What was not computed is None. ``gradient`` has shape (n, 3), eV/Å.
    """

    energy: float
    energy_cp: float | None = None
    energy_nocp: float | None = None
    gradient: Array | None = None


def supermolecular(
    dimer: Engine, first: Engine, second: Engine, split: int, gradient: bool, positions: Array
) -> Interaction:
    """E(AB) - E(A) - E(B) of an engine that has no basis functions to borrow.

    Args:
        dimer, first, second: engines of the dimer and of its molecules.
        split: number of atoms of the first molecule.
        gradient: whether to differentiate it too.
        positions: shape (n, 3), Å, the first molecule first.
    """
    together, slope = dimer.evaluate(positions, gradient)
    one, slope_one = first.evaluate(positions[:split], gradient)
    other, slope_other = second.evaluate(positions[split:], gradient)
    difference = None
    if slope is not None and slope_one is not None and slope_other is not None:
        difference = slope - np.concatenate([slope_one, slope_other])
    return Interaction(together - one - other, gradient=difference)


@dataclass
class Counterpoise:
    """Counterpoise-corrected interaction energies (Boys and Bernardi, Mol. Phys. 19, 553 (1970)).

    The monomers in the basis of the dimer share its density-fitting integrals, and their densities
    together are the guess for the dimer. A monomer in its own basis is computed once for each
    internal geometry, so that rigid monomers cost nothing after the first dimer.

    Attributes:
        engine: of the dimer; of two closed-shell molecules of equal charge.
        own: makes the engine of one molecule from its atoms.
        split: number of atoms of the first molecule.
        fraction: f of `Interaction`; 1 is the full correction.
    """

    engine: Pyscf
    own: Callable[[slice], Pyscf]
    split: int
    fraction: float
    _known: dict[tuple[tuple[str, ...], bytes], float] = field(default_factory=dict)

    def evaluate(self, positions: Array) -> Interaction:
        """The interaction energy at positions (n, 3) in Å; raises PointError."""
        engine, charge = self.engine, self.engine.charge // 2
        parts = slice(0, self.split), slice(self.split, None)
        mol = engine.molecule(positions)
        fitting = engine.fitting(mol)
        density, monomers = np.zeros((mol.nao, mol.nao)), 0.0
        for part in parts:
            ghosted = engine.molecule(positions, charge, part)
            monomer = engine.solve(engine.prepare(ghosted, fitting))
            monomers += engine.total_energy(monomer, fitting)
            density += monomer.make_rdm1()
        dimer = engine.solve(engine.prepare(mol, fitting), density)
        energy = engine.total_energy(dimer, fitting) * HARTREE
        corrected = energy - monomers * HARTREE
        if self.fraction == 1.0:
            return Interaction(corrected, energy_cp=corrected)
        plain = energy - sum(self._own_energy(positions[part], part) for part in parts)
        mixed = corrected + (1.0 - self.fraction) * (plain - corrected)
        return Interaction(mixed, energy_cp=corrected, energy_nocp=plain)

    def _own_energy(self, positions: Array, part: slice) -> float:
        distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
        symbols = self.engine.symbols[part]
        key = symbols, np.round(distances, 5).tobytes()
        if key not in self._known:
            self._known[key] = self.own(part).evaluate(positions, gradient=False)[0]
        return self._known[key]
