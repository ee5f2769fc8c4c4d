"""Calcfunction of the joint fit."""

from collections.abc import Mapping, Sequence

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict, Str

from aiida_forcefield.calculations.calibration import counterpoise_of
from aiida_forcefield.data import ForceFieldData, PointsData, SurrogateData, TopologyData
from aiida_forcefield.potentials import (
    VARIATIONS,
    Choices,
    DimerPoints,
    MoleculePoints,
    Reference,
    Settings,
    field_errors,
)
from aiida_forcefield.potentials import fit_chosen_forms as fit
from aiida_forcefield.scans import Points, calibrated

SCIENCE = 2
"""Raised where results change by what this file imports: the cache looks at the file alone."""
COUNTERPOISE = "counterpoise"
CHOICES = (COUNTERPOISE, *VARIATIONS)
"""What a fit may choose otherwise; the first only with a calibration."""


@calcfunction
def fit_force_field(
    topology: TopologyData,
    reference: PointsData,
    properties: ArrayData,
    charges: Dict,
    settings: Dict,
    calibration: Dict | None = None,
    variation: Str | None = None,
    **data: PointsData | SurrogateData,
) -> ForceFieldData:
    """All parameters of a material's force field, from all its points at once.

    Points of a scan, labelled ``points_SCAN_round_NN``, weigh as its surrogate, labelled
    ``surrogate_SCAN``, says, so that the parameters do not follow where the points happen to lie.
    Interaction energies are corrected as the `calibration` says. A `variation`, one of `CHOICES`,
    makes another choice, to tell how much depends on it.
    """
    molecule, other = topology.value, variation.value if variation else ""
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
            points = calibrated(node.value, molecule, counterpoise)
            groups.setdefault(group, []).append(points)
    weights = {
        group: surrogates[group].weights if group in surrogates else None for group in groups
    }
    relaxed = reference.value
    sets = charges.get_dict()
    choices = Choices(
        sets["liquid"], sets["gas"], _dimer_points(groups, weights), Settings(**settings.get_dict())
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
            _molecule_points([relaxed], groups, weights),
            choices.dimer_points,
            choices.settings,
        )
    )


@calcfunction
def validate_force_field(
    topology: TopologyData,
    force_field: ForceFieldData,
    settings: Dict,
    calibration: Dict | None = None,
    **points: PointsData,
) -> Dict:
    """How well a force field foresees points that it was not fitted to.

    Returns:
        Root mean square errors in eV and eV/Å as of `potentials.field_errors`, and the number of
        `points`.
    """
    molecule, counterpoise = topology.value, counterpoise_of(calibration)
    parts = [calibrated(node.value, molecule, counterpoise) for node in points.values()]
    weights = Settings(**settings.get_dict())
    errors = field_errors(force_field.value, molecule, parts, weights)
    return Dict({**errors, "points": sum(int(part.ok.sum()) for part in parts)})


def _molecule_points(
    alone: Sequence[Points],
    groups: Mapping[str, Sequence[Points]],
    weights: Mapping[str, np.ndarray | None],
) -> MoleculePoints:
    """Points of single molecules; a scan of n points has the weight n in all."""
    chosen = [*alone]
    shares = [np.ones(points.ok.sum()) for points in alone]
    for group, parts in groups.items():
        if not parts[0].split:
            chosen += parts
            shares.append(_scan_weights(parts, weights[group]))
    ok = [points.ok for points in chosen]
    return MoleculePoints(
        positions=np.concatenate([p.positions[m] for p, m in zip(chosen, ok, strict=True)]),
        energies=np.concatenate([p.energies[m] for p, m in zip(chosen, ok, strict=True)]),
        gradients=np.concatenate([p.gradients[m] for p, m in zip(chosen, ok, strict=True)]),
        weights=np.concatenate(shares),
        labels=tuple(p.label for p, m in zip(chosen, ok, strict=True) for _ in range(m.sum())),
    )


def _dimer_points(
    groups: Mapping[str, Sequence[Points]], weights: Mapping[str, np.ndarray | None]
) -> list[DimerPoints]:
    """One set for each label; batches of one kind are put together."""
    sets: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    for group, parts in groups.items():
        if parts[0].split:
            positions = np.concatenate([p.positions[p.ok] for p in parts])
            energies = np.concatenate([p.energies[p.ok] for p in parts])
            entry = (positions, energies, _scan_weights(parts, weights[group]))
            sets.setdefault(parts[0].label, []).append(entry)
    return [
        DimerPoints(*(np.concatenate(column) for column in zip(*entries, strict=True)), label)
        for label, entries in sets.items()
    ]


def _scan_weights(parts: Sequence[Points], weights: np.ndarray | None) -> np.ndarray:
    count = sum(int(points.ok.sum()) for points in parts)
    return np.ones(count) if weights is None else weights * count
