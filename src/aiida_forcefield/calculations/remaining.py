"""Calcfunction that goes on where a QM job was cut short."""

from dataclasses import replace

from aiida.engine import calcfunction

from aiida_forcefield.data import PointsData, StructuresData


@calcfunction
def remaining_structures(structures: StructuresData, points: PointsData) -> StructuresData:
    """The structures of a job that it did not come to."""
    whole, missing = structures.value, points.value.missing
    return StructuresData(
        replace(
            whole,
            positions=whole.positions[missing],
            values=whole.values[missing],
            cells=None if whole.cells is None else whole.cells[missing],
        )
    )
