"""dE/dq along a path of relaxed structures."""

import numpy as np
from numpy.typing import NDArray

from .coordinate import Coordinate
from .engine import Engine
from .vibrations import hessian, rigid_motions

Array = NDArray[np.float64]


def multiplier(gradient: Array, direction: Array) -> float:
    """Lagrange multiplier λ of a constrained minimum, where gradient = λ · direction.

    On the surface on which the path is relaxed it is dE/dq: the rest of the gradient vanishes.
    Both arguments have shape (3n,).
    """
    return float(gradient @ direction / (direction @ direction))


def tangent(second: Array, positions: Array, gradient: Array, coordinate: Coordinate) -> Array:
    """How a constrained minimum moves with the value at which its coordinate is held.

    Differentiating ∇E = λ∇q and q(x) = value with respect to the value gives the bordered system
    (∇²E − λ∇²q) t − μ∇q = 0, ∇q · t = 1 (sensitivity of a constrained minimum: Nocedal and Wright,
    Numerical Optimization, 2nd ed., ch. 12 and 18). Rigid motions, for which it is singular, are
    kept out of t.

    Args:
        second: Hessian of the surface on which the path is relaxed, shape (3n, 3n), eV/Å².
        positions: the constrained minimum, shape (n, 3), Å.
        gradient: of that surface there, shape (3n,), eV/Å.
        coordinate: the coordinate held.

    Returns:
        dx/dq, shape (3n,), Å per Å or per degree.
    """
    direction = coordinate.gradient(positions)
    curvature = second - multiplier(gradient, direction) * coordinate.hessian(positions)
    n, rigid = len(direction), rigid_motions(positions)
    internal = np.linalg.svd(rigid, full_matrices=True)[0][:, rigid.shape[1] :]
    m = n - rigid.shape[1]
    border = internal.T @ direction
    system = np.zeros((m + 1, m + 1))
    system[:m, :m] = internal.T @ curvature @ internal
    system[:m, m] = system[m, :m] = border
    solution = np.linalg.solve(system, np.eye(m + 1)[m])
    return np.asarray(internal @ solution[:m])


def path_slope(
    energies: Engine,
    surface: Engine,
    positions: Array,
    gradient: Array,
    coordinate: Coordinate,
) -> float:
    """dE/dq at a constrained minimum of ``surface``, of the energy that ``energies`` gives.

    Args:
        energies: the engine of the energy.
        surface: the engine with which the path was relaxed; ``energies`` itself where the same.
        positions: the constrained minimum, shape (n, 3), Å.
        gradient: of the energy there, shape (n, 3), eV/Å.
        coordinate: the coordinate held.

    Returns:
        The slope in eV/Å or eV/degree.
    """
    if surface is energies:
        return multiplier(gradient.ravel(), coordinate.gradient(positions))
    own = np.asarray(surface.evaluate(positions)[1]).ravel()
    path = tangent(hessian(surface, positions), positions, own, coordinate)
    return float(gradient.ravel() @ path)
