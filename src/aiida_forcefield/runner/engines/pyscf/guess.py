"""A first guess of the density from those of geometries that were solved before."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KEPT = 32
"""Geometries remembered; each holds its occupied orbitals."""
USED = 8
"""Nearest geometries that take part in a guess."""
NEAR = 0.5
"""Å: largest displacement of an atom over which the densities are still alike."""
RIDGE = 1e-9
"""Of the fit of the geometry: 1e-6 costs a tenth more cycles, 1e-12 saves none (methanol, C-O)."""


@dataclass(frozen=True, eq=False)
class Solved:
    """A geometry with its occupied orbitals in the symmetrically orthogonalised basis.

    Attributes:
        positions: shape (n, 3), Å.
        spaces: for each spin the occupied orbitals, shape (b, o), as orthonormal columns.
    """

    positions: Array
    spaces: tuple[Array, ...]


class Memory:
    """Guesses occupied orbitals by extrapolation in the geometry.

    The geometry is written as a combination of earlier ones, with weights of sum 1 that reproduce
    its distances best; the density is then guessed as the same combination of theirs, and
    made idempotent again. In the orthogonalised basis densities of different geometries may be
    compared (Polack, Dusson, Stamm, Lipparini, J. Chem. Theory Comput. 17, 6965 (2021), who
    extrapolate on the tangent space instead).
    """

    def __init__(self) -> None:
        self._solved: deque[Solved] = deque(maxlen=KEPT)

    def add(self, positions: Array, overlap: Array, orbitals: tuple[Array, ...]) -> None:
        """Remember a geometry.

        Args:
            positions: shape (n, 3), Å.
            overlap: of the basis functions, shape (b, b).
            orbitals: the occupied ones of each spin, shape (b, o).
        """
        root = _power(overlap, 0.5)
        self._solved.append(Solved(positions.copy(), tuple(root @ c for c in orbitals)))

    def guess(self, positions: Array, overlap: Array) -> tuple[Array, ...] | None:
        """Occupied orbitals of each spin, shape (b, o); None where no geometry is near enough."""
        distances = [np.abs(solved.positions - positions).max() for solved in self._solved]
        order = [i for i in np.argsort(distances)[:USED] if distances[i] < NEAR]
        if not order:
            return None
        nearest = [self._solved[i] for i in order]
        weights = combination(positions, [solved.positions for solved in nearest])
        inverse_root = _power(overlap, -0.5)
        guessed = []
        for spaces in zip(*(solved.spaces for solved in nearest), strict=True):
            density = sum(w * space @ space.T for w, space in zip(weights, spaces, strict=True))
            occupied = spaces[0].shape[1]
            natural = np.linalg.eigh(density)[1][:, len(overlap) - occupied :]
            guessed.append(inverse_root @ natural)
        return tuple(guessed)


def combination(positions: Array, others: list[Array]) -> Array:
    """Weights, shape (k,) and sum 1, with which k geometries reproduce another one best.

    Args:
        positions: shape (n, 3), Å.
        others: geometries of the same atoms.
    """
    target = _descriptor(positions)
    apart = np.array([_descriptor(other) - target for other in others])
    gram = apart @ apart.T
    # The farther a geometry, the less weight it shall have; the last term keeps apart what is not.
    gram += RIDGE * np.diag(gram.diagonal()) + 1e-18 * np.eye(len(gram))
    weights = np.linalg.solve(gram, np.ones(len(gram)))
    return np.asarray(weights / weights.sum())


def _descriptor(positions: Array) -> Array:
    """Inverse distances and their squares, with which two atoms too are extrapolated well."""
    i, j = np.triu_indices(len(positions), 1)
    inverse = 1 / np.linalg.norm(positions[i] - positions[j], axis=1)
    return np.concatenate([inverse, inverse**2])


def _power(matrix: Array, exponent: float) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T)
