"""Drude particles against direct minimisation, point dipoles, and differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from aiida_forcefield.potentials.electrostatics.damping import (
    damped_field,
    damped_potential,
    screening,
)
from aiida_forcefield.potentials.electrostatics.drudes import Drudes
from aiida_forcefield.units import COULOMB

SPRING = 43.0


def drudes(alphas: list[float], charges: list[float], damping: float = 0.39) -> Drudes:
    """Atoms that all act on each other; those with a polarizability (Å³) have a particle."""
    n = len(charges)
    hosts = np.flatnonzero(alphas)
    alpha = np.array(alphas)[hosts]
    return Drudes(
        charges=np.array(charges),
        hosts=hosts,
        drudes=-np.sqrt(alpha * SPRING / COULOMB),
        springs=np.full(len(hosts), SPRING),
        anchors=np.eye(n)[hosts],
        lengths=np.cbrt(np.where(np.array(alphas) > 0, alphas, 0.3)),
        damping=damping,
        pairs=np.stack(np.triu_indices(n, 1), axis=1),
    )


def test_damped_field_is_the_slope_of_the_potential() -> None:
    r, lengths, h = np.linspace(0.5, 6, 12), np.full(12, 1.1), 1e-5
    field, change = damped_field(r, lengths, 0.39)
    up, down = (damped_potential(r + x, lengths, 0.39) for x in (h, -h))
    np.testing.assert_allclose(field, (down - up) / (2 * h), rtol=1e-7)
    up, down = (damped_field(r + x, lengths, 0.39)[0] for x in (h, -h))
    np.testing.assert_allclose(change, (up - down) / (2 * h), rtol=1e-6)


def test_damped_potential_is_that_of_a_smeared_charge() -> None:
    # Its density is 3a/(4π L³) exp(−a (r/L)³); the potential of spherical shells.
    a, length, r = 0.39, 1.2, 1.7

    def shell(t: float) -> float:
        return 3 * a / length**3 * np.exp(-a * (t / length) ** 3) * t**2

    inside = quad(shell, 0, r)[0] / r
    outside = quad(lambda t: shell(t) / t, r, np.inf)[0]
    found = damped_potential(np.array([r]), np.array([length]), a)
    assert found[0] == pytest.approx(inside + outside, rel=1e-9)


def test_screening_is_what_damping_takes_off_coulombs_law() -> None:
    r, lengths, h = np.linspace(0.3, 3, 12), np.full(12, 1.1), 1e-5
    energy, force = screening(r, lengths, 0.39)
    np.testing.assert_allclose(energy, damped_potential(r, lengths, 0.39) - 1 / r, atol=1e-12)
    up, down = (screening(r + x, lengths, 0.39)[0] for x in (h, -h))
    np.testing.assert_allclose(force, (down - up) / (2 * h), rtol=1e-7)
    far, _ = screening(np.array([8.0]), np.array([1.1]), 0.39)
    assert 0 > far[0] > -1e-60


def test_atoms_without_particles_are_charges() -> None:
    x = np.array([[[0.0, 0, 0], [2.0, 0, 0]]])
    settled = drudes([0.0, 0.0], [1.0, -1.0]).settle(x)
    assert settled.energy[0] == pytest.approx(-COULOMB / 2)
    alone = drudes([0.0], [1.0]).settle(x[:, :1])
    assert (alone.energy[0], alone.displacements.shape) == (0, (1, 0, 3))


def test_charge_and_polarizable_atom_far_apart() -> None:
    # E = −½ α q²/r⁴, to which the finite spring adds terms in (d/r)².
    model, r = drudes([1.5, 0.0], [0.0, 1.0]), 30.0
    settled = model.settle(np.array([[[0.0, 0, 0], [r, 0, 0]]]))
    assert settled.energy[0] == pytest.approx(-0.5 * COULOMB * 1.5 / r**4, rel=1e-3)
    induced = model.drudes[0] * settled.displacements[0, 0, 0]
    assert induced == pytest.approx(-1.5 / r**2, rel=1e-3)


def test_two_polarizable_atoms_in_a_field() -> None:
    # Applequist: along the axis α∥ = (2α + 4α²/r³)/(1 − 4α²/r⁶), here by two far charges.
    alpha, r, far = 1.0, 3.0, 400.0
    model = drudes([alpha, alpha, 0, 0], [0.0, 0.0, 1.0, -1.0], damping=50.0)
    x = np.array([[[-r / 2, 0, 0], [r / 2, 0, 0], [-far, 0, 0], [far, 0, 0]]])
    settled = model.settle(x)
    moment = float(model.drudes @ settled.displacements[0, :, 0])
    expected = (2 * alpha + 4 * alpha**2 / r**3) / (1 - 4 * alpha**2 / r**6)
    assert moment / (2 / far**2) == pytest.approx(expected, rel=1e-3)


def test_energy_is_the_least() -> None:
    rng = np.random.default_rng(1)
    model = drudes([1.0, 0.8, 0.0, 1.3], [0.4, -0.6, 0.3, -0.1])
    x = 2.5 * np.array([[[0, 0, 0], [1, 0.2, 0], [0, 1, 0.3], [0.9, 1.1, 1.0]]])
    x = x + 0.1 * rng.normal(size=x.shape)
    settled = model.settle(x)

    def energy(moved: np.ndarray) -> float:
        d = moved.reshape(1, 3, 3)
        particles = np.concatenate([x, x[:, model.hosts] + d], axis=1)
        return float(model._energy(particles)[0] + 0.5 * SPRING * np.sum(d**2))

    found = minimize(energy, np.zeros(9), tol=1e-12)
    assert settled.energy[0] == pytest.approx(found.fun, abs=1e-9)


def test_gradient_is_that_of_the_settled_energy() -> None:
    model = drudes([1.0, 0.8, 0.0, 1.3], [0.4, -0.6, 0.3, -0.1])
    anchors = model.anchors.copy()
    anchors[0, :3] = [1.1, -0.15, 0.05]
    model = replace(model, anchors=anchors)
    x = 2.4 * np.array([[0, 0, 0], [1, 0.2, 0], [0, 1, 0.3], [0.9, 1.1, 1.0]])
    h = 1e-4
    moved = np.array([x + s * h * e.reshape(4, 3) for e in np.eye(12) for s in (1, -1)])
    energies = model.settle(moved).energy.reshape(12, 2)
    expected = (energies[:, 0] - energies[:, 1]) / (2 * h)
    np.testing.assert_allclose(model.settle(x[None]).gradient.ravel(), expected, atol=2e-7)


def test_atoms_that_polarise_each_other_without_end() -> None:
    model = drudes([3.0, 3.0, 0.0], [0.0, 0.0, 1.0], damping=1e4)
    x = np.array([[[0.0, 0, 0], [1.2, 0, 0], [4.0, 0, 0]]])
    with pytest.raises(ValueError, match="induced dipoles grow without end"):
        model.settle(x)
