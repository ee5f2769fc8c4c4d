"""How well a fit foresees points that it has not seen, and how many points tell of a parameter."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.residuals import Rows, Settings

Array = NDArray[np.float64]

NOTICED = 0.1
"""Standard deviations of a residual."""


def left_out_errors(
    residuals: Array, jacobian: Array, rows: Rows, settings: Settings
) -> dict[str, float]:
    """Errors of each scan's energies, as a fit to all other points would have them, eV.

    By one step of Gauss and Newton from the fit to all points: where JᵀJ is the normal matrix of
    all residuals and the prior, and N that without the rows g of a scan, its residuals become
    r_g + J_g N⁻¹ J_gᵀ r_g. For forms that are linear in their parameters that is exact; with single
    rows it is the PRESS of D. M. Allen, Technometrics 16, 125 (1974).

    Args:
        residuals: at the optimum, in units of their standard deviation, shape (m,).
        jacobian: shape (m, p), with the rows of the prior.
        rows: what the residuals are of.
        settings: their standard deviations.

    Returns:
        The root mean square over the points of each label, weighted as in the fit, by label.
    """
    normal, found = jacobian.T @ jacobian, {}
    errors = {"energy": settings.energy_error, "interaction": settings.interaction_error}
    for label, mine in _by_label(rows):
        J, r = jacobian[mine], residuals[mine]
        unseen = r + J @ np.linalg.solve(normal - J.T @ J, J.T @ r)
        kinds, weights = rows.kinds[mine], rows.weights[mine]
        for kind, error in errors.items():
            if total := weights[kinds == kind].sum():
                found[label] = error * float(np.sqrt((unseen[kinds == kind] ** 2).sum() / total))
    return found


def informing_points(jacobian: Array, rows: Rows, widths: Array) -> NDArray[np.int_]:
    """How many points tell of each parameter, shape (p,).

    Those of which a residual changes by a tenth of its standard deviation at least, when the
    parameter moves by the width that its prior leaves it.

    Args:
        jacobian: of the residuals in units of their standard deviation, shape (m, p).
        rows: what the residuals are of.
        widths: standard deviation of each parameter about its prior, shape (p,).
    """
    told = np.abs(jacobian) * widths > NOTICED
    counts = np.zeros(jacobian.shape[1], dtype=int)
    for parameter, notices in enumerate(told.T):
        points = np.unique(rows.points[notices])
        counts[parameter] = np.count_nonzero(points >= 0)
    return counts


def _by_label(rows: Rows) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for label in dict.fromkeys(rows.labels[rows.points >= 0].tolist()):
        yield label, (rows.labels == label) & (rows.points >= 0)
