"""The tail correction against numerical integration."""

from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.tail import check_tail, tail_coefficient
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.forms import EXP6, pair_of
from aiida_forcefield.topology.species import Species

PARAMETERS = {
    "O1": {"A": 1500.0, "rho": 0.28, "C6": 20.0},
    "H1": {"A": 60.0, "rho": 0.5, "C6": 1.5},  # soft, so that repulsion counts beyond 4 Å
}
WATER = Species(("O", "H", "H"), 0, 1, ("O1", "H1", "H1"), (), (), np.zeros((1, 3, 3)), "O")
FIELD = ForceField(
    tuple(Term("nonbonded", f"nonbonded {t}", "exp6", p) for t, p in PARAMETERS.items()),
    {},
    {},
    np.zeros((6, 6)),
)


def test_coefficient_is_the_integral_over_all_pairs():
    expected = 0.0
    for i, j in product(WATER.atom_types, repeat=2):
        p = np.array([*PARAMETERS[i].values(), *PARAMETERS[j].values()])
        integral = quad(lambda r, p=p: pair_of(EXP6)(np.array(r), p).energy * r**2, 4.0, np.inf)[0]
        expected += 2 * np.pi * 50**2 * integral
    assert tail_coefficient(FIELD, WATER, 50, 4.0) == pytest.approx(expected, rel=1e-6)


def test_check():
    coefficient = tail_coefficient(FIELD, WATER, 50, 9.0)
    thermo = Thermo(**{field.name: np.ones(3) for field in fields(Thermo)})
    volume = np.array([900.0, 1000.0, 1100.0])
    right = replace(thermo, volume=volume, tail=coefficient / volume)
    check_tail(right, coefficient)
    for wrong in (right.tail * 0, right.tail * 0.98):
        with pytest.raises(ValueError, match="tail correction"):
            check_tail(replace(right, tail=wrong), coefficient)
