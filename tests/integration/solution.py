"""Methanol after OPLS-AA, water after SPC/E with flexible angles, and salt in both.

W. L. Jorgensen, D. S. Maxwell, J. Tirado-Rives, JACS 118, 11225 (1996); H. J. C. Berendsen,
J. R. Grigera, T. P. Straatsma, J. Phys. Chem. 91, 6269 (1987); ions of about the right size.
Hydrogens of hydroxyl have a small core, as in CHARMM: ours are never without one.
"""

import numpy as np

from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.units import KCAL_PER_MOL as KCAL

SPECIES = {
    "MeOH": from_smiles("CO"),
    "water": from_smiles("O"),
    "Na": from_smiles("[Na+]"),
    "Cl": from_smiles("[Cl-]"),
}
BONDED = {
    "bond MeOH:C1-MeOH:O1": ("harmonic_bond", {"k": 320 * KCAL, "r0": 1.41}),
    "bond MeOH:C1-MeOH:H1": ("harmonic_bond", {"k": 340 * KCAL, "r0": 1.09}),
    "bond MeOH:H2-MeOH:O1": ("harmonic_bond", {"k": 553 * KCAL, "r0": 0.945}),
    "angle MeOH:H1-MeOH:C1-MeOH:H1": ("harmonic_angle", {"k": 33 * KCAL, "theta0": 107.8}),
    "angle MeOH:H1-MeOH:C1-MeOH:O1": ("harmonic_angle", {"k": 35 * KCAL, "theta0": 109.5}),
    "angle MeOH:C1-MeOH:O1-MeOH:H2": ("harmonic_angle", {"k": 55 * KCAL, "theta0": 108.5}),
    "dihedral MeOH:H1-MeOH:C1-MeOH:O1-MeOH:H2": ("threefold", {"k3": 0.225 * KCAL}),
    "bond water:H1-water:O1": ("harmonic_bond", {"k": 553 * KCAL, "r0": 1.0}),
    "angle water:H1-water:O1-water:H1": ("harmonic_angle", {"k": 55 * KCAL, "theta0": 109.47}),
}
NONBONDED = {  # charge, e; epsilon, kcal/mol; sigma, Å
    "MeOH:C1": (0.145, 0.066, 3.5),
    "MeOH:O1": (-0.683, 0.170, 3.12),
    "MeOH:H1": (0.040, 0.030, 2.5),
    "MeOH:H2": (0.418, 0.046, 0.4),
    "water:O1": (-0.8476, 0.1554, 3.166),
    "water:H1": (0.4238, 0.046, 0.4),
    "Na:Na1": (1.0, 0.1, 2.6),
    "Cl:Cl1": (-1.0, 0.1, 4.4),
}


def system(**amounts: float) -> System:
    """Some of the species."""
    return System(tuple(amounts), tuple(map(SPECIES.get, amounts)), tuple(amounts.values()))


def field(of: System) -> ForceField:
    """Its force field."""
    terms = [
        Term(each.kind, each.types, *BONDED[each.name])
        for name in of.names
        for each in of.terms_of(name)
    ]
    for name in of.type_names:
        _, epsilon, sigma = NONBONDED[name]
        terms.append(
            Term("nonbonded", (name,), "lennard_jones", {"epsilon": epsilon * KCAL, "sigma": sigma})
        )
    charges = {name: NONBONDED[name][0] for name in of.type_names}
    return ForceField(
        of.atom_types,
        tuple(terms),
        FixedCharges(charges, charges),
        np.zeros((0, 0)),
        combination="geometric",
        scale_14=(0.5, 0.5),
    )
