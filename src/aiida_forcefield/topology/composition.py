"""How much of each species a mixture has, from the measures that chemists use."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import LITRE_PER_MOL

Measure = Literal["mole", "mass", "volume"]
Concentration = Literal["molality", "molarity"]
Array = NDArray[np.float64]


def molar_mass(species: Species) -> float:
    """Of a molecule or ion with natural isotopes, g/mol."""
    return float(atomic_masses[[atomic_numbers[symbol] for symbol in species.symbols]].sum())


def solvent_moles(
    parts: Mapping[str, float],
    measure: Measure,
    species: Mapping[str, Species],
    volumes: Mapping[str, float],
) -> dict[str, float]:
    """Moles of each solvent, in all one mole.

    Args:
        parts: how much there is of each, by its name, in any unit of the measure.
        measure: mole, mass or volume, the latter of the pure liquids.
        species: by name.
        volumes: of one molecule in its pure liquid, Å³, by name; for volumes only.
    """
    per_mole = {
        "mole": dict.fromkeys(parts, 1.0),
        "mass": {name: molar_mass(species[name]) for name in parts},
        "volume": volumes,
    }[measure]
    moles = {name: amount / per_mole[name] for name, amount in parts.items()}
    total = sum(moles.values())
    return {name: amount / total for name, amount in moles.items()}


def salt_moles(
    solvents: Mapping[str, float],
    salts: Mapping[str, tuple[float, Concentration]],
    ions: Mapping[str, Mapping[str, int]],
    species: Mapping[str, Species],
    volumes: Mapping[str, float],
) -> dict[str, float]:
    """Moles of each salt in a mixture of solvents.

    A molality is of one kilogram of solvent. A molarity is of one litre of the solution, whose
    volume is taken as the sum of what its molecules and ions have, right to 15 % or so; the density
    that a simulation finds tells how far that was off.

    Args:
        solvents: moles of each.
        salts: concentration of each and its measure, mol/kg or mol/L.
        ions: of each salt, how many of each ion a formula unit has.
        species: solvents and ions by name.
        volumes: of one molecule or ion in solution, Å³, by name; for molarities only.

    Raises:
        ValueError: concentrations so high that no solvent is left in a litre.
    """
    kilograms = sum(n * molar_mass(species[name]) for name, n in solvents.items()) / 1000.0
    moles = {
        name: value * kilograms for name, (value, measure) in salts.items() if measure == "molality"
    }
    molar = {name: value for name, (value, measure) in salts.items() if measure == "molarity"}
    if not molar:
        return moles

    def litres(amounts: Mapping[str, float]) -> float:
        return sum(n * volumes[name] for name, n in amounts.items()) * LITRE_PER_MOL

    def of_salt(name: str) -> float:
        return litres({ion: float(count) for ion, count in ions[name].items()})

    # n = c V, and V grows with each n: V (1 - Σ c v) is the volume of all else.
    rest = litres(solvents) + sum(n * of_salt(name) for name, n in moles.items())
    left = 1.0 - sum(value * of_salt(name) for name, value in molar.items())
    if left <= 0:
        raise ValueError(f"molarity: {sum(molar.values()):g} mol/L leaves no room for a solvent")
    return moles | {name: value * rest / left for name, value in molar.items()}


def box_counts(amounts: Array, sizes: Array, charges: Array, atoms: int) -> NDArray[np.int_]:
    """Numbers of molecules of each species in a box of about so many atoms.

    Amounts are met as well as whole numbers can, by rounding; then the box is made neutral with as
    few changes as it takes, of the species whose change is the smallest relative one.

    Args:
        amounts: of each species, shape (k,).
        sizes: atoms of each, shape (k,).
        charges: of each, e, shape (k,).
        atoms: wanted in all.

    Raises:
        ValueError: the amounts carry a net charge, or the box is too small for one of each.
    """
    net = float(amounts @ charges)
    if abs(net) > 1e-6 * float(amounts.sum()):
        raise ValueError(f"amounts: {net:+.3g} e in all; a liquid must be neutral")
    exact = amounts * atoms / float(amounts @ sizes)
    if (exact < 0.5).any():
        least = int(np.ceil(0.5 * float(amounts @ sizes) / float(amounts.min())))
        raise ValueError(
            f"atoms: {atoms} are too few for one of each species; at least {least} are needed"
        )
    counts = np.maximum(np.round(exact), 1).astype(int)
    while excess := int(counts @ charges):
        step = np.where(charges * excess > 0, -1, 1)
        possible = (charges != 0) & (counts + step >= 1)
        if not possible.any():
            raise ValueError(f"atoms: {atoms} are too few for ions of all kinds to be neutral")
        off = np.where(possible, np.abs(counts + step - exact) / exact, np.inf)
        best = int(np.argmin(off))
        counts[best] += step[best]
    return counts
