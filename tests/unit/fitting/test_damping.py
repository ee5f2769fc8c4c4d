"""The damping from three-body energies: what is known is found, and what is not told stays."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.fitting.damping import (
    BOUNDS,
    Trimers,
    fit_damping,
    three_body_energies,
)
from aiida_forcefield.fitting.polarizable import DAMPING
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable, PolarizationError
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

WATER = System.pure("water", from_smiles("O"))
FIELD = Polarizable(
    net={"water:O1": -0.7, "water:H1": 0.35},
    dipoles=(BondDipole("water:O1", "water:H1", 0.05),),
    polarizabilities={"water:O1": 1.4},
    lengths={"water:O1": 0.95, "water:H1": 0.7},
    damping=0.39,
)
THREE = ("water", "water", "water")


def trimers(edge: float, count: int = 25) -> Array:
    """Three molecules about as far apart from each other, turned at random."""
    rng = np.random.default_rng(4)
    sites = edge * np.array([[0.0, 0, 0], [1, 0, 0], [0.5, 0.8, 0.2]])
    x = WATER.species[0].conformers[0]
    x = x - x.mean(axis=0)
    return np.array(
        [
            np.concatenate([Rotation.random(rng=rng).apply(x) + site for site in sites])
            for _ in range(count)
        ]
    )


def made_with(damping: float, x: Array, noise: float = 0.0) -> Trimers:
    energies = three_body_energies(WATER, replace(FIELD, damping=damping), THREE, x)
    rng = np.random.default_rng(8)
    return Trimers(THREE, x, energies + rng.normal(scale=noise, size=len(x)))


@pytest.mark.parametrize("damping", [0.1, 0.2, 0.39, 0.7])
def test_a_known_damping_is_found(damping: float) -> None:
    known = made_with(damping, trimers(2.7))
    found = fit_damping(WATER, FIELD, [known])
    assert abs(found.damping - damping) < found.error < damping / 2
    assert found.rmse < 0.01 * KCAL_PER_MOL
    assert found.slope == pytest.approx(1.0, abs=0.01)


def test_its_error_grows_with_what_the_model_misses() -> None:
    exact, noisy = (
        fit_damping(WATER, FIELD, [made_with(0.2, trimers(2.7), noise * KCAL_PER_MOL)])
        for noise in (0.0, 0.3)
    )
    assert noisy.error > 1.5 * exact.error
    assert abs(noisy.damping - 0.2) < 3 * noisy.error
    assert noisy.rmse == pytest.approx(0.3 * KCAL_PER_MOL, rel=0.3)


def test_several_sets_count_together() -> None:
    x = trimers(2.7)
    one, other = made_with(0.2, x[:12]), made_with(0.2, x[12:])
    together = fit_damping(WATER, FIELD, [made_with(0.2, x)])
    assert fit_damping(WATER, FIELD, [one, other]) == pytest.approx(together)
    assert together.error < min(fit_damping(WATER, FIELD, [each]).error for each in (one, other))


def test_trimers_far_apart_do_not_tell() -> None:
    """No damping is left between them, so the usual one stays, as uncertain as before."""
    found = fit_damping(WATER, FIELD, [made_with(2.0, trimers(9.0))])
    assert found.damping == pytest.approx(DAMPING, rel=1e-3)
    assert found.error == pytest.approx(0.5 * DAMPING, rel=1e-2)


def test_it_stays_within_its_bounds() -> None:
    near = trimers(2.7)
    energies = made_with(0.3, near).energies
    low = fit_damping(WATER, FIELD, [Trimers(THREE, near, -1e2 * energies)])
    assert low.damping == pytest.approx(BOUNDS[0], rel=1e-3)
    assert low.slope < 0


def test_a_mixture_has_the_three_body_energies_of_its_species() -> None:
    """In whatever order the molecules are."""
    system = System(("water", "ion"), (from_smiles("O"), from_smiles("[Li+]")), (1.0, 0.1))
    field = replace(
        FIELD,
        net=FIELD.net | {"ion:Li1": 1.0},
        lengths=FIELD.lengths | {"ion:Li1": 0.3},
    )
    x = trimers(2.7)[:, :-2]  # of the third, its first atom alone
    x[:, -1] += 0.2
    direct = three_body_energies(system, field, ("water", "water", "ion"), x)
    first = np.concatenate([x[:, -1:], x[:, :-1]], axis=1)
    assert abs(direct).max() > 0.01
    np.testing.assert_allclose(
        three_body_energies(system, field, ("ion", "water", "water"), first), direct, atol=1e-10
    )


def test_what_is_no_trimer_is_refused() -> None:
    x = trimers(2.7, 3)
    with pytest.raises(ValueError, match="trimers: there are none"):
        fit_damping(WATER, FIELD, [])
    with pytest.raises(ValueError, match="trimers water-water-water: 2 energies for 3"):
        Trimers(THREE, x, np.zeros(2))
    with pytest.raises(ValueError, match="must be finite; leave out failed points"):
        Trimers(THREE, x, np.array([0.0, np.nan, 0.0]))
    with pytest.raises(ValueError, match="clusters: shape"):
        fit_damping(WATER, FIELD, [Trimers(THREE, x[:, 1:], np.zeros(3))])


def test_atoms_that_polarise_each_other_without_end_are_told() -> None:
    violent = replace(FIELD, polarizabilities={"water:O1": 80.0})
    with pytest.raises(PolarizationError, match="induced dipoles grow without end"):
        fit_damping(WATER, violent, [Trimers(THREE, trimers(2.0, 3), np.zeros(3))])
