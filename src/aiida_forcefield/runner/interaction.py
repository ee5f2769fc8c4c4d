"""Interaction energies of clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine import Engine

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interaction:
    """Interaction energy of a cluster in eV, with what it was made of.

    ``energy`` is ``energy_cp`` + (1 - f) (``energy_nocp`` - ``energy_cp``), where f is the
    counterpoise fraction. What was not computed is None. ``gradient`` has shape (n, 3), eV/Å.
    """

    energy: float
    energy_cp: float | None = None
    energy_nocp: float | None = None
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
