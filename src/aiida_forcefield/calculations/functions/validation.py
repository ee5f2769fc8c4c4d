"""Calcfunction that tests a force field on points that it was not fitted to."""

from math import sqrt

from aiida.engine import calcfunction
from aiida.orm import Dict

from aiida_forcefield.data import ForceFieldData, PointsData, SystemData
from aiida_forcefield.fitting import Settings, field_errors
from aiida_forcefield.serial import dismantle

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def validate_force_field(
    system: SystemData,
    force_field: ForceFieldData,
    settings: Dict,
    **points: PointsData,
) -> Dict:
    """How well a force field foresees points that it was not fitted to.

    Args:
        system: of the force field.
        force_field: to be tested.
        settings: of the fit.
        points: that are new to it; pairs that were moved apart are left out: not their energy is
            fitted, but how it changed.

    Returns:
        `errors` as of `fitting.field_errors`, the number of `points`, and the error of all pairs
        drawn from the liquid (`liquid`, eV; None without any).
    """
    values = [node.value for node in points.values()]
    known = [each for each in values if each.origin.sampling != "moved_apart"]
    errors = field_errors(force_field.value, system.value, known, Settings(**settings.get_dict()))
    drawn = [e for e in errors if e.origin is not None and e.origin.sampling == "liquid"]
    count = sum(each.points for each in drawn)
    square = sum(each.points * each.fitted**2 for each in drawn)
    return Dict(
        {
            "errors": [dismantle(each)[0] for each in errors],
            "points": sum(int(part.ok.sum()) for part in known),
            "liquid": sqrt(square / count) if count else None,
        }
    )
