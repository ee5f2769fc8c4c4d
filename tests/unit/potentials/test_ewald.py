import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

from aiida_forcefield.potentials.ewald import coulomb, split
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]

# D. H. Borwein, J. M. Borwein, K. F. Taylor, J. Math. Phys. 26, 2999 (1985); OEIS A085469,
# A181152, A182566: energy of an ion in the field of all others, in q²/r of nearest neighbours.
MADELUNG = {"rocksalt": 1.747564594633, "cesiumchloride": 1.762674773070, "zincblende": 1.638055053}


def energy(atoms: Atoms, q: Array, cutoff: float = 6.0) -> tuple[float, Array]:
    return coulomb(atoms.positions, q, atoms.cell.array, split(cutoff))[:2]


@pytest.mark.parametrize("name", MADELUNG)
@pytest.mark.parametrize("a", [4.03, 5.64])  # LiF, NaCl
def test_madelung_constants(name: str, a: float) -> None:
    crystal = bulk("NaCl", name, a=a)
    nearest = neighbor_list("d", crystal, 0.9 * a).min()
    found = -energy(crystal, np.array([1.0, -1.0]))[0] * nearest / COULOMB
    assert found == pytest.approx(MADELUNG[name], rel=1e-9)


def test_the_split_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    cell = np.array([[7.0, 0, 0], [1, 6, 0], [-2, 0.5, 8]])
    atoms = Atoms("H6", scaled_positions=rng.random((6, 3)), cell=cell, pbc=True)
    q = rng.normal(size=6)
    one, other = (energy(atoms, q - q.mean(), cutoff) for cutoff in (4.0, 9.0))
    assert one[0] == pytest.approx(other[0], rel=1e-10)
    np.testing.assert_allclose(one[1], other[1], atol=1e-9)


def test_gradient_and_translation() -> None:
    rng = np.random.default_rng(1)
    atoms = Atoms("H5", positions=8 * rng.random((5, 3)), cell=[8, 9, 10], pbc=True)
    q = np.array([1, -1, 0.5, -0.7, 0.2])
    before, gradient = energy(atoms, q)
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-9)
    change = []
    for step in (1e-5, -1e-5):
        moved = atoms.copy()
        moved.positions[2, 1] += step
        change.append(energy(moved, q)[0])
    assert gradient[2, 1] == pytest.approx((change[0] - change[1]) / 2e-5, abs=1e-6)
    twice = make_supercell(atoms, np.diag([2, 1, 1]))
    assert energy(twice, np.tile(q, 2))[0] == pytest.approx(2 * before, rel=1e-9)


def test_a_charged_cell_has_a_uniform_background() -> None:
    """An ion and its images: −2.837297 q²/(2L)."""
    alone = Atoms("Na", cell=[10.0] * 3, pbc=True)
    expected = -2.837297479 * COULOMB / 20
    assert energy(alone, np.ones(1), 4.0)[0] == pytest.approx(expected, rel=1e-8)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="cutoff: 0"):
        split(0.0)
