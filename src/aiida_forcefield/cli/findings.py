"""What a study's scans and dimers found, from the provenance graph to the pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aiida.orm import ArrayData, ProcessNode

    from aiida_forcefield.report import DimerSet, Profile
    from aiida_forcefield.scans import Points


def scan_nodes(study: "ProcessNode") -> list["ProcessNode"]:
    """The scans of a study, in the order in which they were begun."""
    return _called(study, "aiida.workflows:forcefield.scan")


def collect_profiles(study: "ProcessNode") -> list["Profile"]:
    """The profile of each scan that has one, beside the force field's.

    Args:
        study: whose reference geometry is known.
    """
    from aiida_forcefield.report import compare_profile
    from aiida_forcefield.scans import Scan

    outputs = study.outputs
    force_field = outputs.force_field.value if "force_field" in outputs else None
    return [
        compare_profile(
            Scan(**scan.inputs.scan.get_dict()),
            scan.outputs.surrogate.value,
            scan_points(scan),
            outputs.reference.value,
            outputs.topology.value,
            force_field,
        )
        for scan in scan_nodes(study)
        if "surrogate" in scan.outputs
    ]


def collect_dimers(study: "ProcessNode") -> list["DimerSet"]:
    """Interaction energies by origin, beside those of the study's force field."""
    found: dict[str, list[Points]] = {}
    for scan in scan_nodes(study):
        if scan.inputs.scan["kind"] == "pair" and "points" in scan.outputs:
            found.setdefault("pair scans", []).extend(scan_points(scan))
    for job in _called(study, "aiida.calculations:forcefield.qm"):
        label = job.inputs.structures.base.attributes.get("label")
        if label.startswith("dimers ") and "points" in job.outputs:
            name = label.removeprefix("dimers ")
            found.setdefault(name, []).append(job.outputs.points.value)
    return [_dimer_set(study, name, parts) for name, parts in found.items()]


def packed_box(study: "ProcessNode") -> "ArrayData | None":
    """The box whose density the study measured."""
    jobs = _called(study, "aiida.calculations:forcefield.packing")
    boxes = [job.outputs.box for job in jobs if "box" in job.outputs]
    return boxes[-1] if boxes else None


def scan_points(scan: "ProcessNode") -> list["Points"]:
    """All points of a scan, in the order of their rounds."""
    points = scan.outputs.points
    return [points[label].value for label in sorted(points)]


def _dimer_set(study: "ProcessNode", name: str, parts: Sequence["Points"]) -> "DimerSet":
    from aiida_forcefield.potentials import interaction_energies
    from aiida_forcefield.potentials.units import KCAL_PER_MOL
    from aiida_forcefield.report import DimerSet

    positions = np.concatenate([part.positions[part.ok] for part in parts])
    energies = np.concatenate([part.energies[part.ok] for part in parts])
    field, topology = study.outputs.force_field.value, study.outputs.topology.value
    predicted = interaction_energies(field, topology, positions)
    return DimerSet(name, energies / KCAL_PER_MOL, predicted / KCAL_PER_MOL)


def _called(study: "ProcessNode", process_type: str) -> list["ProcessNode"]:
    """Processes of a type that a study called, directly or through others, oldest first."""
    from aiida.orm import ProcessNode, QueryBuilder

    from aiida_forcefield.cli.graph import descendants

    filters = {"id": {"in": descendants(study.pk)}, "process_type": process_type}
    query = QueryBuilder().append(ProcessNode, filters=filters)
    return query.order_by({ProcessNode: "id"}).all(flat=True) if filters["id"]["in"] else []
