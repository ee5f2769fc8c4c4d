"""Calcfunction that joins the points of jobs of which each went on where another ended."""

from collections.abc import Mapping

from aiida.engine import calcfunction

from aiida_forcefield.data import PointsData
from aiida_forcefield.scans import Points, join

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def join_points(**parts: PointsData) -> PointsData:
    """The points of all jobs, in the order of their names, as those of one."""
    return PointsData(joined(parts))


def joined(parts: Mapping[str, PointsData]) -> Points:
    """The same without a node."""
    return join([node.value for _, node in sorted(parts.items())])
