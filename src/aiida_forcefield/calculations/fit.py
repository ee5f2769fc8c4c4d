"""Calcfunction of the joint fit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import ArrayData, Dict, Str

from aiida_forcefield.calculations.calibration import counterpoise_of
from aiida_forcefield.calculations.dimers import DRAWN, STRETCHED
from aiida_forcefield.data import ForceFieldData, PointsData, SurrogateData, TopologyData
from aiida_forcefield.potentials import (
    VARIATIONS,
    Choices,
    DimerPoints,
    MoleculePoints,
    Reference,
    Settings,
    field_errors,
    join_dimers,
    virial_errors,
)
from aiida_forcefield.potentials import fit_chosen_forms as fit
from aiida_forcefield.scans import Counterpoise, Points, calibrated
from aiida_forcefield.topology import Topology

SCIENCE = 4
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
    Interaction energies are corrected as the `calibration` says. Dimers labelled like
    ``points_stretched_0_00`` are those of ``points_liquid_0_00`` with their molecules farther
    apart: how that changes their energy is fitted. A `variation`, one of `CHOICES`,
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
            groups.setdefault(group, []).append(node.value)
    weights = {
        group: surrogates[group].weights if group in surrogates else None for group in groups
    }
    relaxed = reference.value
    sets = charges.get_dict()
    choices = Choices(
        sets["liquid"],
        sets["gas"],
        dimer_points(groups, weights, molecule, counterpoise),
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
        Root mean square errors in eV and eV/Å as of `potentials.field_errors` and
        `potentials.virial_errors`, and the number of
        `points`.
    """
    molecule, counterpoise = topology.value, counterpoise_of(calibration)
    parts = {label: node.value for label, node in points.items()}
    known = [
        calibrated(part, molecule, counterpoise)
        for label, part in parts.items()
        if not label.startswith(STRETCHED)
    ]
    weights, field = Settings(**settings.get_dict()), force_field.value
    errors = field_errors(field, molecule, known, weights)
    groups = {label: [part] for label, part in parts.items()}
    dimers = dimer_points(groups, dict.fromkeys(groups), molecule, counterpoise)
    errors |= virial_errors(field, molecule, dimers, weights)
    return Dict({**errors, "points": sum(int(part.ok.sum()) for part in known)})


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


def dimer_points(
    groups: Mapping[str, Sequence[Points]],
    weights: Mapping[str, np.ndarray | None],
    topology: Topology,
    counterpoise: Counterpoise | None,
) -> list[DimerPoints]:
    """One set for each label; batches of one kind are put together.

    Args:
        groups: points of scans and batches, by their labels such as ``liquid_0_00``; those of
            ``stretched_0_00`` go with them.
        weights: of the scans; None where all weigh alike.
        topology: the molecule.
        counterpoise: correction of the energies; with None they stay as they are.
    """
    sets: dict[str, list[DimerPoints]] = {}
    for group, parts in groups.items():
        if not parts[0].split or group.startswith(STRETCHED):
            continue
        known = [calibrated(part, topology, counterpoise) for part in parts]
        found = DimerPoints(
            np.concatenate([p.positions[p.ok] for p in known]),
            np.concatenate([p.energies[p.ok] for p in known]),
            _scan_weights(parts, weights[group]),
            parts[0].label,
        )
        stretched = group.replace(DRAWN, STRETCHED)
        if stretched != group and stretched in groups:
            (here,), (there,) = parts, groups[stretched]
            found = _with_stretched(found, here, there, topology, counterpoise)
        sets.setdefault(found.label, []).append(found)
    return [join_dimers(parts) for parts in sets.values()]


def _with_stretched(
    found: DimerPoints,
    here: Points,
    there: Points,
    topology: Topology,
    counterpoise: Counterpoise | None,
) -> DimerPoints:
    """The same with those that are known with their molecules farther apart, too."""
    # All have the correction of the dimer that they were made from: else a hydrogen bond that
    # counts as a little less of one would look like a change of energy.
    corrected = calibrated(replace(there, positions=here.positions), topology, counterpoise)
    both = here.ok & there.ok
    return replace(
        found,
        stretched=there.positions[both],
        stretched_energies=corrected.energies[both],
        pulled=np.flatnonzero(both[here.ok]),
    )


def _scan_weights(parts: Sequence[Points], weights: np.ndarray | None) -> np.ndarray:
    count = sum(int(points.ok.sum()) for points in parts)
    return np.ones(count) if weights is None else weights * count
