import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.potentials.collapse import inner_maximum, wall
from aiida_forcefield.potentials.forms import EXP6, TANG_TOENNIES, pair_of
from aiida_forcefield.units import COULOMB

EXP6_PAIR = pair_of(EXP6)


def total(r: np.ndarray, p: np.ndarray, charge_product: float) -> np.ndarray:
    """Exp-6, Coulomb and the wall."""
    energy = EXP6_PAIR(r, p).energy + COULOMB * charge_product / r
    start, epsilon = wall(p, charge_product, EXP6_PAIR)
    x6 = (start / r) ** 6 / 2
    return energy + np.where(r < start, 4 * epsilon * (x6**2 - x6) + epsilon, 0.0)


def test_inner_maximum_is_stationary_and_as_high_as_it_says() -> None:
    p = np.array([2300.0, 0.255, 12.0] * 2)
    top = inner_maximum(p, 0.1, EXP6_PAIR)
    r = np.linspace(0.3, 12, 20000)
    energy = EXP6_PAIR(r, p).energy + COULOMB * 0.1 / r
    flank = r > 0.5
    assert top.distance == pytest.approx(r[flank][np.argmax(energy[flank])], rel=5e-3)
    outside = r > top.distance
    inside = (r > 0.8 * top.distance) & ~outside
    assert energy[inside].max() <= energy[outside].max() * (1 + 1e-3)
    assert top.barrier == pytest.approx(energy[outside].max() - energy[outside].min(), rel=1e-3)


@given(
    A=st.floats(300, 5000),
    rho=st.floats(0.2, 0.32),
    C6=st.floats(0.5, 30),
    charge_product=st.floats(-0.4, 1.0),
)
def test_wall_leaves_no_hole(A: float, rho: float, C6: float, charge_product: float) -> None:
    p = np.array([A, rho, C6] * 2)
    top = inner_maximum(p, charge_product, EXP6_PAIR)
    if top.barrier == 0:
        with pytest.raises(ValueError, match="nothing keeps these atom types apart"):
            wall(p, charge_product, EXP6_PAIR)
        return
    r = np.geomspace(0.06, max(top.distance, 0.1), 500)
    assert (np.diff(total(r, p, charge_product)) < 0).all()


def test_damped_attraction_collapses_by_charge_alone() -> None:
    p = np.array([400.0, 0.25, 12.0, 60.0])
    assert inner_maximum(p, 0.1, TANG_TOENNIES.evaluate).distance == 0
    start, epsilon = wall(p, -0.5, TANG_TOENNIES.evaluate)
    assert start > 0
    r = np.geomspace(0.06, start / 1.25, 500)
    x6 = (start / r) ** 6 / 2
    energy = TANG_TOENNIES.evaluate(r, p).energy - COULOMB * 0.5 / r
    assert (np.diff(energy + 4 * epsilon * (x6**2 - x6)) < 0).all()


def test_attraction_without_repulsion_has_no_barrier() -> None:
    assert inner_maximum(np.array([1.0, 0.2, 20.0] * 2), -0.5, EXP6_PAIR).barrier == 0
