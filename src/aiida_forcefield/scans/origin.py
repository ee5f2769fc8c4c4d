"""Where a structure comes from: which scan, sampling or round asked for it."""

from dataclasses import dataclass
from typing import Literal

from aiida_forcefield.scans.coordinate import Coordinate

Sampling = Literal[
    "conformers",
    "scan",
    "random",
    "squeezed",
    "liquid",
    "moved_apart",
    "uncertain",
    "trimers",
    "thermal",
    "polarizability",
    "cells",
]
"""How structures were chosen:

- conformers: of a molecule, of which the lowest becomes its reference;
- scan: values of a coordinate;
- random, squeezed: two molecules in any orientation, and pushed into each other;
- liquid: drawn from a simulated liquid; moved_apart: the same with their centres farther apart;
- uncertain: those of a liquid of which the force field is least sure;
- trimers: three molecules of a liquid that tell most of how they polarise each other;
- thermal: single molecules of a liquid;
- polarizability: the molecule at rest;
- cells: of a crystal, strained and with ions off their places.
"""


@dataclass(frozen=True)
class Origin:
    """Which scan, sampling or round asked for a structure.

    Attributes:
        sampling: how it was chosen.
        coordinate: that the scan varies; None without a scan.
        round: number of the round whose liquid it is from, counted from 0; None before them.
    """

    sampling: Sampling
    coordinate: Coordinate | None = None
    round: int | None = None

    @property
    def name(self) -> str:
        """For people: that of the coordinate, or the sampling."""
        return self.coordinate.name if self.coordinate else self.sampling.replace("_", " ")
