"""Calcfunction that goes on where a QM job was cut short."""

from dataclasses import replace

from aiida.engine import calcfunction

from aiida_forcefield.calculations.functions.join import joined
from aiida_forcefield.data import PointsData, StructuresData

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def remaining_structures(structures: StructuresData, **parts: PointsData) -> StructuresData:
    """The structures of a batch that the next job is to compute, after those jobs that there were.

    Args:
        structures: all of the batch.
        parts: the points of each job, in the order of their names.
    """
    whole, left = structures.value, joined(parts).waiting
    return StructuresData(
        replace(
            whole,
            positions=whole.positions[left],
            values=whole.values[left],
            cells=None if whole.cells is None else whole.cells[left],
        )
    )
