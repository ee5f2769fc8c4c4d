"""Coordinates, how structures are driven along them, and the clusters that QM computes."""

from aiida_forcefield.scans.approach import Monomer
from aiida_forcefield.scans.cluster import Cluster, Molecule
from aiida_forcefield.scans.coordinate import Coordinate
from aiida_forcefield.scans.dimers import (
    moved_apart,
    pair_scan,
    random_dimers,
    squeezed_dimers,
)
from aiida_forcefield.scans.drive import drive
from aiida_forcefield.scans.liquid import (
    LiquidDimer,
    liquid_dimers,
    liquid_molecules,
    pairs_of_each,
)
from aiida_forcefield.scans.origin import Origin, Sampling
from aiida_forcefield.scans.plan import Plan, plan_pair_scans, plan_scans
from aiida_forcefield.scans.points import (
    INTERRUPTED,
    MISSING,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    UNFINISHED,
    Points,
    Structures,
    join,
)
from aiida_forcefield.scans.scan import Scan
from aiida_forcefield.scans.trimers import LiquidTrimer, liquid_trimers

__all__ = [
    "INTERRUPTED",
    "MISSING",
    "OUT_OF_MEMORY",
    "OUT_OF_TIME",
    "UNFINISHED",
    "Cluster",
    "Coordinate",
    "LiquidDimer",
    "LiquidTrimer",
    "Molecule",
    "Monomer",
    "Origin",
    "Plan",
    "Points",
    "Sampling",
    "Scan",
    "Structures",
    "drive",
    "join",
    "liquid_dimers",
    "liquid_molecules",
    "liquid_trimers",
    "moved_apart",
    "pair_scan",
    "pairs_of_each",
    "plan_pair_scans",
    "plan_scans",
    "random_dimers",
    "squeezed_dimers",
]
