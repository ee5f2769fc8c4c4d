"""Calcfunction that says how well the pressure is known that pairs of molecules make."""

from dataclasses import asdict
from math import ceil

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.calibration import counterpoise_of
from aiida_forcefield.calculations.dimers import FRAMES
from aiida_forcefield.calculations.fit_points import dimer_points, liquids_of
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.dynamics import pressure_error
from aiida_forcefield.potentials import Settings, change_errors, join_dimers, near

SCIENCE = 3
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def assess_pressure(
    species: SpeciesData,
    force_field: ForceFieldData,
    settings: Dict,
    sampling: Dict,
    calibration: Dict | None = None,
    **data: ArrayData | PointsData,
) -> Dict:
    """How far the pressure of pairs may be off, by the pairs that were drawn from the liquid.

    The force field was fitted to them; their errors are taken for as much larger as it foresees
    pairs worse that are left out.

    Args:
        species: the molecule.
        force_field: with the diagnostics of its fit.
        settings: of the fit.
        sampling: with `target_pressure` (bar), and of how many pairs are drawn in a round.
        calibration: how the interaction energies are corrected.
        data: of each round N the liquid, ``frames_N``, and the points ``liquid_N_00`` and
            ``stretched_N_00``.

    Returns:
        `bias` and `error` in bar and the number of `pairs`, as of `dynamics.PressureError`; the
        `target` in bar, and how many more pairs are `wanted` to reach it, within what a round may
        draw.

    Raises:
        ValueError: no pair could be computed.
    """
    molecule, field, content = species.value, force_field.value, sampling.get_dict()
    groups = {
        label: [node.value] for label, node in sorted(data.items()) if not label.startswith(FRAMES)
    }
    drawn = dimer_points(
        groups, dict.fromkeys(groups), molecule, counterpoise_of(calibration), liquids_of(data)
    )
    weights = Settings(**settings.get_dict())
    errors = shares = np.zeros(0)
    if drawn:
        pairs = join_dimers(drawn)
        errors, shares = change_errors(field, molecule, pairs), pairs.shares
        roots = np.sqrt(weights.energy_weights(pairs.energies[pairs.pulled]))
        told = near(roots * np.abs(errors) / weights.virial_error)  # as a fit leaves out outliers
        errors, shares = errors[told], shares[told]
    found = pressure_error(errors, shares)
    target = content["target_pressure"]
    error = found.error * _foreseen_worse(field.diagnostics, weights)
    missing = ceil(found.pairs * ((error / target) ** 2 - 1))
    wanted = min(max(missing, content["liquid"]), content["most_liquid"])
    return Dict({**asdict(found), "error": error, "target": target, "wanted": wanted})


def _foreseen_worse(diagnostics: dict[str, float], settings: Settings) -> float:
    """Errors of changes by distance that a fit was not told, relative to those that it was."""
    if "rmse_virial" not in diagnostics:
        raise ValueError("the force field was fitted to no pair that was moved apart")
    unseen = diagnostics["foresight_virial"] * settings.virial_error
    return max(unseen / diagnostics["rmse_virial"], 1.0)
