"""Coordinates, and how structures are driven along them."""

from aiida_forcefield.scans.calibration import (
    Counterpoise,
    calibrate,
    calibrated,
    complete_basis,
    family_and_cardinal,
    hydrogen_bonds,
    representative_dimers,
)
from aiida_forcefield.scans.dimers import (
    pair_scan,
    random_dimers,
    squeezed_dimers,
    stretched,
)
from aiida_forcefield.scans.drive import drive
from aiida_forcefield.scans.liquid import liquid_dimers, liquid_molecules, pairs_of_each
from aiida_forcefield.scans.plan import Plan, Scan, plan_pair_scans, plan_scans
from aiida_forcefield.scans.points import (
    INTERRUPTED,
    MISSING,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    UNFINISHED,
    Points,
    Structures,
    dimer_structures,
    join,
    molecule_structures,
)

__all__ = [
    "INTERRUPTED",
    "MISSING",
    "OUT_OF_MEMORY",
    "OUT_OF_TIME",
    "UNFINISHED",
    "Counterpoise",
    "Plan",
    "Points",
    "Scan",
    "Structures",
    "calibrate",
    "calibrated",
    "complete_basis",
    "dimer_structures",
    "drive",
    "family_and_cardinal",
    "hydrogen_bonds",
    "join",
    "liquid_dimers",
    "liquid_molecules",
    "molecule_structures",
    "pair_scan",
    "pairs_of_each",
    "plan_pair_scans",
    "plan_scans",
    "random_dimers",
    "representative_dimers",
    "squeezed_dimers",
    "stretched",
]
