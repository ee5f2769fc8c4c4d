import numpy as np
import pytest

from aiida_forcefield.surrogate.kernel import squared_exponential


@pytest.mark.parametrize("periodic", [False, True])
def test_derivatives_are_those_of_the_kernel(periodic):
    t, step = np.linspace(-3, 3, 25), 1e-5
    _, first, second = squared_exponential(t, 0.7, periodic)
    above, below = (squared_exponential(t + s, 0.7, periodic) for s in (step, -step))
    np.testing.assert_allclose(first, (above[0] - below[0]) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(second, (above[1] - below[1]) / (2 * step), atol=1e-8)


def test_a_full_turn_changes_nothing():
    t = np.linspace(-3, 3, 25)
    for here, turned in zip(
        squared_exponential(t, 0.5, True),
        squared_exponential(t + 2 * np.pi, 0.5, True),
        strict=True,
    ):
        np.testing.assert_allclose(here, turned, atol=1e-12)
