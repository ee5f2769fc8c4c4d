"""Studies that never ran, as the engine would keep them."""

import numpy as np
from aiida.orm import WorkChainNode

from aiida_forcefield.data import ForceFieldData, PointsData
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.scans import Points
from aiida_forcefield.study.aiida_profile import STUDY
from aiida_forcefield.study.file import StudyFile
from aiida_forcefield.study.launched import fingerprint
from aiida_forcefield.units import KCAL_PER_MOL

DENSITY = {
    "value": 0.80,
    "standard_error": 0.004,
    "changes": {},
    "pair_pressure": 0.03,
    "beyond_pairs_error": 25.2,
    "many_body_pressure": 0.002,
    "uncertainty": 0.0303,
    "beyond_pairs": {"three_body_dispersion": 312.4, "induction": -95.2},
    "unit": "g/cm3",
    "temperature": 298.15,
    "pressure": 1.01325,
}
PRESSURE = {"bias": -120.0, "error": 400.0, "target": 250.0, "pairs": 40, "wanted": 63}
ERRORS = {
    "rmse_interaction": 0.25 * KCAL_PER_MOL,
    "rmse_interaction_start": 0.5 * KCAL_PER_MOL,
    "rmse_interaction pair H1-H1": 0.35 * KCAL_PER_MOL,
    "rmse_interaction pair H1-H1_start": 0.75 * KCAL_PER_MOL,
}
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
MEASURED = {"density": {"value": 0.7863, "unit": "g/cm3", "source": "a handbook"}}


def points(statuses: tuple[str, ...], cpu_seconds: float) -> PointsData:
    count = len(statuses)
    return PointsData(
        Points(
            label="bond H1-H1",
            symbols=("H", "H"),
            split=0,
            positions=np.zeros((count, 2, 3)),
            requested=np.ones(count),
            energies=np.zeros(count),
            gradients=np.zeros((count, 2, 3)),
            slopes=np.zeros(count),
            statuses=statuses,
            messages=("",) * count,
            cpu_seconds=np.full(count, cpu_seconds),
            versions={},
        )
    )


def force_field() -> ForceFieldData:
    bond = Term(
        kind="bond",
        name="bond H1-H1",
        form="morse",
        parameters={"D": 4.7, "alpha": 1.9, "r0": 0.74},
        standard_errors={"D": 0.1, "alpha": 0.05, "r0": 0.001},
        flags=("D: at upper bound", "alpha: as uncertain as its prior"),
    )
    return ForceFieldData(
        ForceField((bond,), {"H1": 0.0}, {"H1": 0.0}, covariance=np.eye(3), diagnostics=ERRORS)
    )


def pretend(
    file: StudyFile, state: str = "waiting", exit_status: int | None = None
) -> WorkChainNode:
    """A study as the engine keeps it."""
    node = WorkChainNode(process_type=STUDY)
    node.label, node.description = file.study.material.name, fingerprint(file)
    node.store()
    node.set_process_state(state)
    if exit_status is not None:
        node.set_exit_status(exit_status)
    return node
