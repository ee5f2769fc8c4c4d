"""Points that disagree with all others, which a fit shall not follow."""

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.residuals import Rows

Array = NDArray[np.float64]

FAR = 10.0
"""Standard deviations. What the forms cannot describe stays below: the worst are two dimers of
liquid methanol, beyond 6. A proton that moved or an SCF in a wrong state is far beyond."""
_NORMAL = 1.4826  # of a normal distribution, the standard deviation over the median of sizes


def agreeing(residuals: Array, rows: Rows) -> NDArray[np.bool_]:
    """Which points are within `FAR` of a force field, in energy and its changes, shape (s,).

    The standard deviation is that of most points, as their median tells it, or the expected one
    where that is larger. So is the offset that energies have in common.

    Args:
        residuals: shape (m,).
        rows: what they are of.
    """
    agree = np.ones(rows.points.max(initial=-1) + 1, dtype=bool)
    for kind in ("energy", "gradient", "stress", "interaction", "virial"):
        mine = (rows.kinds == kind) & (rows.weights > 0)
        if not mine.any():
            continue
        values, roots = residuals[mine], np.sqrt(rows.weights[mine])
        if kind == "energy":
            values = values - roots * np.median(values / roots)
        points, place = np.unique(rows.points[mine], return_inverse=True)
        agree[points] &= near(np.sqrt(np.bincount(place, values**2) / np.bincount(place)))
    return agree


def near(sizes: Array) -> NDArray[np.bool_]:
    """Which are within `FAR` of zero, in units of what is expected or, if larger, of most sizes."""
    return np.asarray(sizes <= FAR * max(1.0, _NORMAL * float(np.median(sizes))))
