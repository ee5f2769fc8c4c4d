"""A scan with what was learned of its profile."""

from dataclasses import dataclass

from aiida_forcefield.scans.scan import Scan
from aiida_forcefield.surrogate.surrogate import Surrogate


@dataclass(frozen=True, eq=False)
class LearnedProfile:
    """The profile of a scan as its points tell it.

    Attributes:
        scan: the coordinate and its window.
        surrogate: learned from the points of the scan.
    """

    scan: Scan
    surrogate: Surrogate
