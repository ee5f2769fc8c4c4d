"""What a study's scans and dimers found, from the provenance graph, for pictures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.study.dimer_set import DimerSet
from aiida_forcefield.study.graph import QM, descendants, processes_of

if TYPE_CHECKING:
    from aiida.orm import ArrayData, ProcessNode

    from aiida_forcefield.data import PointsData
    from aiida_forcefield.potentials import ForceField
    from aiida_forcefield.scans import Points
    from aiida_forcefield.study.scan_profile import Profile
    from aiida_forcefield.topology import Species


SCAN = "aiida.workflows:forcefield.scan"
"""Process type of a scan."""
PACKING = "aiida.calculations:forcefield.packing"
"""Process type of the packing of a box."""


def scan_nodes(study: "ProcessNode") -> list["ProcessNode"]:
    """The scans of a study, in the order in which they were begun."""
    return _of_type(processes_of(study), SCAN)


def collect_profiles(study: "ProcessNode") -> list["Profile"]:
    """The profile of each scan that has one, beside the force field's.

    Args:
        study: whose reference geometry is known.
    """
    from aiida_forcefield.calculations.functions.calibration import counterpoise_of
    from aiida_forcefield.scans import Scan
    from aiida_forcefield.study.scan_profile import compare_profile

    found = outputs_of(study)
    reference, species = found["reference"].value, found["species"].value
    force_field = found["force_field"].value if "force_field" in found else None
    counterpoise = counterpoise_of(found.get("calibration"))
    profiles = []
    for scan in scan_nodes(study):
        outputs = outputs_of(scan)
        if "surrogate" in outputs:
            plan, surrogate = Scan(**scan.inputs.scan.get_dict()), outputs["surrogate"].value
            points = in_order(outputs["points"])
            profiles.append(
                compare_profile(
                    plan, surrogate, points, reference, species, force_field, counterpoise
                )
            )
    return profiles


def collect_dimers(study: "ProcessNode") -> list[DimerSet]:
    """Interaction energies by origin, beside those of the study's force field."""
    from aiida_forcefield.calculations.functions.calibration import counterpoise_of
    from aiida_forcefield.calculations.functions.dimers import STRETCHED
    from aiida_forcefield.scans import calibrated

    found: dict[str, list[Points]] = {}
    for scan in scan_nodes(study):
        points = outputs_of(scan).get("points")
        if points and scan.inputs.scan["kind"] == "pair":
            found.setdefault("pair scans", []).extend(in_order(points))
    for batch in _of_type(processes_of(study), QM):
        label = batch.inputs.qm.structures.base.attributes.get("label")
        points = outputs_of(batch).get("points")
        kind = label.removeprefix("dimers ")
        shown = kind not in (label, "calibration", STRETCHED)
        if shown and points is not None and batch.is_finished:
            found.setdefault(kind, []).append(points.value)
    outputs = outputs_of(study)
    field, species = outputs["force_field"].value, outputs["species"].value
    counterpoise = counterpoise_of(outputs.get("calibration"))
    return [
        _dimer_set(field, species, name, [calibrated(p, species, counterpoise) for p in parts])
        for name, parts in found.items()
    ]


def packed_box(study: "ProcessNode") -> "ArrayData | None":
    """The box whose density the study measured."""
    from aiida.common.links import LinkType

    measured = study.base.links.get_outgoing(
        link_type=LinkType.CALL_WORK, link_label_filter="density"
    )
    for density in measured.all_nodes():
        for job in _of_type(descendants(density.pk), PACKING):
            if box := outputs_of(job).get("box"):
                return cast("ArrayData", box)
    return None


def in_order(points: Mapping[str, "PointsData"]) -> list["Points"]:
    """All points of a scan, in the order of their rounds."""
    return [points[label].value for label in sorted(points)]


def _dimer_set(
    field: "ForceField", species: "Species", name: str, parts: Sequence["Points"]
) -> DimerSet:
    from aiida_forcefield.potentials import interaction_energies
    from aiida_forcefield.units import KCAL_PER_MOL

    positions = np.concatenate([part.positions[part.ok] for part in parts])
    energies = np.concatenate([part.energies[part.ok] for part in parts])
    predicted = interaction_energies(field, species, positions)
    return DimerSet(name, energies / KCAL_PER_MOL, predicted / KCAL_PER_MOL)


def _of_type(pks: list[int], process_type: str) -> list["ProcessNode"]:
    """Those of some processes that are of a type, oldest first."""
    from aiida.orm import ProcessNode, QueryBuilder

    filters = {"id": {"in": pks}, "process_type": process_type}
    query = QueryBuilder().append(ProcessNode, filters=filters)
    return query.order_by({ProcessNode: "id"}).all(flat=True) if pks else []
