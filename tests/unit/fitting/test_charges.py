import numpy as np
import pytest

from aiida_forcefield.fitting import fit_charges, liquid_charges
from aiida_forcefield.topology import Species

from ..synthetic_fields import Case

COULOMB = 14.3996454784


def shells(positions: np.ndarray) -> np.ndarray:
    """Points 2.5 and 3.5 Å from atoms, and nowhere nearer to one than 2 Å."""
    directions = np.random.default_rng(0).normal(size=(60, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    points = np.concatenate([x + r * directions for x in positions for r in (2.5, 3.5)])
    distance = np.linalg.norm(points[:, None] - positions, axis=-1)
    return points[distance.min(axis=1) > 2]


def potential_of(charges: np.ndarray, positions: np.ndarray, grid: np.ndarray) -> np.ndarray:
    return COULOMB * (charges / np.linalg.norm(grid[:, None] - positions, axis=-1)).sum(axis=1)


def gas_of(case: Case) -> dict[str, float]:
    """Charge in vacuum of each atom type, by the label that it has in the species."""
    gas = case.forcefield.electrostatics.gas
    return {name.removeprefix(f"{case.name}:"): q for name, q in gas.items()}


def test_charges_that_made_the_potential_are_found(case: Case) -> None:
    x = case.reference.positions
    true = gas_of(case)
    per_atom = np.array([true[t] for t in case.species.atom_types])
    grid = shells(x)
    fitted = fit_charges(case.species, x, grid, potential_of(per_atom, x, grid), restraint=0)
    assert fitted.charges == pytest.approx(true, abs=1e-8)
    assert fitted.relative_error < 1e-8
    np.testing.assert_allclose(fitted.dipole, 4.80320471 * per_atom @ x, atol=1e-6)


def test_restraint_draws_heavy_atoms_to_zero_and_keeps_the_total(case: Case) -> None:
    x = case.reference.positions
    true = gas_of(case)
    per_atom = np.array([true[t] for t in case.species.atom_types])
    grid = shells(x)
    potential = potential_of(per_atom, x, grid)
    loose, tight = (fit_charges(case.species, x, grid, potential, restraint=a) for a in (5e-4, 0.1))
    assert abs(tight.charges["O1"]) < abs(loose.charges["O1"])
    assert loose.relative_error < tight.relative_error
    for fitted in (loose, tight):
        total = sum(fitted.charges[t] for t in case.species.atom_types)
        assert total == pytest.approx(0, abs=1e-12)


def test_single_ion_carries_its_whole_charge() -> None:
    ion = Species(("Li",), 1, 1, ("Li1",), (), (), np.zeros((1, 1, 3)), "[Li+]")
    grid = shells(np.zeros((1, 3)))
    fitted = fit_charges(ion, np.zeros((1, 3)), grid, 0.98 * COULOMB / np.linalg.norm(grid, axis=1))
    assert fitted.charges == {"Li1": pytest.approx(1, abs=1e-12)}
    assert fitted.relative_error == pytest.approx(0.02 / 0.98, rel=1e-6)


def test_liquid_is_the_mean_of_gas_and_solvated() -> None:
    assert liquid_charges({"O1": -0.6}, {"O1": -0.8}) == {"O1": pytest.approx(-0.7)}


def test_grid_and_potential_must_match(methanol: Case) -> None:
    x = methanol.reference.positions
    with pytest.raises(ValueError, match="potential: "):
        fit_charges(methanol.species, x, np.zeros((5, 3)), np.zeros(4))
    with pytest.raises(ValueError, match="grid: 2 points"):
        fit_charges(methanol.species, x, np.ones((2, 3)), np.zeros(2))
