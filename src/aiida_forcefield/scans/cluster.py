"""A cluster: a few molecules in a place, of which QM computes an energy."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from aiida_forcefield.topology import Species


@dataclass(frozen=True)
class Molecule:
    """One molecule or ion of a cluster.

    Attributes:
        species: key of its species.
        atoms: how many it has.
        charge: e.
        multiplicity: 2S + 1.
    """

    species: str
    atoms: int
    charge: int
    multiplicity: int


@dataclass(frozen=True)
class Cluster:
    """What clusters of equal composition are made of: a monomer, dimers, trimers, a crystal's cell.

    Attributes:
        symbols: element of each of the n atoms, one molecule after the other.
        molecules: of a crystal, the ions of its cell.
        bonds: bonded pairs of atoms, which a relaxation must preserve.
    """

    symbols: tuple[str, ...]
    molecules: tuple[Molecule, ...]
    bonds: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, *species: Species) -> "Cluster":
        """One molecule of each of some species, in their order.

        Raises:
            ValueError: several molecules, and one is no singlet, so that the state of all together
                is not defined.
        """
        for each in species:
            if len(species) > 1 and each.multiplicity != 1:
                raise ValueError(
                    f"multiplicity {each.multiplicity}: clusters of an open-shell molecule have no "
                    "defined spin state; only multiplicity 1 is allowed"
                )
        starts = accumulate((len(each.symbols) for each in species), initial=0)
        return cls(
            tuple(symbol for each in species for symbol in each.symbols),
            tuple(Molecule(s.key, len(s.symbols), s.charge, s.multiplicity) for s in species),
            tuple(
                (i + start, j + start)
                for each, start in zip(species, starts, strict=False)
                for i, j in each.bonds
            ),
        )

    @property
    def charge(self) -> int:
        """Of all molecules together, e."""
        return sum(molecule.charge for molecule in self.molecules)

    @property
    def multiplicity(self) -> int:
        """2S + 1; several molecules have closed shells."""
        return self.molecules[0].multiplicity if len(self.molecules) == 1 else 1

    @property
    def species(self) -> tuple[str, ...]:
        """Key of the species of each molecule."""
        return tuple(molecule.species for molecule in self.molecules)

    @cached_property
    def parts(self) -> tuple[slice, ...]:
        """The atoms of each molecule."""
        ends = accumulate(molecule.atoms for molecule in self.molecules)
        return tuple(
            slice(end - molecule.atoms, end)
            for end, molecule in zip(ends, self.molecules, strict=True)
        )
