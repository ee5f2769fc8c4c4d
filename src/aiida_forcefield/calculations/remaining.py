"""Calcfunction that goes on where a QM job was cut short."""

from dataclasses import replace

from aiida.engine import calcfunction

from aiida_forcefield.data import PointsData, StructuresData


@calcfunction
def remaining_structures(structures: StructuresData, points: PointsData) -> StructuresData:
    """The structures of a job that it left unfinished."""
    whole, left = structures.value, points.value.unfinished
    return StructuresData(
        replace(
            whole,
            positions=whole.positions[left],
            values=whole.values[left],
            cells=None if whole.cells is None else whole.cells[left],
        )
    )
