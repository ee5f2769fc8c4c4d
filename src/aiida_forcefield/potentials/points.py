"""The data of a fit: QM energies and gradients of molecules, interaction energies of dimers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MoleculePoints:
    """QM results of single molecules of n atoms, or of cells of a crystal.

    Attributes:
        positions: shape (s, n, 3), Å.
        energies: relative to anything common to all, shape (s,), eV.
        gradients: dE/dx, shape (s, n, 3), eV/Å; a structure with a NaN has none.
        weights: shape (s,); 0 leaves a point out.
        labels: where each comes from, such as ``"bond C1-O1"``; s of them.
        cells: lattice vectors of crystals, one a row, shape (s, 3, 3), Å; None for molecules.
        stresses: (dE/dε)/V of crystals, shape (s, 3, 3), eV/Å³; a structure with a NaN has none.
        slopes: dE/dφ along a scan of a dihedral with all else relaxed, shape (s,), eV/rad; NaN
            elsewhere. None where there are none.
    """

    positions: Array
    energies: Array
    gradients: Array
    weights: Array
    labels: tuple[str, ...]
    cells: Array | None = None
    stresses: Array | None = None
    slopes: Array | None = None

    def __post_init__(self) -> None:
        _check("molecule points", self.positions, self.energies, self.weights)
        if len(self.labels) != len(self.energies):
            message = f"molecule points: {len(self.labels)} labels for {len(self.energies)} points"
            raise ValueError(message)
        if self.gradients.shape != self.positions.shape:
            message = f"molecule points: gradients {self.gradients.shape} do not match positions"
            raise ValueError(f"{message} {self.positions.shape}")
        if (self.cells is None) != (self.stresses is None):
            raise ValueError("molecule points: cells and stresses belong together")
        for name, array in (("cells", self.cells), ("stresses", self.stresses)):
            if array is not None and array.shape != (len(self.energies), 3, 3):
                shape = (len(self.energies), 3, 3)
                raise ValueError(f"molecule points: {name} {array.shape} are not {shape}")
        if self.slopes is not None and self.slopes.shape != self.energies.shape:
            shapes = f"slopes {self.slopes.shape} do not match energies {self.energies.shape}"
            raise ValueError(f"molecule points: {shapes}")


@dataclass(frozen=True, eq=False)
class DimerPoints:
    """QM interaction energies of dimers.

    Attributes:
        positions: shape (s, 2n, 3), Å, first molecule first.
        energies: shape (s,), eV.
        weights: shape (s,), beside the weight that depends on the energy.
        label: where they come from, such as ``"random"``; its error is reported.
        stretched: some of them with the molecules farther apart, shape (k, 2n, 3), Å.
        stretched_energies: of these, shape (k,), eV.
        pulled: which of them these are, shape (k,).
        shares: of the pressure of a liquid: what it is off, bar, for each eV by which the change of
            one's energy, by the relative change of its distance, is off, shape (k,); empty where
            they are no sample of a liquid.
    """

    positions: Array
    energies: Array
    weights: Array
    label: str
    stretched: Array | None = None
    stretched_energies: Array = field(default_factory=lambda: np.zeros(0))
    pulled: NDArray[np.int_] = field(default_factory=lambda: np.zeros(0, dtype=int))
    shares: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        name = f"dimer points {self.label}"
        _check(name, self.positions, self.energies, self.weights)
        if self.stretched is not None:
            weights = self.weights[self.pulled]
            _check(f"{name}, stretched", self.stretched, self.stretched_energies, weights)
        if len(self.shares) not in (0, len(self.pulled)):
            raise ValueError(f"{name}: {len(self.shares)} shares of {len(self.pulled)} stretched")

    @property
    def strains(self) -> Array:
        """By how much the centres of those pulled are farther apart, relative, shape (k,)."""
        if self.stretched is None:
            return np.zeros(0)
        return np.asarray(_spans(self.stretched) / _spans(self.positions[self.pulled]) - 1.0)


def join_dimers(sets: Sequence[DimerPoints]) -> DimerPoints:
    """Sets as one, with the label of the first; samples of a liquid only with such."""
    ends = np.cumsum([len(points.energies) for points in sets])
    places = [
        points.pulled + end - len(points.energies) for points, end in zip(sets, ends, strict=True)
    ]
    stretched = [points.stretched for points in sets if points.stretched is not None]
    return DimerPoints(
        positions=np.concatenate([points.positions for points in sets]),
        energies=np.concatenate([points.energies for points in sets]),
        weights=np.concatenate([points.weights for points in sets]),
        label=sets[0].label,
        stretched=np.concatenate(stretched) if stretched else None,
        stretched_energies=np.concatenate([points.stretched_energies for points in sets]),
        pulled=np.concatenate(places),
        shares=np.concatenate([points.shares for points in sets]),
    )


def _spans(dimers: Array) -> Array:
    """Distances of the centres of two equal molecules, shape (s,), Å."""
    half = dimers.shape[1] // 2
    between = dimers[:, half:].mean(axis=1) - dimers[:, :half].mean(axis=1)
    return np.asarray(np.linalg.norm(between, axis=1))


def _check(field: str, positions: Array, energies: Array, weights: Array) -> None:
    if len(positions) != len(energies) or len(weights) != len(energies):
        sizes = f"{len(positions)} positions, {len(energies)} energies, {len(weights)} weights"
        raise ValueError(f"{field}: {sizes}; the numbers must be equal")
    if not (np.isfinite(positions).all() and np.isfinite(energies).all()):
        raise ValueError(f"{field}: positions and energies must be finite; leave out failed points")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{field}: weights must be finite and not negative")
