"""What a relaxation begins with; the relaxations themselves are tested with real engines."""

import numpy as np
import pytest
from numpy.typing import NDArray

from aiida_forcefield.runner.engine import Engine
from aiida_forcefield.runner.relax import Relaxer
from aiida_forcefield.runner.status import PointError
from aiida_forcefield.runner.units import BOHR, HARTREE

Array = NDArray[np.float64]

POSITIONS = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.8]])


class Spring(Engine):
    """Two atoms on a harmonic bond of 1 hartree/bohr²."""

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        bond = positions[1] - positions[0]
        k, length = HARTREE / BOHR**2, np.linalg.norm(bond)
        pull = k * (length - 0.8) * bond / length
        return k * (length - 0.8) ** 2 / 2, np.array([-pull, pull])

    def dipole(self, positions: Array) -> Array:
        return np.zeros(3)


class Failing(Spring):
    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        raise PointError("scf_not_converged", "no")


def test_second_derivatives_are_in_atomic_units() -> None:
    relaxer = Relaxer(("H", "H"), None, Spring(), cheap=Spring())
    expected = np.zeros((6, 6))
    expected[np.ix_([2, 5], [2, 5])] = [[1.0, -1.0], [-1.0, 1.0]]
    found = np.array(relaxer._second_derivatives(POSITIONS))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("cheap", [None, Failing()])
def test_without_them_it_goes_on(cheap: Spring | None) -> None:
    assert Relaxer(("H", "H"), None, Spring(), cheap=cheap)._second_derivatives(POSITIONS) is None
