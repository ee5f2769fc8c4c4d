"""Errors of another force field on the QM points of a study."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.potentials import ForceField


def errors_of(
    study: "ProcessNode", other: "ForceField"
) -> tuple[dict[str, float], dict[str, float]]:
    """Errors of the force field of a study and of another one, by kind of point, eV and eV/Å.

    Args:
        study: it has a force field.
        other: of the same molecule.
    """
    from aiida_forcefield.calculations.functions.calibration import counterpoise_of
    from aiida_forcefield.calculations.functions.dimers import STRETCHED
    from aiida_forcefield.data import PointsData
    from aiida_forcefield.potentials import Settings, field_errors
    from aiida_forcefield.scans import calibrated

    species, own = study.outputs.species.value, study.outputs.force_field
    fit = own.creator
    incoming = fit.base.links.get_incoming(node_class=PointsData)
    counterpoise = counterpoise_of(fit.inputs.calibration if "calibration" in fit.inputs else None)
    points = [
        calibrated(entry.node.value, species, counterpoise)
        for entry in incoming.all()
        if STRETCHED not in entry.link_label  # fitted is not their energy, but how it changed
    ]
    settings = Settings(**fit.inputs.settings.get_dict())
    return (
        field_errors(own.value, species, points, settings),
        field_errors(other, species, points, settings),
    )
