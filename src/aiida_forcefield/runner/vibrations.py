"""Second derivatives of the energy, and what follows from them at a stationary point."""

import numpy as np
from numpy.typing import NDArray

from .engine import Engine

Array = NDArray[np.float64]

STEP = 0.005
"""Å: central differences err by about 1e-5 of a force constant, gradients' noise by less."""

WAVENUMBER = 521.47091
"""sqrt(eV / (Å² u)) / (2πc) in 1/cm."""


def hessian(engine: Engine, positions: Array) -> Array:
    """Second derivatives of the energy by central differences of gradients.

    Args:
        engine: gives the gradients.
        positions: shape (n, 3), Å.

    Returns:
        Symmetric, shape (3n, 3n), eV/Å².
    """
    n = positions.size
    rows = np.empty((n, n))
    for k in range(n):
        step = np.zeros(n)
        step[k] = STEP
        forward, backward = (
            np.asarray(engine.evaluate(positions + sign * step.reshape(-1, 3))[1]).ravel()
            for sign in (1, -1)
        )
        rows[k] = (forward - backward) / (2 * STEP)
    return (rows + rows.T) / 2


def second_derivatives(engine: Engine, positions: Array) -> Array:
    """Hessian (3n, 3n) in eV/Å² at positions (n, 3) in Å: analytic where the engine has it."""
    return engine.hessian(positions) if "hessian" in engine.can else hessian(engine, positions)


def rigid_motions(positions: Array, weights: Array | None = None) -> Array:
    """Orthonormal basis of translations and rotations.

    Args:
        positions: shape (n, 3), Å.
        weights: sqrt(mass) of each atom for mass-weighted coordinates, shape (n,); 1 by default.

    Returns:
        Shape (3n, r): r is 3 for an atom, 5 for a linear molecule, 6 otherwise.
    """
    w = np.ones(len(positions)) if weights is None else weights
    centred = positions - np.average(positions, axis=0, weights=w**2)
    translations = [np.outer(w, axis).ravel() for axis in np.eye(3)]
    rotations = [(w[:, None] * np.cross(axis, centred)).ravel() for axis in np.eye(3)]
    basis, sizes, _ = np.linalg.svd(np.array(translations + rotations).T, full_matrices=False)
    return basis[:, sizes > 1e-3 * sizes[0]]


def normal_modes(second: Array, positions: Array, masses: Array) -> tuple[Array, Array]:
    """Harmonic frequencies and modes of a stationary point, rigid motions projected out.

    Args:
        second: Hessian, shape (3n, 3n), eV/Å².
        positions: shape (n, 3), Å.
        masses: shape (n,), u.

    Returns:
        Wavenumbers in 1/cm, ascending, imaginary ones negative, shape (v,), and the Cartesian
        displacement of each mode, its largest component 1, shape (v, n, 3).
    """
    root = np.sqrt(masses)
    rigid = rigid_motions(positions, root)
    weight = np.repeat(root, 3)
    internal = np.linalg.svd(rigid, full_matrices=True)[0][:, rigid.shape[1] :]
    weighted = internal.T @ (second / np.outer(weight, weight)) @ internal
    squares, vectors = np.linalg.eigh(weighted)
    modes = (internal @ vectors / weight[:, None]).T.reshape(-1, len(positions), 3)
    modes /= np.abs(modes).max(axis=(1, 2), keepdims=True)
    return np.sign(squares) * np.sqrt(np.abs(squares)) * WAVENUMBER, modes
