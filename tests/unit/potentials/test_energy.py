import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials import interaction_energies, molecule_energies
from aiida_forcefield.potentials.energy import dimer_model, molecule_model
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.topology import TermType, Topology

from .synthetic_fields import Case


def test_gradient_is_that_of_the_energy(case: Case) -> None:
    x = case.molecules[0]
    step = 1e-5
    shifts = step * np.concatenate([np.eye(x.size), -np.eye(x.size)]).reshape(-1, *x.shape)
    energy = molecule_energies(case.forcefield, case.topology, x + shifts)[0]
    expected = -np.diff(energy.reshape(2, -1), axis=0).reshape(x.shape) / (2 * step)
    gradient = molecule_energies(case.forcefield, case.topology, x[None])[1][0]
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_jacobians_are_those_of_energy_and_gradient(case: Case) -> None:
    field = case.forcefield
    molecules = molecule_model(case.topology, field.terms, case.molecules[:3], field.gas_charges)
    dimers = dimer_model(case.topology, field.terms, case.dimers[:5], field.gas_charges)
    value = molecules.evaluate(field.vector)
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
    before, gradient = molecule_energies(case.forcefield, case.topology, x)
    after = molecule_energies(case.forcefield, case.topology, moved.reshape(x.shape))[0]
    np.testing.assert_allclose(after, before, rtol=1e-9)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-9)


def test_interaction_is_the_sum_over_pairs_of_atoms(methanol: Case) -> None:
    dimer, field = methanol.dimers[0], methanol.forcefield
    n = len(dimer) // 2
    expected = 0.0
    for i in range(n):
        for j in range(n):
            a, b = (methanol.topology.atom_types[k] for k in (i, j))
            p, q = (field.term(f"nonbonded {t}").parameters for t in (a, b))
            r = np.linalg.norm(dimer[i] - dimer[n + j])
            rho = 2 / (1 / p["rho"] + 1 / q["rho"])
            expected += np.sqrt(p["A"] * q["A"]) * np.exp(-r / rho)
            expected -= np.sqrt(p["C6"] * q["C6"]) / r**6
            expected += 14.3996454784 * field.gas_charges[a] * field.gas_charges[b] / r
    found = interaction_energies(field, methanol.topology, dimer[None])
    assert found == pytest.approx(expected, rel=1e-10)


def test_distant_molecules_feel_their_charges_only(methanol: Case) -> None:
    dimer = methanol.dimers[:1].copy()
    dimer[:, 6:] += 1e4
    assert abs(interaction_energies(methanol.forcefield, methanol.topology, dimer)[0]) < 1e-9


def test_straight_angle_has_no_bending_force() -> None:
    topology = Topology(
        ("O", "C", "O"),
        0,
        1,
        ("O1", "C1", "O1"),
        ((0, 1), (1, 2)),
        (TermType("angle", "angle O1-C1-O1", ((0, 1, 2),)),),
        np.zeros((1, 3, 3)),
        "O=C=O",
    )
    terms = (
        Term("angle", "angle O1-C1-O1", "harmonic_angle", {"k": 3.0, "theta0": 180.0}),
        *(
            Term("nonbonded", f"nonbonded {t}", "exp6", {"A": 1e3, "rho": 0.25, "C6": 10.0})
            for t in ("O1", "C1")
        ),
    )
    x = np.array([[[-1.16, 0, 0], [0, 0, 0], [1.16, 0, 0]]])
    value = molecule_model(topology, terms, x, {"O1": -0.4, "C1": 0.8}).evaluate(np.ones(8))
    assert np.isfinite(value.gradient).all()


def test_wrong_input_is_named(methanol: Case) -> None:
    field, topology = methanol.forcefield, methanol.topology
    with pytest.raises(ValueError, match=r"positions: shape \(6, 3\)"):
        molecule_energies(field, topology, methanol.molecules[0])
    with pytest.raises(ValueError, match="dimers: shape"):
        interaction_energies(field, topology, methanol.molecules)
    with pytest.raises(ValueError, match="differ in nonbonded H2"):
        molecule_model(topology, field.terms[:-1], methanol.molecules, field.gas_charges)
