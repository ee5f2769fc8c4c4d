"""The order of structures, from neighbour to neighbour."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.runner.order import nearest_first

WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])


def geometry(stretch: float) -> np.ndarray:
    return WATER * (1 + stretch)


def test_each_structure_follows_its_nearest_neighbour() -> None:
    values = [0.0, 0.3, -0.1, 0.1, 0.2]
    assert nearest_first(np.array([geometry(v) for v in values])) == [0, 2, 3, 4, 1]


@given(st.permutations(range(6)))
def test_order_holds_each_structure_once(shuffled: list[int]) -> None:
    structures = np.array([geometry(0.01 * k**2) for k in shuffled])
    assert sorted(nearest_first(structures)) == list(range(6))
