"""Interaction energies of clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine import Engine

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interaction:
    """Interaction energy of a cluster in eV, with what it is made of; None where that is unknown.

    Attributes:
        energy: of the cluster less those of its molecules.
        electrostatics: Coulomb energy between the undistorted molecules.
        exchange: what else their superposition adds to the mean-field energy.
        induction: by how much the mean field relaxes from there. What is left of ``energy`` after
            the three is correlation.
        three_body: of three molecules, what the interaction energies of the three pairs lack.
        gradient: of ``energy``, shape (n, 3), eV/Å.
    """

    energy: float
    electrostatics: float | None = None
    exchange: float | None = None
    induction: float | None = None
    three_body: float | None = None
    gradient: Array | None = None


def supermolecular(
    cluster: Engine, molecules: Sequence[tuple[slice, Engine]], gradient: bool, positions: Array
) -> Interaction:
    """E(AB...) - E(A) - E(B) - ... as the engine gives them, without any correction.

    Args:
        cluster: its engine.
        molecules: atoms and engine of each molecule.
        gradient: whether to differentiate it too.
        positions: shape (n, 3), Å, one molecule after the other.
    """
    energy, slope = cluster.evaluate(positions, gradient)
    for part, engine in molecules:
        alone, own = engine.evaluate(positions[part], gradient)
        energy -= alone
        if slope is not None and own is not None:
            slope[part] -= own
    return Interaction(energy, gradient=slope)
