"""Points that disagree with all others, which a fit shall not follow."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.residuals import NONE, Residual, Rows
from aiida_forcefield.fitting.validation import unseen_residuals

Array = NDArray[np.float64]

FAR = 10.0
"""Standard deviations. What the forms cannot describe stays below: the worst are two dimers of
liquid methanol, beyond 6. A proton that moved or an SCF in a wrong state is far beyond."""
_NORMAL = 1.4826  # of a normal distribution, the standard deviation over the median of sizes


def agreeing(values: Array, rows: Rows, residuals: Sequence[Residual]) -> NDArray[np.bool_]:
    """Which points are within `FAR` of a force field, in energy and its changes, shape (s,).

    The standard deviation is that of most points, as their median tells it, or the expected one
    where that is larger. So is the offset that energies have in common.

    Args:
        values: of the residuals, shape (m,).
        rows: what they are of.
        residuals: their kinds.
    """
    agree = np.ones(rows.points.max(initial=-1) + 1, dtype=bool)
    for kind, residual in enumerate(residuals):
        mine = (rows.kinds == kind) & (rows.weights > 0)
        if not (residual.judges and mine.any()):
            continue
        own, roots, offsets = values[mine], np.sqrt(rows.weights[mine]), rows.offsets[mine]
        for offset in np.unique(offsets[offsets != NONE]):
            shared = offsets == offset
            own[shared] -= roots[shared] * np.median(own[shared] / roots[shared])
        points, place = np.unique(rows.points[mine], return_inverse=True)
        agree[points] &= near(np.sqrt(np.bincount(place, own**2) / np.bincount(place)))
    return agree


def agreeing_along(
    values: Array, jacobian: Array, rows: Rows, along: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which points are within `FAR` of what the others of their profile tell, shape (s,).

    A profile has few points and a force field follows them all, so the error of a point says
    little: one that is wrong draws the fit along. What is judged is by how much its own χ² and
    that of all others fall together when it is left out, r (1 − H)⁻¹ r, in units of what is then
    left in a residual of the profile, or of 1 if that is larger: the externally studentized
    residual (R. D. Cook and S. Weisberg, Residuals and Influence in Regression, 1982). Only the
    worst point of each profile may disagree, for it makes others look wrong, and never the last.

    Args:
        values: of the residuals at the optimum, shape (m,).
        jacobian: theirs, shape (m, p).
        rows: what they are of.
        along: which of them are of profiles, shape (m,).
    """
    agree = np.ones(rows.points.max(initial=-1) + 1, dtype=bool)
    along = along & (rows.weights > 0)
    blocks = np.where(along, rows.points, NONE)
    falls = values * unseen_residuals(values, jacobian, rows, blocks)
    for profile in np.unique(rows.blocks[along]):
        mine = along & (rows.blocks == profile)
        points, place, counts = np.unique(
            rows.points[mine], return_inverse=True, return_counts=True
        )
        fall = np.bincount(place, falls[mine])
        left = (values[mine] @ values[mine] - fall) / (mine.sum() - counts).clip(1)
        squares = fall / counts / left.clip(1.0)
        worst = np.argmax(squares)
        agree[points[worst]] = len(points) == 1 or squares[worst] <= FAR**2
    return agree


def near(sizes: Array) -> NDArray[np.bool_]:
    """Which are within `FAR` of zero, in units of what is expected or, if larger, of most sizes."""
    return np.asarray(sizes <= FAR * max(1.0, _NORMAL * float(np.median(sizes))))
