"""The Hessian of a molecule at its minimum as data of a fit, in the basis of its normal modes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray
from scipy.linalg import eigh

from aiida_forcefield.fitting.data import Reference
from aiida_forcefield.potentials.energy import Layout, Model
from aiida_forcefield.runner.vibrations import WAVENUMBER, normal_modes

Array = NDArray[np.float64]

SOFT: Final = 1200.0
"""1/cm. Modes below it count as if they were there: else a soft torsion would outweigh the profile
that a scan found, perhaps at a better level of QM."""
_STEP = 1e-3  # Å: central differences of analytic gradients err by 1e-6 of a force constant


@dataclass(frozen=True, eq=False)
class HessianModel:
    """The mass-weighted Hessian of a force field between the m normal modes of the reference.

    Attributes:
        displaced: the reference with each Cartesian coordinate moved forward, then backward.
        modes: displacements, shape (3n, m), Å, of unit mass-weighted length, √u.
        frequencies: of the reference, shape (m,), 1/cm, imaginary ones negative.
    """

    displaced: Model
    modes: Array
    frequencies: Array

    @property
    def size(self) -> int:
        """Number of elements of one triangle, m (m + 1) / 2."""
        return len(self.frequencies) * (len(self.frequencies) + 1) // 2

    def errors(self, parameters: Array) -> tuple[Array, Array]:
        """How far the Hessian is off, over the squared frequencies of the two modes.

        Returns:
            Elements of one triangle, those off the diagonal times √2 as they occur twice, and
            their Jacobian, shape (`size`, p).
        """
        value = self.displaced.evaluate(parameters)
        i, j, counted = self._counted
        off = (self._between_modes(value.gradient) - np.diag(self._target))[i, j]
        jacobian = self._between_modes(value.gradient_jacobian)[i, j]
        return off * counted, jacobian * counted[:, None]

    def frequency_errors(self, off: Array) -> Array:
        """Errors of the harmonic frequencies at the reference, shape (m,), 1/cm.

        Args:
            off: how far the Hessian is off, as of `errors`.
        """
        i, j, counted = self._counted
        squares = np.diag(self._target)
        squares[i, j] += off / counted
        squares[j, i] = squares[i, j]
        values = np.linalg.eigvalsh(squares)
        found = np.sign(values) * np.sqrt(np.abs(values)) * WAVENUMBER
        return np.asarray(found - self.frequencies)

    def softest(self, parameters: Array, least: float) -> Iterator[tuple[float, float, Array]]:
        """Motions by how soft the force field is along them, for what the reference is.

        They are the eigenvectors of one Hessian in the metric of the other, so that what the field
        does not hold shows also where it is a part of several normal modes.

        Args:
            parameters: of the force field, shape (p,).
            least: frequency, 1/cm, above which modes of the reference take part.

        Yields:
            Frequencies along a motion, of the reference and of the field (negative where the
            energy falls), 1/cm, and displacements, shape (n, 3); the softest first.
        """
        stiff = self.frequencies > least
        between = self._between_modes(self.displaced.evaluate(parameters).gradient)
        target = self._target[stiff]
        ratios, motions = eigh(between[np.ix_(stiff, stiff)], np.diag(target))
        for ratio, motion in zip(ratios, motions.T, strict=True):
            frequency = np.sqrt(target @ motion**2 / (motion @ motion)) * WAVENUMBER
            fitted = np.sign(ratio) * np.sqrt(abs(ratio)) * frequency
            yield float(frequency), float(fitted), (self.modes[:, stiff] @ motion).reshape(-1, 3)

    @property
    def _target(self) -> Array:
        """The squared frequencies of the reference, of imaginary ones negative, shape (m,)."""
        return np.asarray(np.sign(self.frequencies) * (self.frequencies / WAVENUMBER) ** 2)

    @property
    def _counted(self) -> tuple[NDArray[np.int_], NDArray[np.int_], Array]:
        """Places of the elements of one triangle, and by what they are multiplied."""
        scale = np.maximum(np.abs(self.frequencies), SOFT) / WAVENUMBER
        i, j = np.triu_indices(len(scale))
        return i, j, np.where(i == j, 1.0, np.sqrt(2.0)) / (scale[i] * scale[j])

    def _between_modes(self, gradients: Array) -> Array:
        """From gradients of the displaced structures, shape (6n, n, 3, ...), to (m, m, ...)."""
        size = len(self.modes)
        forward, backward = gradients.reshape(2, size, size, *gradients.shape[3:])
        hessian = (forward - backward) / (2 * _STEP)
        hessian = (hessian + hessian.swapaxes(0, 1)) / 2
        by_column = np.tensordot(self.modes, hessian, axes=(0, 0))
        return np.asarray(np.moveaxis(np.tensordot(by_column, self.modes, axes=(1, 0)), -1, 1))


def hessian_model(layout: Layout, name: str, reference: Reference) -> HessianModel:
    """The model of the Hessian of a species at its reference; errors as of `Layout.molecules`."""
    x, symbols = reference.positions, layout.system.of_name(name).symbols
    masses = atomic_masses[[atomic_numbers[symbol] for symbol in symbols]]
    frequencies, modes = normal_modes(reference.hessian, x, masses)
    flat = modes.reshape(len(modes), x.size).T
    flat /= np.sqrt(np.repeat(masses, 3) @ flat**2)
    shifts = _STEP * np.concatenate([np.eye(x.size), -np.eye(x.size)])
    displaced = (x.ravel() + shifts).reshape(-1, *x.shape)
    return HessianModel(layout.molecules(name, displaced), flat, frequencies)
