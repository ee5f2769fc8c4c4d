"""Calcfunctions of a scan: plan, propose, learn."""

from dataclasses import asdict

import numpy as np
from aiida.engine import calcfunction
from aiida.orm import Data, Dict
from numpy.typing import NDArray

from aiida_forcefield.data import PointsData, SpeciesData, StructuresData, SurrogateData
from aiida_forcefield.scans import (
    Points,
    Scan,
    dimer_structures,
    drive,
    molecule_structures,
    pair_scan,
    plan_pair_scans,
    plan_scans,
)
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.surrogate import Observations, Settings, first_values, learn
from aiida_forcefield.topology import Species

Array = NDArray[np.float64]


@calcfunction
def plan_all_scans(
    species: SpeciesData, reference: PointsData, molecule: Dict, pairs: Dict
) -> dict[str, Data]:
    """All scans of a material, and the structures with which each begins.

    Args:
        species: the molecule.
        reference: the relaxed molecule.
        molecule: settings of the surrogates of scans of one molecule.
        pairs: settings of the surrogates of scans of pairs.

    Returns:
        Two nodes for each scan, labelled like ``scan_bond_C1_O1`` and ``begin_bond_C1_O1``.
    """
    positions = reference.value.positions
    scans = plan_scans(species.value, positions[0]).scans
    planned: dict[str, Data] = {}
    for plan in (*scans, *plan_pair_scans(species.value, positions[0])):
        settings = Settings(**(pairs if plan.kind == "pair" else molecule).get_dict())
        values = first_values(plan.kind, plan.lower, plan.upper, settings)
        label = plan.name.replace(" ", "_").replace("-", "_")
        planned[f"scan_{label}"] = Dict(asdict(plan))
        planned[f"begin_{label}"] = _structures(plan, species.value, positions, values)
    return planned


@calcfunction
def learn_profile(
    scan: Dict, species: SpeciesData, reference: PointsData, settings: Dict, **points: PointsData
) -> dict[str, Data]:
    """The profile of a scan as its points tell it, and the structures that it wants next.

    Returns:
        ``surrogate`` and, unless it wants none, ``structures``, each of which starts from the
        nearest relaxed neighbour.
    """
    plan, monomer = Scan(**scan.get_dict()), reference.value.positions
    values = [node.value for _, node in sorted(points.items())]
    surrogate = learn(
        plan.kind, plan.lower, plan.upper, observations(values), Settings(**settings.get_dict())
    )
    learned: dict[str, Data] = {"surrogate": SurrogateData(surrogate)}
    if len(surrogate.proposals):
        relaxed = [] if plan.kind == "pair" else [p.positions[p.ok] for p in values]
        starts = np.concatenate([monomer, *relaxed])
        learned["structures"] = _structures(plan, species.value, starts, surrogate.proposals)
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


def _structures(plan: Scan, species: Species, starts: Array, values: Array) -> StructuresData:
    """Drive the nearest of the `starts`, shape (s, n, 3), to each of the `values`."""
    if plan.kind == "pair":
        dimers = pair_scan(species, starts[0], plan, values)
        first, second = plan.atoms
        sites = first, second + len(species.symbols)
        return StructuresData(dimer_structures(species, plan.name, dimers, sites, values))
    here = evaluate(starts, [plan.atoms])[0][:, 0]
    if plan.kind != "bond":
        here = np.degrees(here)
    distance = np.abs(here[:, None] - values)
    if plan.kind in ("dihedral", "improper"):
        distance = np.minimum(distance, 360.0 - distance)
    driven = [
        drive(species, starts[nearest], plan, value)
        for nearest, value in zip(distance.argmin(axis=0), values, strict=True)
    ]
    # Rounded, and without negative zeros, lest the last bit of a machine make a point a new one.
    positions = np.round(driven, 8) + 0.0
    structures = molecule_structures(species, plan.name, positions, plan.atoms, values)
    return StructuresData(structures)
