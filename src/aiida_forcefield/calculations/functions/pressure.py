"""Calcfunction that says how well the pressure is known that pairs of molecules make."""

from collections.abc import Mapping
from dataclasses import asdict
from math import ceil
from typing import Any, Final

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Dict
from numpy.typing import NDArray

from aiida_forcefield.calculations.fit_data import minima_of
from aiida_forcefield.data import ForceFieldData, SystemData
from aiida_forcefield.dynamics import pressure_error
from aiida_forcefield.fitting import DimerPoints, Settings, assemble, change_errors, near
from aiida_forcefield.potentials import Diagnostics
from aiida_forcefield.scans import Cluster
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.scans.trimers import TOUCHING
from aiida_forcefield.topology import System
from aiida_forcefield.units import KCAL_PER_MOL

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""


LEVEL_ERROR: Final = 0.35 * KCAL_PER_MOL
"""eV, by which R dE/dR of neighbours is off by the level of QM, all in the same direction. In 50
dissociation curves of aliphatic C, H and O, SCS-MP2/aug-cc-pVDZ is too repulsive by 0.7 kcal/mol at
0.9 of the distance at the minimum, by 0.2 at 1.17 (docs/topics/liquid.md)."""


@calcfunction
def assess_pressure(
    system: SystemData,
    force_field: ForceFieldData,
    settings: Dict,
    sampling: Dict,
    **data: Mapping[str, Any],
) -> Dict:
    """How far the pressure of pairs may be off, by the pairs that were drawn from the liquid.

    The force field was fitted to them; their errors are taken for as much larger as it foresees
    pairs worse that are left out.

    Args:
        system: of the force field.
        force_field: with the diagnostics of its fit.
        settings: of the fit.
        sampling: with `target_pressure` (bar), and of how many pairs are drawn in a round.
        data: `frames` of the liquid of each round and all `points`, by labels in the order of
            rounds; `references`, each species at rest, and its `properties`, by name.

    Returns:
        `bias` and `error` in bar and the number of `pairs`, as of `dynamics.PressureError`; by how
        much the `level` of QM may be off, bar, which no number of pairs changes; the `target` of
        the error in bar, and how many more pairs are `wanted` to reach it, within what a round may
        draw.

    Raises:
        ValueError: no pair could be computed.
    """
    matter, field, content = system.value, force_field.value, sampling.get_dict()
    found = assemble(
        matter,
        minima_of(matter, data["references"], data["properties"]),
        [node.value for _, node in sorted(data["points"].items())],
        frames={turn: node.value for turn, (_, node) in enumerate(sorted(data["frames"].items()))},
    )
    weights = Settings(**settings.get_dict())
    drawn = [points for points in found.dimers if len(points.shares)]
    errors, shares, sizes, level = *(np.zeros(0),) * 3, 0.0
    if drawn:
        every = [change_errors(field, matter, points) for points in drawn]
        errors, shares = np.concatenate(every), np.concatenate([p.shares for p in drawn])
        level = LEVEL_ERROR * sum(float(p.shares @ _neighbours(matter, p)) for p in drawn)
        energies = np.concatenate([points.energies[points.pulled] for points in drawn])
        sizes = np.sqrt(weights.energy_weights(energies)) * np.abs(errors) / weights.virial_error
        kept = near(sizes)  # as a fit leaves out outliers
        errors, shares = errors[kept], shares[kept]
    known = pressure_error(errors, shares)
    target = content["target_pressure"]
    error = known.error * _foreseen_worse(field.diagnostics, weights)
    missing = ceil(known.pairs * ((error / target) ** 2 - 1))
    wanted = min(max(missing, content["liquid"]), content["most_liquid"])
    told = {"error": error, "level": abs(level), "target": target, "wanted": wanted}
    return Dict({**asdict(known), **told})


def _neighbours(system: System, points: DimerPoints) -> NDArray[np.bool_]:
    """Which of the pairs that were moved apart are neighbours."""
    cluster = Cluster.of(*(system.of_name(name) for name in points.species))
    return np.asarray(dimer_contacts(cluster, points.positions[points.pulled]) < TOUCHING)


def _foreseen_worse(diagnostics: Diagnostics | None, settings: Settings) -> float:
    """Errors of changes by distance that a fit was not told, relative to those that it was."""
    told = diagnostics.total("virial") if diagnostics else None
    if diagnostics is None or told is None:
        raise ValueError("the force field was fitted to no pair that was moved apart")
    unseen = diagnostics.foreseen("virial") * settings.virial_error
    return max(unseen / told.fitted, 1.0)
