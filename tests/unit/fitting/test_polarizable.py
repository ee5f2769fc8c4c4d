"""Charges, dipoles and polarizabilities from a potential: what is known is found."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aiida_forcefield.fitting import fit_charges
from aiida_forcefield.fitting.polarizable import FittedPolarizable, fit_polarizable
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.topology import Species, from_smiles
from aiida_forcefield.units import COULOMB

from .test_charges import shells

Array = NDArray[np.float64]

C6 = {"C": 24.0, "O": 12.0, "N": 16.0, "H": 1.5, "Li": 0.3, "F": 9.0, "Cl": 60.0}
METHANOL = Polarizable(
    net={"C1": 0.10, "O1": -0.55, "H1": 0.02, "H2": 0.39},
    dipoles=(
        BondDipole("O1", "H2", 0.06),
        BondDipole("O1", "C1", 0.04),
        BondDipole("C1", "O1", -0.05),
    ),
    polarizabilities={"C1": 1.9, "O1": 1.2},
    lengths={"C1": 1.1, "O1": 0.9, "H1": 0.7, "H2": 0.7},
    damping=0.39,
)


def c6_of(species: Species) -> Array:
    roots = np.sqrt([C6[symbol] for symbol in species.symbols])
    return np.outer(roots, roots)


def positions_of(species: Species) -> Array:
    return species.conformers[0]


def potential_of(field: Polarizable, species: Species, grid: Array) -> Array:
    """Of charges and point dipoles, V; for molecules in which nothing polarises anything."""
    x, types = positions_of(species), species.atom_types
    q = np.array([field.net[name] for name in types])
    moments = np.zeros_like(x)
    known = {(each.atom, each.neighbour): each.charge for each in field.dipoles}
    for bond in species.bonds:
        for i, j in (bond, bond[::-1]):
            moments[i] += known.get((types[i], types[j]), 0.0) * (x[j] - x[i])
    apart = grid[:, None] - x
    r = np.linalg.norm(apart, axis=-1)
    return np.asarray(COULOMB * (1 / r @ q + np.einsum("max,ax,ma->m", apart, moments, r**-3.0)))


def fitted(species: Species, field: Polarizable | None = None, **changes: Any) -> FittedPolarizable:
    """With the potential of a field, by default that of a charge and a dipole in the middle."""
    x = positions_of(species)
    grid = shells(x)
    apart = grid - x.mean(axis=0)
    r = np.linalg.norm(apart, axis=1)
    middle = COULOMB * (species.charge / r + 0.2 * apart[:, 2] / r**3)
    known: dict[str, Any] = {
        "positions": x,
        "grid": grid,
        "potential": potential_of(field, species, grid) if field else middle,
        "polarizability": np.diag([3.0, 3.2, 3.4]),
        "c6": c6_of(species),
    }
    return fit_polarizable(species, **known | changes)


def moment(field: Polarizable, species: Species) -> Array:
    """Permanent dipole of a molecule, e Å."""
    x, types = positions_of(species), species.atom_types
    total = np.array([field.net[name] for name in types]) @ x
    known = {(each.atom, each.neighbour): each.charge for each in field.dipoles}
    for bond in species.bonds:
        for i, j in (bond, bond[::-1]):
            total = total + known.get((types[i], types[j]), 0.0) * (x[j] - x[i])
    return np.asarray(total)


def test_a_model_is_found_from_its_own_potential() -> None:
    species = from_smiles("CO")
    found = fitted(species, METHANOL, restraint=0.0)
    assert found.relative_error < 0.01
    np.testing.assert_allclose(
        moment(found.electrostatics, species), moment(METHANOL, species), atol=0.003
    )
    assert found.electrostatics.net["H2"] == pytest.approx(0.39, abs=0.03)


def test_dipoles_say_what_charges_cannot() -> None:
    species = from_smiles("CO")
    x, grid = positions_of(species), shells(positions_of(species))
    charges = fit_charges(species, x, grid, potential_of(METHANOL, species, grid), restraint=0)
    assert charges.relative_error > 3 * fitted(species, METHANOL, restraint=0).relative_error


def test_polarizabilities_are_shared_out_and_those_of_hydrogen_given_away() -> None:
    species = from_smiles("CO")
    electrostatics = fitted(species, METHANOL).electrostatics
    roots = {name: np.sqrt(C6[name[0]]) for name in species.type_names}
    whole = 3.2 / (roots["C1"] + roots["O1"] + 4 * roots["H1"])
    expected = {
        "C1": whole * (roots["C1"] + 3 * roots["H1"]),
        "O1": whole * (roots["O1"] + roots["H2"]),
    }
    assert electrostatics.polarizabilities == pytest.approx(expected)
    assert electrostatics.lengths == pytest.approx(
        {name: np.cbrt(whole * root) for name, root in roots.items()}
    )


@pytest.mark.parametrize("smiles", ["CO", "[NH4+]", "C(=O)[O-]", "CC(=O)OC", "[OH-]"])
def test_charges_add_up(smiles: str) -> None:
    species = from_smiles(smiles)
    net = fitted(species).electrostatics.net
    assert sum(net[name] for name in species.atom_types) == pytest.approx(species.charge)


@pytest.mark.parametrize("smiles", ["C", "CC", "O=C=O", "C#C", "c1ccccc1", "FC(F)(F)F", "N#N"])
def test_symmetry_forbids_a_dipole(smiles: str) -> None:
    """Exactly where positions are symmetric, by equal parameters of equal atoms."""
    species = from_smiles(smiles)
    x = positions_of(species)
    grid = shells(x)
    grid = np.concatenate([grid, 2 * x.mean(axis=0) - grid])
    # A quadrupole, as benzene or CO2 have one.
    axis = np.linalg.svd(x - x.mean(axis=0))[2][0]
    apart = grid - x.mean(axis=0)
    r = np.linalg.norm(apart, axis=1)
    potential = COULOMB * 0.5 * (3 * (apart @ axis) ** 2 - r**2) / r**5
    found = fitted(species, grid=grid, potential=potential).electrostatics
    assert np.linalg.norm(moment(found, species)) < 0.02
    assert all(np.isfinite(each.charge) and abs(each.charge) < 1 for each in found.dipoles)


def test_carbon_that_all_bonds_pull_alike_has_no_dipole() -> None:
    """Methane's four add up to almost nothing, as its positions are rounded: the ridge decides."""
    electrostatics = fitted(from_smiles("C")).electrostatics
    assert [each.charge for each in electrostatics.dipoles] == pytest.approx([0.0], abs=1e-3)


def test_an_ion_of_one_atom_has_no_dipole() -> None:
    lithium = from_smiles("[Li+]")
    found = fitted(lithium, polarizability=0.03 * np.eye(3))
    assert found.electrostatics.net == pytest.approx({"Li1": 1.0})
    assert found.electrostatics.dipoles == ()
    assert found.electrostatics.polarizabilities == pytest.approx({"Li1": 0.03})


def test_hydrogen_keeps_its_polarizability_where_no_heavy_atom_takes_it() -> None:
    hydrogen = from_smiles("[H][H]")
    found = fitted(hydrogen, polarizability=0.8 * np.eye(3)).electrostatics
    assert found.polarizabilities == pytest.approx({"H1": 0.4})
    assert found.net == pytest.approx({"H1": 0.0})
    assert {(each.atom, each.neighbour) for each in found.dipoles} == {("H1", "H1")}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"polarizability": np.eye(3)[None]}, r"polarizability: shape \(1, 3, 3\); must be \(3, 3"),
        ({"polarizability": -np.eye(3)}, r"polarizability: .* with a positive trace"),
        ({"c6": np.eye(3)}, r"c6: shape \(3, 3\); must be \(6, 6\) with a positive diagonal"),
        ({"c6": np.zeros((6, 6))}, "with a positive diagonal"),
        ({"grid": np.ones((2, 3))}, r"do not match grid \(2, 3\)"),
        ({"positions": np.ones((5, 3))}, r"positions: shape \(5, 3\) is not \(6, 3\)"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes: dict[str, Array], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        fitted(from_smiles("CO"), METHANOL, **changes)
