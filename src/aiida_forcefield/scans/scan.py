"""A scan: a coordinate and the window over which it varies."""

from dataclasses import dataclass

from aiida_forcefield.scans.coordinate import Coordinate, Kind
from aiida_forcefield.scans.origin import Origin


@dataclass(frozen=True)
class Scan:
    """One coordinate and the window over which it is scanned.

    Attributes:
        species: key of the species of the molecule, or of those of the two molecules of a pair.
        coordinate: what varies.
        lower: least value, Å or degrees; of a strain a fraction.
        upper: largest value; of a dihedral in a ring it may exceed 180°.
        periodic: whether the window is the full circle.
    """

    species: tuple[str, ...]
    coordinate: Coordinate
    lower: float
    upper: float
    periodic: bool = False

    @property
    def kind(self) -> Kind:
        """That of the coordinate."""
        return self.coordinate.kind

    @property
    def name(self) -> str:
        """That of the coordinate, for people."""
        return self.coordinate.name

    @property
    def origin(self) -> Origin:
        """Of the structures of this scan."""
        return Origin("scan", self.coordinate)
