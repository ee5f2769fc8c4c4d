"""The toy engine of the tests is as sound as an engine has to be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.runner import engines
from aiida_forcefield.runner.engine import Engine
from aiida_forcefield.runner.engines import add_folder, find_engine
from aiida_forcefield.runner.vibrations import hessian

FOLDER = Path(__file__).parents[2] / "plugins" / "toy_engine" / "engines"


@pytest.fixture(scope="module")
def toy() -> Iterator[Engine]:
    add_folder(FOLDER)
    yield find_engine("toy").molecule(("H", "F", "F", "Li"), 0, 1, {})
    engines.__path__.remove(str(FOLDER))


@given(seed=st.integers(0, 10**6))
def test_gradient(toy: Engine, seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions = np.cumsum(rng.uniform(0.5, 1.5, size=(4, 3)), axis=0)
    direction = rng.normal(size=(4, 3))
    step = 1e-5
    ends = [toy.evaluate(positions + s * step * direction, gradient=False)[0] for s in (1, -1)]
    gradient = toy.evaluate(positions)[1]
    assert gradient is not None
    slope = (ends[0] - ends[1]) / (2 * step)
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_charges_give_dipole_and_potential(toy: Engine) -> None:
    positions = np.array([[0.0, 0.0, 0.0], [0.9, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 1.5, 0.0]])
    far = np.array([[0.0, 0.0, 1e4], [1e4, 0.0, 0.0]])
    found = toy.electrostatics(positions, far, conductor=False)
    np.testing.assert_allclose(found.dipole, toy.dipole(positions))
    expected = 14.399645 * 0.20819434 * found.dipole[[2, 0]] / 1e8
    np.testing.assert_allclose(found.potential, expected, atol=1e-9)
    solvated = toy.electrostatics(positions, far, conductor=True)
    np.testing.assert_allclose(solvated.dipole, 1.3 * found.dipole)


@pytest.mark.usefixtures("toy")
def test_bond_has_its_minimum_at_the_covalent_radii() -> None:
    engine = find_engine("toy").molecule(("N", "N"), 0, 1, {})
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.42]])
    energy, gradient = engine.evaluate(positions)
    assert energy == pytest.approx(-4.0)
    assert gradient == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.eigvalsh(hessian(engine, positions)).max() == pytest.approx(64.0, rel=1e-2)
