import numpy as np
import pytest

from aiida_forcefield.fitting.priors.curvatures import curvatures
from aiida_forcefield.topology import Species, TermType, from_smiles

from ..synthetic_fields import Case


def test_diatomic_gives_its_force_constant() -> None:
    bond = TermType("bond", ("F1", "H1"), ((0, 1),))
    species = Species(("H", "F"), 0, 1, ("H1", "F1"), ((0, 1),), (bond,), np.zeros((1, 2, 3)), "F")
    b = np.array([0, 0, -1.0, 0, 0, 1.0])
    x = np.array([[0, 0, 0], [0, 0, 0.92]])
    found = curvatures(species, x, 60.0 * np.outer(b, b))
    assert found == {"bond F1-H1": pytest.approx(60.0, rel=1e-3)}


def test_straight_angle_bends_in_two_directions() -> None:
    """CO2: the angle's force constant stands once in each of two directions across the line."""
    species = from_smiles("O=C=O")
    x = np.array([[-1.16, 0, 0], [0.0, 0, 0], [1.16, 0, 0]])
    line = np.array([1.0, -2.0, 1.0]) / 1.16
    hessian = np.zeros((3, 3, 3, 3))
    for across in (1, 2):
        hessian[:, across, :, across] = 4.7 * np.outer(line, line)
    stretches = [np.array([-1.0, 1.0, 0.0]), np.array([0.0, -1.0, 1.0])]
    hessian[:, 0, :, 0] = 100 * sum(np.outer(b, b) for b in stretches)
    found = curvatures(species, x, hessian.reshape(9, 9))
    assert found["angle O1-C1-O1"] == pytest.approx(4.7, rel=0.05)
    assert found["bond C1-O1"] == pytest.approx(100, rel=0.01)


def test_force_constants_come_back_from_the_hessian(case: Case) -> None:
    found = curvatures(case.species, case.reference.positions, case.reference.hessian)
    for term in case.species.term_types:
        p = case.forcefield.term(case.named(term.name)).parameters
        if term.kind == "bond":
            assert found[term.name] == pytest.approx(2 * p["D"] * p["alpha"] ** 2, rel=0.15)
        if term.kind == "angle":
            assert found[term.name] == pytest.approx(2 * p["k"], rel=0.5)


def test_hessian_must_be_finite_and_square(methanol: Case) -> None:
    with pytest.raises(ValueError, match=r"hessian: shape \(3, 3\)"):
        curvatures(methanol.species, methanol.reference.positions, np.eye(3))
