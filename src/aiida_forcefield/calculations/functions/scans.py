"""Calcfunctions of a scan: plan, propose, learn."""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict
from numpy.typing import NDArray

from aiida_forcefield.calculations.labels import link_label
from aiida_forcefield.data import (
    PointsData,
    ProfileData,
    ScanData,
    SpeciesData,
    StructuresData,
    SystemData,
)
from aiida_forcefield.scans import (
    Cluster,
    Points,
    Scan,
    Structures,
    drive,
    pair_scan,
    plan_pair_scans,
    plan_scans,
)
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, first_values, learn
from aiida_forcefield.topology import Species

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

Array = NDArray[np.float64]
Planned = dict[str, dict[str, Data]]
"""Of each scan, by its label, `scan` and the `structures` with which it begins."""
Monomers = Mapping[str, tuple[Species, Array]]
"""Species and relaxed geometry, shape (n, 3), Å, by the key of the species."""


@calcfunction
def plan_molecule_scans(species: SpeciesData, reference: PointsData, learning: Dict) -> Planned:
    """The scans of all bonded terms of a molecule.

    Args:
        species: the molecule.
        reference: at rest.
        learning: settings of the surrogates.
    """
    monomers = {species.value.key: (species.value, reference.value.positions[0])}
    plan = plan_scans(*monomers[species.value.key])
    return {
        link_label(scan.name): _begun(scan, monomers, Settings(**learning.get_dict()))
        for scan in plan
    }


@calcfunction
def plan_pairs_of_types(system: SystemData, learning: Dict, **references: PointsData) -> Planned:
    """A scan for each pair of atom types, of equal and of unlike molecules.

    Args:
        system: all species.
        learning: settings of the surrogates.
        references: each species at rest, by its name.
    """
    monomers = {
        name: (species, references[name].value.positions[0]) for name, species in system.value
    }
    by_key = {species.key: (species, x) for species, x in monomers.values()}
    planned = {}
    for pair in combinations_with_replacement(system.value.names, 2):
        for scan in plan_pair_scans(*(monomers[name] for name in pair)):
            label = link_label(scan.name, *pair)
            planned[label] = _begun(scan, by_key, Settings(**learning.get_dict()))
    return planned


@calcfunction
def learn_profile(scan: ScanData, settings: Dict, **found: Mapping[str, Any]) -> dict[str, Data]:
    """The profile of a scan as its points tell it, and the structures that it wants next.

    Args:
        scan: of a molecule or of a pair of molecules.
        settings: of the surrogate.
        found: `species` of the molecules; `references`, each of them at rest, by the same labels;
            `points` of the scan, in the order of their labels.

    Returns:
        ``profile`` and, unless it wants none, ``structures``, each of which starts from the nearest
        relaxed neighbour.
    """
    plan = scan.value
    monomers = {
        node.value.key: (node.value, found["references"][label].value.positions[0])
        for label, node in found["species"].items()
    }
    values = [node.value for _, node in sorted(found["points"].items())]
    surrogate = learn(
        plan.kind, plan.lower, plan.upper, observations(values), Settings(**settings.get_dict())
    )
    learned: dict[str, Data] = {"profile": ProfileData(LearnedProfile(plan, surrogate))}
    if len(surrogate.proposals):
        relaxed = np.concatenate([p.positions[p.ok] for p in values])
        learned["structures"] = StructuresData(
            _structures(plan, monomers, surrogate.proposals, relaxed)
        )
    return learned


def observations(points: list[Points]) -> Observations:
    """What the points say; those that were never tried say nothing."""
    ok = np.concatenate([p.ok for p in points])
    tried = ~np.concatenate([p.missing for p in points])
    x, energy, slope = (
        np.concatenate([getattr(p, name) for p in points])
        for name in ("requested", "energies", "slopes")
    )
    return Observations(x=x[ok], energy=energy[ok], slope=slope[ok], failed=x[tried & ~ok])


def _begun(scan: Scan, monomers: Monomers, settings: Settings) -> dict[str, Data]:
    values = first_values(scan.kind, scan.lower, scan.upper, settings)
    return {
        "scan": ScanData(scan),
        "structures": StructuresData(_structures(scan, monomers, values)),
    }


def _structures(
    scan: Scan, monomers: Monomers, values: Array, relaxed: Array | None = None
) -> Structures:
    """Structures at some values of the coordinate of a scan.

    Those of one molecule are driven from the nearest of the structures that are known: the molecule
    at rest, and the `relaxed` ones, shape (s, n, 3), Å.
    """
    molecules = [monomers[key] for key in scan.species]
    cluster, sites = Cluster.of(*(species for species, _ in molecules)), scan.coordinate.atoms
    if scan.kind == "pair":
        one, other = molecules
        dimers = pair_scan(one, other, scan, values)
        constraint = sites[0], cluster.parts[1].start + sites[1]
        return Structures(scan.origin, cluster, dimers, constraint, values)
    (species, rest), *_ = molecules
    starts = rest[None] if relaxed is None else np.concatenate([rest[None], relaxed])
    here = evaluate(starts, [sites])[0][:, 0]
    if scan.kind != "bond":
        here = np.degrees(here)
    distance = np.abs(here[:, None] - values)
    if scan.kind in ("dihedral", "improper"):
        distance = np.minimum(distance, 360.0 - distance)
    driven = [
        drive(species, starts[nearest], scan, value)
        for nearest, value in zip(distance.argmin(axis=0), values, strict=True)
    ]
    # Rounded, and without negative zeros, lest the last bit of a machine make a point a new one.
    return Structures(scan.origin, cluster, np.round(driven, 8) + 0.0, sites, values)
