"""Force constants from a Hessian: where the fit of the bonded terms starts from."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species

Array = NDArray[np.float64]

# What a covalent molecule has to within a factor of two, eV/Å² and eV/rad².
TYPICAL: Final[Mapping[str, float]] = {
    "bond": 40.0,
    "angle": 6.0,
    "dihedral": 0.3,
    "improper": 1.5,
}

STRAIGHT: Final = np.deg2rad(170.0)
"""An angle above it counts as straight: it bends in two directions alike."""
_HESSIAN_ERROR = 1.0  # eV/Å²: what bonded terms without coupling cannot represent
_TYPICAL_ERROR = 0.5  # relative


def curvatures(species: Species, positions: ArrayLike, hessian: ArrayLike) -> dict[str, float]:
    """Second derivative d²E/dq² of each term type, eV/Å² or eV/rad².

    At the minimum, the Hessian of uncoupled terms is Σ (d²E/dq²) (∂q/∂x)(∂q/∂x)ᵀ over the terms; a
    straight angle bends along two lines.
    The curvatures are the non-negative least-squares solution. They are drawn weakly to typical
    values, because internal coordinates are redundant (six angles around a tetrahedral atom).

    Args:
        species: the molecule of n atoms.
        positions: its minimum, shape (n, 3), Å.
        hessian: d²E/dx², shape (3n, 3n), eV/Å².

    Raises:
        ValueError: if the shapes are wrong or the Hessian is not finite.
    """
    xyz, target = np.asarray(positions, dtype=float), np.asarray(hessian, dtype=float)
    size = 3 * len(species.symbols)
    if xyz.size != size or target.shape != (size, size) or not np.isfinite(target).all():
        raise ValueError(f"hessian: shape {target.shape} is not a finite ({size}, {size})")
    if not species.term_types:
        return {}
    typical = np.array([TYPICAL[term.kind] for term in species.term_types])
    design = np.zeros((size * size, len(typical)))
    for place, term in enumerate(species.term_types):
        for member in term.members:
            for gradient in _gradients(xyz, member):
                direction = np.zeros((size // 3, 3))
                direction[list(member)] = gradient
                design[:, place] += np.outer(direction, direction).ravel()
    scaled, _ = nnls(
        np.vstack([design * typical / _HESSIAN_ERROR, np.eye(len(typical)) / _TYPICAL_ERROR]),
        np.concatenate(
            [target.ravel() / _HESSIAN_ERROR, np.full(len(typical), 1 / _TYPICAL_ERROR)]
        ),
    )
    return dict(zip((t.name for t in species.term_types), (scaled * typical).tolist(), strict=True))


def _gradients(xyz: Array, atoms: tuple[int, ...]) -> list[Array]:
    """Derivatives of a coordinate by its k atoms, shape (k, 3); a straight angle has two."""
    with np.errstate(invalid="ignore", divide="ignore"):
        value, gradient = evaluate(xyz, [atoms])
    if len(atoms) != 3 or value[0] < STRAIGHT:
        return [np.nan_to_num(gradient[0], posinf=0.0, neginf=0.0)]
    i, j, k = xyz[list(atoms)]
    near, far = np.linalg.norm(i - j), np.linalg.norm(k - j)
    across = np.linalg.svd((k - i)[None])[2][1:]
    return [np.outer([1 / near, -1 / near - 1 / far, 1 / far], e) for e in across]
