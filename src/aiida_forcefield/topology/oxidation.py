"""The charges of a crystal's ions: those of its file, or those that its bond lengths tell."""

import warnings
from collections import defaultdict

from pymatgen.analysis.bond_valence import BVAnalyzer
from pymatgen.core.structure import Structure

from aiida_forcefield.topology.crystal import Crystal

MOST_TRIALS = 10_000
"""Combinations of charges that bond valence analysis compares."""


def oxidation_states(crystal: Crystal) -> dict[str, int]:
    """The charge of each element, e, for `ions_of`.

    Without charges in its file, bond valence analysis finds them: M. O'Keeffe, N. E. Brese, J. Am.
    Chem. Soc. 113, 3226 (1991), in pymatgen.

    Raises:
        ValueError: charges that do not add up to zero, are not found, or differ between atoms of an
            element.
    """
    charges = crystal.charges or _by_bond_valence(crystal)
    if net := sum(charges[symbol] for symbol in crystal.symbols):
        stated = ", ".join(f"{element} {charge:+d}" for element, charge in charges.items())
        raise ValueError(f"charges: {stated} make {net:+d} e in the cell; they must add up to zero")
    return charges


def _by_bond_valence(crystal: Crystal) -> dict[str, int]:
    structure = Structure(
        crystal.cell, crystal.symbols, crystal.positions, coords_are_cartesian=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # elements without parameters; they fit nothing
        try:
            analyzer = BVAnalyzer(max_permutations=MOST_TRIALS)  # type: ignore[no-untyped-call]
            valences = analyzer.get_valences(structure)
        except ValueError:  # its way of saying that none fit
            raise ValueError(
                "charges: none fit the bond lengths; give the charge of each element"
            ) from None
    found: dict[str, set[int]] = defaultdict(set)
    for symbol, valence in zip(crystal.symbols, valences, strict=True):
        found[symbol].add(int(valence))
    for element, charges in found.items():
        if len(charges) > 1:
            each = " and ".join(f"{charge:+d}" for charge in sorted(charges))
            raise ValueError(f"charges: atoms of {element} have {each}; one for each is needed")
    return {element: charge for element, (charge,) in found.items()}
