"""What a force field was fitted to, to be fitted once more."""

from dataclasses import dataclass
from typing import Any

from aiida.common.links import LinkType
from aiida.orm import ArrayData, Dict, ProcessNode

from aiida_forcefield.calculations.dimers import FRAMES
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, SurrogateData
from aiida_forcefield.data.outputs import outputs_of

FIT = "fit_force_field"
POINTS, SURROGATE = "points_", "surrogate_"


@dataclass(frozen=True, eq=False)
class Known:
    """What a force field was fitted to, and what its liquid has beyond pairs.

    Attributes:
        species: the molecule.
        reference: its minimum.
        properties: Hessian, potential and dispersion of that.
        points: by scan and round, or by batch.
        surrogates: by scan.
        frames: the liquids of the rounds, ``frames_0`` and so on.
        calibration: how interaction energies are corrected, if they are.
        polarizability: of the molecule, if it was computed.
    """

    species: SpeciesData
    reference: PointsData
    properties: ArrayData
    points: dict[str, PointsData]
    surrogates: dict[str, SurrogateData]
    frames: dict[str, ArrayData]
    calibration: Dict | None
    polarizability: ArrayData | None


def known_of(force_field: ForceFieldData) -> Known:
    """What a force field was fitted to.

    Raises:
        ValueError: it comes from no `forcefield.fit`.
    """
    creator: ProcessNode | None = force_field.creator
    if creator is None or creator.process_label != FIT or creator.caller is None:
        raise ValueError(f"force field {force_field.pk} was not fitted by a study")
    found = creator.base.links.get_incoming(link_type=LinkType.INPUT_CALC).nested()

    def named(prefix: str) -> dict[str, Any]:
        return {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}

    return Known(
        found["species"],
        found["reference"],
        found["properties"],
        named(POINTS),
        named(SURROGATE),
        {label: node for label, node in found.items() if label.startswith(FRAMES)},
        found.get("calibration"),
        outputs_of(creator.caller).get("polarizability"),
    )
