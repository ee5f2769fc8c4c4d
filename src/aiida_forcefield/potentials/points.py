"""The data of a fit: QM energies and gradients of molecules, interaction energies of dimers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MoleculePoints:
    """QM results of single molecules of n atoms.

    Attributes:
        positions: shape (s, n, 3), Å.
        energies: relative to anything common to all, shape (s,), eV.
        gradients: dE/dx, shape (s, n, 3), eV/Å; a structure with a NaN has none.
        weights: shape (s,); 0 leaves a point out.
        labels: where each comes from, such as ``"bond C1-O1"``; s of them.
    """

    positions: Array
    energies: Array
    gradients: Array
    weights: Array
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        _check("molecule points", self.positions, self.energies, self.weights)
        if len(self.labels) != len(self.energies):
            message = f"molecule points: {len(self.labels)} labels for {len(self.energies)} points"
            raise ValueError(message)
        if self.gradients.shape != self.positions.shape:
            message = f"molecule points: gradients {self.gradients.shape} do not match positions"
            raise ValueError(f"{message} {self.positions.shape}")


@dataclass(frozen=True, eq=False)
class DimerPoints:
    """QM interaction energies of dimers.

    Attributes:
        positions: shape (s, 2n, 3), Å, first molecule first.
        energies: shape (s,), eV.
        weights: shape (s,), beside the weight that depends on the energy.
        label: where they come from, such as ``"random"``; its error is reported.
    """

    positions: Array
    energies: Array
    weights: Array
    label: str

    def __post_init__(self) -> None:
        _check(f"dimer points {self.label}", self.positions, self.energies, self.weights)


def _check(field: str, positions: Array, energies: Array, weights: Array) -> None:
    if len(positions) != len(energies) or len(weights) != len(energies):
        sizes = f"{len(positions)} positions, {len(energies)} energies, {len(weights)} weights"
        raise ValueError(f"{field}: {sizes}; the numbers must be equal")
    if not (np.isfinite(positions).all() and np.isfinite(energies).all()):
        raise ValueError(f"{field}: positions and energies must be finite; leave out failed points")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{field}: weights must be finite and not negative")
