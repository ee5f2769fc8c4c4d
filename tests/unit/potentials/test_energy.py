from dataclasses import replace
from math import factorial

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials import FixedCharges, Layout, Term
from aiida_forcefield.topology import Species, System, TermType

from ..synthetic_fields import Case


def damped(r: np.ndarray, A: float, rho: float, C6: float, C8: float) -> np.ndarray:
    """The form of Tang and Toennies, written out."""
    x = r / rho
    left = {n: np.exp(-x) * sum(x**k / factorial(k) for k in range(n + 1)) for n in (6, 8)}
    return A * np.exp(-x) - (1 - left[6]) * C6 / r**6 - (1 - left[8]) * C8 / r**8


def test_gradient_is_that_of_the_energy(case: Case) -> None:
    x = case.molecules[0]
    step = 1e-5
    shifts = step * np.concatenate([np.eye(x.size), -np.eye(x.size)]).reshape(-1, *x.shape)
    energy = case.energies(case.forcefield, x + shifts)[0]
    expected = -np.diff(energy.reshape(2, -1), axis=0).reshape(x.shape) / (2 * step)
    gradient = case.energies(case.forcefield, x[None])[1][0]
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_jacobians_are_those_of_energy_and_gradient(case: Case) -> None:
    field = case.forcefield
    layout = Layout.of(field, case.system)
    molecules = layout.molecules(case.name, case.molecules[:3], "gas")
    dimers = layout.clusters(case.pair, case.dimers[:5])
    value = molecules.evaluate(field.vector)
    np.testing.assert_allclose(molecules.gradient(field.vector)[0], value.energy, rtol=1e-12)
    np.testing.assert_allclose(molecules.gradient(field.vector)[1], value.gradient, atol=1e-12)
    jacobian = dimers.energy(field.vector)[1]
    for i, parameter in enumerate(field.vector):
        shift = np.zeros(len(field.vector))
        shift[i] = 1e-6 * max(abs(parameter), 0.1)
        width = 2 * shift[i]
        plus, minus = (molecules.evaluate(field.vector + s) for s in (shift, -shift))
        for exact, high, low in (
            (value.energy_jacobian[:, i], plus.energy, minus.energy),
            (value.gradient_jacobian[..., i], plus.gradient, minus.gradient),
            (
                jacobian[:, i],
                dimers.energy(field.vector + shift)[0],
                dimers.energy(field.vector - shift)[0],
            ),
        ):
            np.testing.assert_allclose(exact, (high - low) / width, rtol=1e-4, atol=1e-7)


def test_energy_does_not_change_when_the_molecule_moves(case: Case) -> None:
    x = case.molecules[:4]
    moved = Rotation.random(rng=np.random.default_rng(3)).apply(x.reshape(-1, 3) + 2.0)
    before, gradient = case.energies(case.forcefield, x)
    after = case.energies(case.forcefield, moved.reshape(x.shape))[0]
    np.testing.assert_allclose(after, before, rtol=1e-9)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-9)


def test_interaction_is_the_sum_over_pairs_of_atoms(methanol: Case) -> None:
    dimer, field = methanol.dimers[0], methanol.forcefield
    n = len(dimer) // 2
    expected = 0.0
    for i in range(n):
        for j in range(n):
            a, b = (methanol.system.types_of(methanol.name)[k] for k in (i, j))
            p, q = (field.term(f"nonbonded {t}").parameters for t in (a, b))
            r = np.linalg.norm(dimer[i] - dimer[n + j])
            A, C6, C8 = (np.sqrt(p[name] * q[name]) for name in ("A", "C6", "C8"))
            expected += damped(r, A, 2 / (1 / p["rho"] + 1 / q["rho"]), C6, C8)
            q = field.electrostatics.gas
            expected += 14.3996454784 * q[a] * q[b] / r
    found = methanol.interactions(field, dimer[None])
    assert found == pytest.approx(expected, rel=1e-10)


def test_distant_molecules_feel_their_charges_only(methanol: Case) -> None:
    dimer = methanol.dimers[:1].copy()
    dimer[:, 6:] += 1e4
    assert abs(methanol.interactions(methanol.forcefield, dimer)[0]) < 1e-9


def test_straight_angle_has_no_bending_force() -> None:
    species = Species(
        ("O", "C", "O"),
        0,
        1,
        ("O1", "C1", "O1"),
        ((0, 1), (1, 2)),
        (TermType("angle", ("O1", "C1", "O1"), ((0, 1, 2),)),),
        np.zeros((1, 3, 3)),
        "O=C=O",
    )
    terms = (
        Term("angle", ("X:O1", "X:C1", "X:O1"), "harmonic_angle", {"k": 3.0, "theta0": 180.0}),
        *(
            Term("nonbonded", (f"X:{t}",), "exp6", {"A": 1e3, "rho": 0.25, "C6": 10.0})
            for t in ("O1", "C1")
        ),
    )
    x = np.array([[[-1.16, 0, 0], [0, 0, 0], [1.16, 0, 0]]])
    charges = {"X:O1": -0.4, "X:C1": 0.8}
    layout = Layout(System.pure("X", species), terms, FixedCharges(charges, charges))
    value = layout.molecules("X", x).evaluate(np.ones(8))
    assert np.isfinite(value.gradient).all()


def test_wrong_input_is_named(methanol: Case) -> None:
    field = methanol.forcefield
    with pytest.raises(ValueError, match=r"positions: shape \(6, 3\)"):
        methanol.energies(field, methanol.molecules[0])
    with pytest.raises(ValueError, match="clusters: shape"):
        methanol.interactions(field, methanol.molecules)
    with pytest.raises(ValueError, match="differ in nonbonded methanol:H2"):
        Layout(methanol.system, field.terms[:-1], field.electrostatics)


def test_atoms_three_bonds_apart_count_by_their_scale(methanol: Case) -> None:
    field, species = methanol.forcefield, methanol.species
    types, x = methanol.system.types_of(methanol.name), methanol.molecules[:2]
    half = replace(field, scale_14=(0.25, 0.5))
    apart = methanol.energies(replace(field, scale_14=None), x)[0]
    expected = np.zeros(2)
    for i, j in species.pairs_14:
        a, b = types[i], types[j]
        p = field.pair(a, b)
        r = np.linalg.norm(x[:, i] - x[:, j], axis=-1)
        expected += 0.25 * damped(r, **p)
        q = field.electrostatics.liquid
        expected += 0.5 * 14.3996454784 * q[a] * q[b] / r
    assert len(species.pairs_14) == 3
    energy, gradient = methanol.energies(half, x)
    np.testing.assert_allclose(energy - apart, expected, rtol=1e-9)
    shift = np.zeros_like(x)
    shift[:, 5, 0] = 1e-5
    change = [methanol.energies(half, x + s * shift)[0] for s in (1, -1)]
    np.testing.assert_allclose(gradient[:, 5, 0], (change[0] - change[1]) / 2e-5, atol=1e-6)


def test_an_explicit_pair_goes_before_the_combination_rule(methanol: Case) -> None:
    field, dimer, pair = methanol.forcefield, methanol.dimers[:3], methanol.types("H2", "O1")
    before = methanol.interactions(field, dimer)
    own = field.pair(*pair)
    same = replace(field, terms=(*field.terms, Term("nonbonded", pair, "tang_toennies", own)))
    np.testing.assert_allclose(methanol.interactions(same, dimer), before, rtol=1e-12)
    other = Term("nonbonded", pair, "tang_toennies", own | {"A": own["A"] + 1.0})
    changed = replace(field, terms=(*field.terms, other))
    pairs = [(1, 6 + 5), (5, 6 + 1)]  # O and hydroxyl H of the one, and of the other
    r = np.stack([np.linalg.norm(dimer[:, i] - dimer[:, j], axis=-1) for i, j in pairs])
    after = methanol.interactions(changed, dimer)
    np.testing.assert_allclose(after - before, np.exp(-r / own["rho"]).sum(axis=0), rtol=1e-6)


def test_one_nonbonded_form_at_a_time(methanol: Case) -> None:
    parameters = {"epsilon": 1e-3, "sigma": 2.0}
    term = Term("nonbonded", methanol.types("H2"), "lennard_jones", parameters)
    terms = (*methanol.forcefield.terms[:-1], term)
    with pytest.raises(ValueError, match="lennard_jones and tang_toennies are mixed"):
        Layout(methanol.system, terms, methanol.forcefield.electrostatics)
