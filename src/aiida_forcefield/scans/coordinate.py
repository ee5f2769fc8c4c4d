"""A coordinate: the single structural parameter that a scan varies."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bond", "angle", "dihedral", "improper", "pair", "strain", "displacement"]


@dataclass(frozen=True)
class Coordinate:
    """A structural parameter of a molecule, of two molecules, or of a crystal.

    Attributes:
        kind: bond, angle, dihedral, improper; pair, the distance of two atoms of two molecules;
            strain of a cell, or displacement of a sublattice.
        types: atom types of the term, or of the atoms of a pair, as their species have them; of a
            displacement, the element that moves.
        atoms: of the driven term; of a pair, the atom of the first and that of the second molecule;
            of a displacement, those that move.
        mode: of a strain isotropic or the component that is not 0, of a displacement its direction.
    """

    kind: Kind
    types: tuple[str, ...] = ()
    atoms: tuple[int, ...] = ()
    mode: str = ""

    @property
    def name(self) -> str:
        """For people: ``"angle H1-C1-O1"``, ``"strain isotropic"``, ``"displacement Li x"``."""
        return " ".join(filter(None, (self.kind, "-".join(self.types), self.mode)))
