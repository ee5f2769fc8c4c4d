"""What a study says of a mixture, turned into a system."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiida_forcefield.topology.composition import Concentration, Measure, salt_moles, solvent_moles
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System
from aiida_forcefield.topology.volume import liquid_volume


@dataclass(frozen=True)
class Salt:
    """A salt in a mixture.

    Attributes:
        ions: how many of each ion, by its name, a formula unit has.
        amount: its concentration.
        measure: molality, mol a kilogram of solvent, or molarity, mol a litre of solution.
    """

    ions: Mapping[str, int]
    amount: float
    measure: Concentration


@dataclass(frozen=True)
class Mixture:
    """How much of what is in a system.

    Attributes:
        solvent: parts of each, by name.
        measure: of these parts: mole, mass or volume.
        salts: by name.
    """

    solvent: Mapping[str, float]
    measure: Measure = "mole"
    salts: Mapping[str, Salt] = field(default_factory=dict)


def compose(mixture: Mixture, species: Mapping[str, Species]) -> System:
    """The system of a mixture, its species in the order of the alphabet.

    A database does not keep the order in which they were given, and the same mixture in another
    order is the same.

    Args:
        mixture: how much of what.
        species: by name, solvents and ions.

    Raises:
        ValueError: a species that the mixture does not have, or one that it has and that is not
            known; a salt that is not neutral; concentrations without room for a solvent; or as
            `System`.
    """
    ions = {name: salt.ions for name, salt in mixture.salts.items()}
    used = {*mixture.solvent, *(ion for unit in ions.values() for ion in unit)}
    if odd := used ^ {*species}:
        what = "has no amount" if odd <= {*species} else "is not among the species"
        raise ValueError(f"species {', '.join(sorted(odd))}: {what}")
    for name, unit in ions.items():
        if net := sum(count * species[ion].charge for ion, count in unit.items()):
            raise ValueError(f"salt {name}: {net:+d} e in a formula unit; must be neutral")
    by_volume = mixture.measure == "volume" or any(
        salt.measure == "molarity" for salt in mixture.salts.values()
    )
    volumes = {name: liquid_volume(each) for name, each in species.items()} if by_volume else {}
    moles = solvent_moles(mixture.solvent, mixture.measure, species, volumes)
    concentrations = {name: (salt.amount, salt.measure) for name, salt in mixture.salts.items()}
    of_salts = salt_moles(moles, concentrations, ions, species, volumes)
    for name, amount in of_salts.items():
        for ion, count in ions[name].items():
            moles[ion] = moles.get(ion, 0.0) + count * amount
    names = tuple(sorted(moles))
    return System(
        names, tuple(species[name] for name in names), tuple(moles[name] for name in names)
    )
