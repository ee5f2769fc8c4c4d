"""Three-body dispersion: against its formula, its limits and another program."""

from io import StringIO

import numpy as np
import pytest

from aiida_forcefield.dynamics import Liquid, ManyBody
from aiida_forcefield.dynamics import three_body_dispersion as of_atoms
from aiida_forcefield.units import BAR, HARTREE

EDGES = np.array([40.0, 40.0, 40.0])
FAR = 1e-3  # radii so small that nothing is damped


def three_body_dispersion(
    positions: np.ndarray, edges: np.ndarray, c6: list[float], radii: list[float]
) -> ManyBody:
    """Of equal molecules, shape (M, n, 3)."""
    count, n, _ = positions.shape
    liquid = Liquid(positions.reshape(-1, 3), np.repeat(np.arange(count), n), edges)
    return of_atoms(liquid, np.tile(c6, count), np.tile(radii, count))


def triangle(side: float) -> np.ndarray:
    """Three atoms, shape (3, 1, 3)."""
    corners = side * np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, np.sqrt(0.75), 0.0]])
    return corners[:, None] + 10.0


def test_equilateral_triangle() -> None:
    # 3 cos³ 60° + 1 = 11/8.
    found = three_body_dispersion(triangle(4.0), EDGES, [30.0], [FAR])
    c9 = 30.0**1.5 / np.sqrt(HARTREE)
    assert 3 * found.energy == pytest.approx(11 / 8 * c9 / 4.0**9, rel=1e-9)
    # It falls with the ninth power of the distance: 3 P V = 9 E.
    assert found.pressure == pytest.approx(3 * 3 * found.energy / 40.0**3 * BAR, rel=1e-3)


def test_three_in_line_attract() -> None:
    line = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [6.0, 0.0, 0.0]])[:, None]
    found = three_body_dispersion(line, EDGES, [30.0], [FAR])
    c9 = 30.0**1.5 / np.sqrt(HARTREE)
    assert 3 * found.energy == pytest.approx(-2 * c9 / (3.0 * 3.0 * 6.0) ** 3, rel=1e-9)


def test_two_molecules_make_no_triple() -> None:
    pair = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [[3.5, 0.0, 0.0], [4.5, 0.0, 0.0]]])
    assert three_body_dispersion(pair, EDGES, [30.0, 30.0], [1.7, 1.7]).energy == 0.0


def test_the_volume_is_that_of_a_molecule() -> None:
    found = three_body_dispersion(triangle(4.0), EDGES, [30.0], [FAR])
    assert found.volume == pytest.approx(40.0**3 / 3)
    assert found.pressure_at(found.volume) == found.pressure
    assert found.pressure_at(2 * found.volume) == pytest.approx(found.pressure / 8)


def test_near_atoms_are_damped() -> None:
    plain = three_body_dispersion(triangle(3.0), EDGES, [30.0], [FAR]).energy
    damped = three_body_dispersion(triangle(3.0), EDGES, [30.0], [1.7]).energy
    assert 0.0 < damped < plain / 4


def test_the_boundary_is_periodic() -> None:
    moved = (triangle(4.0) + np.array([28.0, 28.0, 29.0])) % 40.0
    here = three_body_dispersion(triangle(4.0), EDGES, [30.0], [1.7]).energy
    assert three_body_dispersion(moved, EDGES, [30.0], [1.7]).energy == pytest.approx(here)


def test_two_cutoffs_tell_the_energy_of_all() -> None:
    """A random gas of hard spheres, against one with a cutoff twice as large."""
    rng, edges = np.random.default_rng(3), np.full(3, 30.0)
    points: list[np.ndarray] = []
    while len(points) < 300:
        trial = rng.uniform(0.0, 30.0, 3)
        apart = np.array(points).reshape(-1, 3) - trial
        apart -= np.round(apart / edges) * edges
        if not len(points) or np.linalg.norm(apart, axis=1).min() > 3.6:
            points.append(trial)
    gas = np.array(points)[:, None]
    found = three_body_dispersion(gas, edges, [30.0], [1.7]).energy
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aiida_forcefield.dynamics.three_body.CUTOFF", 14.5)
        whole = three_body_dispersion(gas, edges, [30.0], [1.7]).energy
    assert found == pytest.approx(whole, rel=0.05)


# Three molecules of dimethyl carbonate in its liquid, and what dftd4 4.3 says of them: C6 between
# like atoms, and the energy that three have beyond those of their pairs (s9 = 1 less s9 = 0).
C6 = [14.86, 11.18, 12.88, 13.04, 11.11, 14.79, 0.96, 0.93, 0.93, 0.95, 0.91, 0.99]
RADII = [1.7, 1.52, 1.7, 1.52, 1.52, 1.7] + [1.2] * 6
ENERGY = 0.0028830595  # eV
POSITIONS = np.loadtxt(
    StringIO("""
     0.00   0.00   0.00
     0.54  -0.93  -0.92
     0.46  -0.66  -2.22
    -0.21   0.18  -2.76
     1.13  -1.59  -2.82
     1.08  -1.58  -4.26
     0.35  -0.36   0.98
    -1.09  -0.13   0.06
     0.33   1.04  -0.13
     1.46  -0.64  -4.68
     0.04  -1.56  -4.63
     1.71  -2.31  -4.77
     3.02   1.92  -2.91
     2.32   1.99  -1.68
     1.61   3.10  -1.43
     1.50   3.98  -2.28
     1.14   3.12  -0.15
     0.37   4.23   0.21
     3.62   1.00  -2.88
     3.64   2.81  -3.05
     2.27   1.87  -3.72
    -0.13   4.18   1.19
    -0.39   4.46  -0.54
     0.96   5.14   0.36
     3.77  -1.52   0.33
     3.59  -0.14   0.91
     4.35   0.80   0.32
     4.89   0.48  -0.68
     4.40   1.95   0.99
     5.03   2.97   0.27
     3.37  -2.32   0.96
     4.86  -1.58   0.34
     3.27  -1.50  -0.65
     4.58   2.66  -0.68
     6.12   2.91   0.41
     4.63   3.98   0.44
    """)
).reshape(3, 12, 3)


def test_against_dftd4() -> None:
    found = three_body_dispersion(POSITIONS + 20.0, np.full(3, 80.0), C6, RADII)
    assert 3 * found.energy == pytest.approx(ENERGY, rel=0.1)
