"""Calcfunction of the joint fit."""

from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict, Str

from aiida_forcefield.calculations.calibration import counterpoise_of
from aiida_forcefield.calculations.dimers import STRETCHED
from aiida_forcefield.calculations.fit_points import dimer_points, liquids_of, molecule_points
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, SurrogateData
from aiida_forcefield.potentials import (
    VARIATIONS,
    Choices,
    Reference,
    Settings,
    field_errors,
    virial_errors,
)
from aiida_forcefield.potentials import fit_chosen_forms as fit
from aiida_forcefield.scans import Points, calibrated

SCIENCE = 9
"""Raised where results change by what this file imports: the cache looks at the file alone."""
COUNTERPOISE = "counterpoise"
CHOICES = (COUNTERPOISE, *VARIATIONS)
"""What a fit may choose otherwise; the first only with a calibration."""


@calcfunction
def fit_force_field(
    species: SpeciesData,
    reference: PointsData,
    properties: ArrayData,
    charges: Dict,
    settings: Dict,
    calibration: Dict | None = None,
    variation: Str | None = None,
    **data: PointsData | SurrogateData | ArrayData,
) -> ForceFieldData:
    """All parameters of a material's force field, from all its points at once.

    Points of a scan, labelled ``points_SCAN_round_NN``, weigh as its surrogate, labelled
    ``surrogate_SCAN``, says, so that the parameters do not follow where the points happen to lie.
    Interaction energies are corrected as the `calibration` says. Dimers labelled like
    ``points_stretched_0_00`` are those of ``points_liquid_0_00`` with their molecules farther
    apart: how that changes their energy is fitted, and what pressure all make in their liquid,
    ``frames_0``. A `variation`, one of `CHOICES`, makes another choice, to tell how much depends on
    it.
    """
    molecule, other = species.value, variation.value if variation else ""
    counterpoise = counterpoise_of(calibration)
    if counterpoise and other == COUNTERPOISE:
        counterpoise = counterpoise.shifted()
    surrogates = {
        label.removeprefix("surrogate_"): node.value
        for label, node in data.items()
        if isinstance(node, SurrogateData)
    }
    groups: dict[str, list[Points]] = {}
    for label, node in sorted(data.items()):
        if isinstance(node, PointsData):
            group = label.removeprefix("points_").partition("_round_")[0]
            groups.setdefault(group, []).append(node.value)
    weights = {
        group: surrogates[group].weights if group in surrogates else None for group in groups
    }
    relaxed = reference.value
    sets = charges.get_dict()
    choices = Choices(
        sets["liquid"],
        sets["gas"],
        dimer_points(groups, weights, molecule, counterpoise, liquids_of(data)),
        Settings(**settings.get_dict()),
    )
    if other in VARIATIONS:
        choices = VARIATIONS[other](choices)
    return ForceFieldData(
        fit(
            molecule,
            Reference(
                positions=relaxed.positions[0],
                hessian=properties.get_array("hessian"),
                c6=properties.get_array("c6"),
            ),
            choices.charges,
            choices.gas_charges,
            molecule_points([relaxed], groups, weights),
            choices.dimer_points,
            choices.settings,
        )
    )


@calcfunction
def validate_force_field(
    species: SpeciesData,
    force_field: ForceFieldData,
    settings: Dict,
    calibration: Dict | None = None,
    **points: PointsData,
) -> Dict:
    """How well a force field foresees points that it was not fitted to.

    Returns:
        Root mean square errors in eV and eV/Å as of `potentials.field_errors` and
        `potentials.virial_errors`, and the number of
        `points`.
    """
    molecule, counterpoise = species.value, counterpoise_of(calibration)
    parts = {label: node.value for label, node in points.items()}
    known = [
        calibrated(part, molecule, counterpoise)
        for label, part in parts.items()
        if not label.startswith(STRETCHED)
    ]
    weights, field = Settings(**settings.get_dict()), force_field.value
    errors = field_errors(field, molecule, known, weights)
    groups = {label: [part] for label, part in parts.items()}
    dimers = dimer_points(groups, dict.fromkeys(groups), molecule, counterpoise, {})
    errors |= virial_errors(field, molecule, dimers, weights)
    return Dict({**errors, "points": sum(int(part.ok.sum()) for part in known)})
