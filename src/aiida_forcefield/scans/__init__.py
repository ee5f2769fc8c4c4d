"""Coordinates, and how structures are driven along them."""

from aiida_forcefield.scans.calibration import (
    calibration_dimers,
    complete_basis,
    counterpoise_fractions,
    family_and_cardinal,
    hydrogen_bonds,
)
from aiida_forcefield.scans.dimers import (
    liquid_dimers,
    pair_scan,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.scans.drive import drive
from aiida_forcefield.scans.plan import Plan, Scan, plan_pair_scans, plan_scans
from aiida_forcefield.scans.points import (
    MISSING,
    OUT_OF_MEMORY,
    UNFINISHED,
    Points,
    Structures,
    dimer_structures,
    join,
    molecule_structures,
)

__all__ = [
    "MISSING",
    "OUT_OF_MEMORY",
    "UNFINISHED",
    "Plan",
    "Points",
    "Scan",
    "Structures",
    "calibration_dimers",
    "complete_basis",
    "counterpoise_fractions",
    "dimer_structures",
    "drive",
    "family_and_cardinal",
    "hydrogen_bonds",
    "join",
    "liquid_dimers",
    "molecule_structures",
    "pair_scan",
    "plan_pair_scans",
    "plan_scans",
    "random_dimers",
    "squeezed_dimers",
]
