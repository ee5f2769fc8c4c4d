"""Calcfunction that says what QM a force field took."""

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import PointsData

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def count_qm(**points: PointsData) -> Dict:
    """How many `points` QM was asked for, how many `failed`, and their `cpu_seconds`.

    Points from the cache count like those that were computed anew.
    """
    parts = [node.value for node in points.values()]
    return Dict(
        {
            "points": sum(len(part.statuses) for part in parts),
            "failed": sum(int((~part.ok).sum()) for part in parts),
            "cpu_seconds": sum(float(part.cpu_seconds.sum()) for part in parts),
        }
    )
