"""A system: named species and how much there is of each, or the ions of a crystal's cell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.species import Species, TermType

NAME = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*")
"""What the name of a species may be: it names links of the provenance graph, too."""


@dataclass(frozen=True)
class AtomType:
    """Atoms of equal chemical environment, in a system.

    Attributes:
        species: name of their species in the system, such as ``"EC"``.
        symbol: their element.
        label: their type in the species, such as ``"O1"``.
    """

    species: str
    symbol: str
    label: str

    @property
    def name(self) -> str:
        """Unique in a system, such as ``"EC:O1"``."""
        return type_name(self.species, self.label)


@dataclass(frozen=True, eq=False)
class System:
    """Species with their names and amounts: a pure liquid, a mixture, an electrolyte, a crystal.

    Attributes:
        names: of the species, each once.
        species: as many.
        amounts: how much there is of each, in molecules or moles of any number; of a crystal, ions
            in its cell.
        crystal: its cell, whose atoms are single-atom species; None for all else.

    Raises:
        ValueError: names that are not allowed or not unique, a species that occurs twice, amounts
            that are not positive; one line.
    """

    names: tuple[str, ...]
    species: tuple[Species, ...]
    amounts: tuple[float, ...]
    crystal: Crystal | None = None

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.species) == len(self.amounts) > 0:
            raise ValueError("species: each needs one name and one amount, and there must be some")
        for name in self.names:
            if not NAME.fullmatch(name):
                raise ValueError(
                    f"species {name!r}: a name has letters and digits, and _ between them"
                )
        for what, values in (("name", self.names), ("structure", [s.key for s in self.species])):
            if len(set(values)) < len(values):
                raise ValueError(f"species {', '.join(self.names)}: two have the same {what}")
        for name, amount in zip(self.names, self.amounts, strict=True):
            if not 0 < amount < float("inf"):
                raise ValueError(f"species {name}: amount {amount:g}; must be a number above 0")

    @classmethod
    def pure(cls, name: str, species: Species) -> "System":
        """One species by itself."""
        return cls((name,), (species,), (1.0,))

    def __iter__(self) -> Iterator[tuple[str, Species]]:
        """Name and species of each."""
        return zip(self.names, self.species, strict=True)

    @property
    def charge(self) -> float:
        """In e, of the amounts."""
        return sum(n * each.charge for n, each in zip(self.amounts, self.species, strict=True))

    @cached_property
    def atom_types(self) -> tuple[AtomType, ...]:
        """All atom types, species by species."""
        return tuple(
            AtomType(name, species.symbols[species.atom_types.index(label)], label)
            for name, species in self
            for label in species.type_names
        )

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        """The names of all atom types."""
        return tuple(each.name for each in self.atom_types)

    def types_of(self, name: str) -> tuple[str, ...]:
        """Name of the type of each atom of a species."""
        species = self.of_name(name)
        return tuple(
            AtomType(name, s, t).name
            for s, t in zip(species.symbols, species.atom_types, strict=True)
        )

    def terms_of(self, name: str) -> tuple[TermType, ...]:
        """The bonded term types of a species, with the names that atom types have in the system."""
        return tuple(
            TermType(
                term.kind,
                tuple(AtomType(name, "", label).name for label in term.types),
                term.members,
            )
            for term in self.of_name(name).term_types
        )

    def of_name(self, name: str) -> Species:
        """The species of this name; raises ValueError if there is none."""
        if name not in self.names:
            raise ValueError(f"species {name!r} is not one of {', '.join(self.names)}")
        return self.species[self.names.index(name)]

    def name_of(self, key: str) -> str:
        """Name of the species with this key; raises ValueError if there is none."""
        keys = [species.key for species in self.species]
        if key not in keys:
            raise ValueError(f"species {key} is not one of {', '.join(keys)}")
        return self.names[keys.index(key)]


def type_name(species: str, label: str) -> str:
    """Name in a system of an atom type of a species."""
    return f"{species}:{label}"


def species_name(title: str) -> str:
    """A name that a species may have, from what people call it: ``"1_2_dimethoxyethane"``."""
    return "_".join(re.findall(r"[A-Za-z0-9]+", title)) or "molecule"
