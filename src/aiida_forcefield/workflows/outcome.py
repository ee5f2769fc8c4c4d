"""How a process ended, and what can still be done about it."""

from aiida.orm import CalcJobNode, ProcessNode

from aiida_forcefield.calculations.qm import QmCalculation
from aiida_forcefield.calculations.remaining import remaining_structures
from aiida_forcefield.data import StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.scans import MISSING


def reason(process: ProcessNode) -> str:
    """Why a process did not end well; one that was killed or excepted has no exit message."""
    state = process.process_state.value if process.process_state else "unknown"
    return str(process.exit_message or process.exception or process.process_status or state)


def is_cut_short(job: CalcJobNode) -> bool:
    """Whether a QM job was ended (walltime, memory, a lost node) before it came to all its points.

    Exit codes from 100 to 199 are AiiDA's own: what the scheduler said.
    """
    points = outputs_of(job).get("points")
    if points is not None:
        return MISSING in points.base.attributes.get("statuses")
    incomplete = QmCalculation.exit_codes.ERROR_INCOMPLETE.status
    return job.exit_status in (incomplete, *range(100, 200))


def left_undone(job: CalcJobNode) -> StructuresData:
    """The structures that a job which was cut short did not come to."""
    structures: StructuresData = job.inputs.structures
    points = outputs_of(job).get("points")
    if points is None or "reference" in job.inputs.parameters:
        return structures
    remaining: StructuresData = remaining_structures(structures, points)
    return remaining
