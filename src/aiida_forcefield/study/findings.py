"""What a study's scans and dimers found, from the provenance graph, for pictures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.study.dimer_set import SHOWN, DimerSet
from aiida_forcefield.study.graph import processes_of

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.data import PointsData
    from aiida_forcefield.potentials import ForceField
    from aiida_forcefield.scans import Points
    from aiida_forcefield.scans.origin import Sampling
    from aiida_forcefield.study.scan_profile import Profile
    from aiida_forcefield.topology import System


SCAN = "aiida.workflows:forcefield.scan"
"""Process type of a scan."""


def scan_nodes(study: "ProcessNode") -> list["ProcessNode"]:
    """The scans of a study, in the order in which they were begun."""
    from aiida.orm import ProcessNode, QueryBuilder

    pks = processes_of(study)
    filters = {"id": {"in": pks}, "process_type": SCAN}
    query = QueryBuilder().append(ProcessNode, filters=filters)
    return query.order_by({ProcessNode: "id"}).all(flat=True) if pks else []


def collect_profiles(study: "ProcessNode") -> list["Profile"]:
    """The profile of each scan that has one, beside the force field's.

    Args:
        study: whose reference geometries are known.
    """
    from aiida_forcefield.study.scan_profile import Matter, compare_profile

    found = outputs_of(study)
    matter = Matter(
        found["system"].value,
        {name: node.value for name, node in found["references"].items()},
        found["force_field"].value if "force_field" in found else None,
    )
    profiles = []
    for scan in scan_nodes(study):
        outputs = outputs_of(scan)
        if "profile" in outputs:
            points = in_order(outputs["points"])
            profiles.append(compare_profile(outputs["profile"].value, points, matter))
    return profiles


def collect_dimers(study: "ProcessNode") -> list[DimerSet]:
    """Interaction energies that were fitted, beside those of the study's force field.

    They come by pair of species, and of each by their origin.
    """
    outputs = outputs_of(study)
    field, system = outputs["force_field"].value, outputs["system"].value
    found: dict[tuple[tuple[str, str], Sampling], list[Points]] = {}
    for points in fitted_points(study):
        keys, sampling = points.cluster.species, points.origin.sampling
        if len(keys) == 2 and sampling in SHOWN and points.ok.any():
            one, other = sorted(map(system.name_of, keys), key=system.names.index)
            found.setdefault(((one, other), sampling), []).append(points)
    samplings = list(SHOWN)
    order = sorted(
        found,
        key=lambda group: (*map(system.names.index, group[0]), samplings.index(group[1])),
    )
    return [
        DimerSet(species, SHOWN[sampling], *_energies(field, system, found[species, sampling]))
        for species, sampling in order
    ]


def fitted_points(study: "ProcessNode") -> list["Points"]:
    """All points to which the force field of a study was fitted, in the order of their labels."""
    from aiida.common.links import LinkType

    fit = outputs_of(study)["force_field"].creator
    inputs = fit.base.links.get_incoming(link_type=LinkType.INPUT_CALC).nested()
    return in_order(inputs["points"])


def in_order(points: Mapping[str, "PointsData"]) -> list["Points"]:
    """All points of a scan or a fit, in the order of their labels."""
    return [points[label].value for label in sorted(points)]


def _energies(
    field: "ForceField", system: "System", parts: Sequence["Points"]
) -> tuple[np.ndarray, np.ndarray]:
    """Interaction energies of QM and of the force field, each of shape (s,), kcal/mol."""
    from aiida_forcefield.potentials import interaction_energies
    from aiida_forcefield.units import KCAL_PER_MOL

    expected = [part.energies[part.ok] for part in parts]
    predicted = [
        interaction_energies(
            field,
            system,
            [system.name_of(key) for key in part.cluster.species],
            part.positions[part.ok],
        )
        for part in parts
    ]
    return np.concatenate(expected) / KCAL_PER_MOL, np.concatenate(predicted) / KCAL_PER_MOL
