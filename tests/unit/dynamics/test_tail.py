"""The tail correction against numerical integration."""

from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.tail import check_tail, tail_coefficient
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.forms import EXP6, pair_of
from aiida_forcefield.topology.ions import ion
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System

PARAMETERS = {
    "water:O1": {"A": 1500.0, "rho": 0.28, "C6": 20.0},
    "water:H1": {"A": 60.0, "rho": 0.5, "C6": 1.5},  # soft, so that repulsion counts beyond 4 Å
    "Ar:Ar1": {"A": 900.0, "rho": 0.4, "C6": 60.0},
}
WATER = Species(("O", "H", "H"), 0, 1, ("O1", "H1", "H1"), (), (), np.zeros((1, 3, 3)), "O")
MIXTURE = System(("water", "Ar"), (WATER, ion("Ar", 0)), (5.0, 1.0))
FIELD = ForceField(
    MIXTURE.atom_types,
    tuple(Term("nonbonded", (name,), "exp6", p) for name, p in PARAMETERS.items()),
    FixedCharges({}, {}),
    np.zeros((9, 9)),
)


def test_coefficient_is_the_integral_over_all_pairs():
    expected = 0.0
    counts = {"water:O1": 50, "water:H1": 100, "Ar:Ar1": 7}
    for i, j in product(counts, repeat=2):
        p = np.array([*PARAMETERS[i].values(), *PARAMETERS[j].values()])
        integral = quad(lambda r, p=p: pair_of(EXP6)(np.array(r), p).energy * r**2, 4.0, np.inf)[0]
        expected += 2 * np.pi * counts[i] * counts[j] * integral
    assert tail_coefficient(FIELD, MIXTURE, (50, 7), 4.0) == pytest.approx(expected, rel=1e-6)


def test_check():
    coefficient = tail_coefficient(FIELD, MIXTURE, (50, 7), 9.0)
    thermo = Thermo(**{field.name: np.ones(3) for field in fields(Thermo)})
    volume = np.array([900.0, 1000.0, 1100.0])
    right = replace(thermo, volume=volume, tail=coefficient / volume)
    check_tail(right, coefficient)
    for wrong in (right.tail * 0, right.tail * 0.98):
        with pytest.raises(ValueError, match="tail correction"):
            check_tail(replace(right, tail=wrong), coefficient)
