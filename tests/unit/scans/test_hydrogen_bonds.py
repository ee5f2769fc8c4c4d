"""Hydrogen bonds between molecules, by their geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.scans.hydrogen_bonds import hydrogen_bonding

WATER = ["O", "H", "H"]
POSITIONS = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
PARTS = [slice(0, 3), slice(3, 6)]


def waters(distance: float) -> np.ndarray:
    """The oxygen of the second is at this distance from a hydrogen of the first."""
    return np.concatenate([POSITIONS, POSITIONS * [1, 1, -1] + [0.96 + distance, 0.0, 0.0]])


@pytest.mark.parametrize(("distance", "share"), [(1.6, 1.0), (1.95, 1.0), (2.4, 0.5), (3.0, 0.0)])
def test_share_falls_with_the_distance(distance: float, share: float) -> None:
    assert hydrogen_bonding(WATER * 2, waters(distance), PARTS) == pytest.approx(share)


def test_a_hydrogen_of_carbon_makes_none() -> None:
    methane = np.array([[0, 0, 0], [0.63, 0.63, 0.63], [-0.63, -0.63, 0.63]])
    near = np.concatenate([methane, POSITIONS + methane[1] + 1.1])
    symbols = ["C", "H", "H", *WATER]
    assert hydrogen_bonding(symbols, near, PARTS) == 0.0


def test_one_molecule_makes_none_with_itself() -> None:
    assert hydrogen_bonding(WATER, POSITIONS, [slice(0, 3)]) == 0.0


@given(st.floats(1.5, 3.5), st.floats(-1e-3, 1e-3))
def test_share_is_smooth(distance: float, step: float) -> None:
    before, after = (
        hydrogen_bonding(WATER * 2, waters(x), PARTS) for x in (distance, distance + step)
    )
    assert 0.0 <= before <= 1.0
    assert abs(after - before) < 3e-3
