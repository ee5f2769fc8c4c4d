"""Points from jobs of aiida-pyscf."""

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict

from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.scans import Points

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

MAX_STEPS = 100
"""Of a relaxation in PySCF; aiida-pyscf calls one converged also where they did not suffice."""


@calcfunction
def collect_base_points(
    structures: StructuresData, parameters: Dict, failures: Dict, **results: Data
) -> PointsData:
    """The points of a batch, of which each was a job of its own.

    Args:
        structures: that were computed.
        parameters: QM settings; a gradient is taken only where ``gradient`` asks for it.
        failures: status and message of each point that failed, by its index.
        results: ``parameters_0000``, and ``trajectory_0000`` of one that was relaxed.
    """
    value, failed = structures.value, failures.get_dict()
    count, positions = len(value.positions), value.positions.copy()
    energies, seconds = np.full(count, np.nan), np.zeros(count)
    gradients = np.full(positions.shape, np.nan)
    statuses, messages = ["ok"] * count, [""] * count
    for index in range(count):
        if str(index) in failed:
            statuses[index], messages[index] = failed[str(index)]
            continue
        found = results[f"parameters_{index:04d}"].get_dict()
        seconds[index] = found["timings"]["total"]
        trajectory = results.get(f"trajectory_{index:04d}")
        if trajectory is None:
            energies[index] = found["mean_field"]["total_energy"]
            if parameters.get_dict().get("gradient"):
                gradients[index] = -np.array(found["mean_field"]["forces"])
            continue
        path = trajectory.get_array("energies")
        if len(path) > MAX_STEPS:
            statuses[index] = "relaxation_not_converged"
            messages[index] = f"no minimum within {MAX_STEPS} steps"
            continue
        # The energy that aiida-pyscf gives beside it is that of the structure before relaxation.
        energies[index] = path[-1]
        positions[index] = trajectory.get_array("positions")[-1]
    return PointsData(
        Points(
            origin=value.origin,
            cluster=value.cluster,
            positions=positions,
            requested=value.values,
            energies=energies,
            gradients=gradients,
            slopes=np.full(count, np.nan),
            statuses=tuple(statuses),
            messages=tuple(messages),
            cpu_seconds=seconds,
            versions={},
        )
    )
