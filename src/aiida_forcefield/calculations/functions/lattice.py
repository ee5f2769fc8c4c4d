"""Calcfunctions of the scans of a crystal: plan, learn, and measure its equation of state."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from aiida.engine import calcfunction
from aiida.orm import Data, Dict, StructureData

from aiida_forcefield.calculations.functions.scans import observations
from aiida_forcefield.data import PointsData, ProfileData, ScanData, StructuresData
from aiida_forcefield.scans import Scan
from aiida_forcefield.scans.crystal_qm import CrystalSettings, scan_parameters
from aiida_forcefield.scans.equation_of_state import equation_of_state
from aiida_forcefield.scans.lattice import (
    lattice_scan,
    lattice_slopes,
    lattice_structures,
)
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, first_values, learn
from aiida_forcefield.topology.crystal import Crystal, conventional_lengths, from_atoms

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""


@calcfunction
def plan_lattice_scan(
    crystal: StructureData, coordinate: Dict, settings: Dict, learning: Dict
) -> dict[str, Data]:
    """A scan of a crystal, the structures with which it begins, and how QM computes them.

    Args:
        crystal: any cell of it; its primitive one is scanned.
        coordinate: ``mode``, ``lower`` and ``upper``; of a displacement also its ``element``.
        settings: of `CrystalSettings`.
        learning: settings of the surrogate.

    Returns:
        ``scan``, ``structures`` and ``parameters``.
    """
    primitive = primitive_cell(crystal)
    scan = lattice_scan(primitive, **coordinate.get_dict())
    values = first_values(scan.kind, scan.lower, scan.upper, Settings(**learning.get_dict()))
    return {
        "scan": ScanData(scan),
        "structures": StructuresData(lattice_structures(primitive, scan, values)),
        "parameters": Dict(
            scan_parameters(primitive, scan, CrystalSettings(**settings.get_dict()))
        ),
    }


@calcfunction
def learn_lattice_profile(
    scan: ScanData, crystal: StructureData, settings: Dict, **points: PointsData
) -> dict[str, Data]:
    """The profile of a scan of a crystal as its points tell it, and what it wants next.

    Returns:
        ``profile`` and, unless it wants none, ``structures``.
    """
    plan = scan.value
    seen = _observations(plan, points)
    surrogate = learn(plan.kind, plan.lower, plan.upper, seen, Settings(**settings.get_dict()))
    learned: dict[str, Data] = {"profile": ProfileData(LearnedProfile(plan, surrogate))}
    if len(surrogate.proposals):
        proposed = lattice_structures(primitive_cell(crystal), plan, surrogate.proposals)
        learned["structures"] = StructuresData(proposed)
    return learned


@calcfunction
def measure_equation_of_state(scan: ScanData, crystal: StructureData, **points: PointsData) -> Dict:
    """Lattice constants and bulk modulus from a scan of the isotropic strain.

    Returns:
        The fields of `EquationOfState`, and the ``lattice_constants`` of the conventional cell in
        Å with their errors.

    Raises:
        ValueError: a scan of another coordinate, or as `equation_of_state`.
    """
    plan, primitive = scan.value, primitive_cell(crystal)
    if plan.coordinate.mode != "isotropic":
        raise ValueError(f"scan {plan.name!r}: an equation of state needs 'strain isotropic'")
    seen = _observations(plan, points)
    state = equation_of_state(seen.x, seen.energy, seen.slope, primitive.volume)
    lengths = conventional_lengths(primitive)
    return Dict(
        asdict(state)
        | {
            "lattice_constants": (lengths * (1.0 + state.strain)).tolist(),
            "lattice_constants_errors": (lengths * state.strain_error).tolist(),
        }
    )


def _observations(scan: Scan, points: Mapping[str, PointsData]) -> Observations:
    parts = [node.value for _, node in sorted(points.items())]
    return observations([replace(part, slopes=lattice_slopes(scan, part)) for part in parts])


def primitive_cell(node: StructureData) -> Crystal:
    """The primitive cell of a crystal.

    Raises:
        ValueError: sites that are partly occupied, or as `from_atoms`.
    """
    if any(kind.is_alloy or kind.has_vacancies for kind in node.kinds):
        raise ValueError("crystal: sites that are partly occupied are not allowed")
    return from_atoms(node.get_ase())
