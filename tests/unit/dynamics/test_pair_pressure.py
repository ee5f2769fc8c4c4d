"""What some pairs tell of the pressure of all."""

import numpy as np
import pytest
from numpy.typing import NDArray

from aiida_forcefield.dynamics import pressure_error, pressure_shares
from aiida_forcefield.dynamics.many_body import Liquid, of_liquid

Array = NDArray[np.float64]

EDGE = 14.0


def distances(positions: Array, edges: Array) -> Array:
    """Of the centres of all molecules to the nearest image of each other."""
    centres = positions.mean(axis=1)
    apart = centres[:, None] - centres
    apart -= edges * np.rint(apart / edges)
    return np.asarray(np.linalg.norm(apart[np.triu_indices(len(centres), 1)], axis=-1))


def test_all_pairs_make_the_pressure_of_a_change_of_volume() -> None:
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(-1, 1, 3) * EDGE / 3
    liquid = sites + rng.normal(0, 0.3, (27, 1, 3)) + rng.normal(0, 0.5, (27, 4, 3))

    def missed(box: Liquid) -> float:
        apart = distances(box.positions.reshape(-1, 4, 3), box.edges)
        return float(np.sum(0.5 * np.exp(-apart / 1.7)))

    edges = np.full(3, EDGE)
    apart = distances(liquid, edges)
    changes = -apart / 1.7 * 0.5 * np.exp(-apart / 1.7)  # dE/dlnR
    found = pressure_error(changes, pressure_shares(np.ones(len(apart)), EDGE**3))
    expected = of_liquid(
        missed, Liquid(liquid.reshape(-1, 3), np.repeat(np.arange(27), 4), edges)
    ).pressure
    assert found.bias == pytest.approx(expected, rel=1e-3)
    assert found.pairs == 27 * 26 / 2


def test_the_error_is_what_samples_scatter_by() -> None:
    rng = np.random.default_rng(2)
    shares = pressure_shares(np.full(40, 18.0), 1e4)
    samples = [pressure_error(rng.normal(0, 0.1, 40), shares) for _ in range(300)]
    scatter = np.std([sample.bias for sample in samples])
    assert np.mean([sample.error for sample in samples]) == pytest.approx(scatter, rel=0.1)
    few = pressure_error(rng.normal(0, 0.1, 10), pressure_shares(np.full(10, 72.0), 1e4))
    assert few.error == pytest.approx(2 * scatter, rel=0.5)


def test_without_pairs_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="no pair of a liquid"):
        pressure_error(np.zeros(0), np.zeros(0))
