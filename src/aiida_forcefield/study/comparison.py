"""Errors of another force field on the QM points of a study."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.potentials import DataError, ForceField


def errors_of(
    study: "ProcessNode", other: "ForceField"
) -> tuple[tuple["DataError", ...], tuple["DataError", ...]]:
    """Errors of the force field of a study and of another one, by kind of point.

    Args:
        study: it has a force field.
        other: of the same system.
    """
    from aiida_forcefield.fitting import Settings, field_errors
    from aiida_forcefield.study.findings import fitted_points

    system, own = study.outputs.system.value, study.outputs.force_field
    fit = own.creator
    points = [
        each
        for each in fitted_points(study)
        if each.origin.sampling != "moved_apart"  # fitted is not their energy, but how it changed
    ]
    settings = Settings(**fit.inputs.settings.get_dict())
    return (
        field_errors(own.value, system, points, settings),
        field_errors(other, system, points, settings),
    )
