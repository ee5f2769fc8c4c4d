"""How much counterpoise correction a material wants, against cases whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.scans import (
    calibration_dimers,
    complete_basis,
    counterpoise_fractions,
    family_and_cardinal,
    hydrogen_bonds,
)
from aiida_forcefield.scans.contacts import contact_lengths, contact_ratio
from aiida_forcefield.topology import Topology, from_smiles

METHANOL = from_smiles("CO")
ETHER = from_smiles("COC")

fractions = st.floats(0.0, 1.0)


def dimers_of(topology: Topology, count: int = 3, seed: int = 1) -> np.ndarray:
    return calibration_dimers(topology, topology.conformers[0], count, seed)


def test_dimers_touch_and_half_of_them_are_hydrogen_bonded() -> None:
    dimers = dimers_of(METHANOL)
    np.testing.assert_array_equal(hydrogen_bonds(METHANOL, dimers), [0, 0, 0, 1, 1, 1])
    ratios = contact_ratio(dimers[:, :6], dimers[:, 6:], contact_lengths(METHANOL))
    assert ((ratios > 0.79) & (ratios < 1.01)).all()
    assert len(np.unique(dimers, axis=0)) == len(dimers)


def test_a_molecule_without_donor_has_weak_contacts_only() -> None:
    np.testing.assert_array_equal(hydrogen_bonds(ETHER, dimers_of(ETHER)), [0, 0, 0])


def test_hydrogen_bonds_are_found_where_they_are_rare() -> None:
    dodecanol = from_smiles("CCCCCCCCCCCCO")
    np.testing.assert_array_equal(
        hydrogen_bonds(dodecanol, dimers_of(dodecanol)), [0, 0, 0, 1, 1, 1]
    )


def test_dimers_depend_on_the_seed_alone() -> None:
    np.testing.assert_array_equal(dimers_of(METHANOL), dimers_of(METHANOL))
    assert not np.array_equal(dimers_of(METHANOL), dimers_of(METHANOL, seed=2))


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ("aug-cc-pVDZ", ("augccpv", 2)),
        ("augccpvtz", ("augccpv", 3)),
        ("cc-pVQZ", ("ccpv", 4)),
        ("cc-pwcv5z", ("ccpwcv", 5)),
    ],
)
def test_family_and_cardinal(basis: str, expected: tuple[str, int]) -> None:
    assert family_and_cardinal(basis) == expected


@pytest.mark.parametrize("basis", ["def2-tzvp", "cc-pvtz-jkfit", {"H": "cc-pvdz"}])
def test_other_bases_have_no_known_limit(basis: object) -> None:
    with pytest.raises(ValueError, match="is not one of aug-cc-pvdz"):
        family_and_cardinal(basis)


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.permutations([2, 3, 4]))
def test_an_error_that_falls_with_the_third_power_is_extrapolated_exactly(
    limit: float, error: float, cardinals: list[int]
) -> None:
    x, y = cardinals[:2]
    found = complete_basis(([limit + error / x**3], [limit + error / y**3]), (x, y))
    np.testing.assert_allclose(found, limit, atol=1e-12)


def test_one_basis_has_no_limit() -> None:
    with pytest.raises(ValueError, match="two different basis sets"):
        complete_basis(([0.0], [0.0]), (3, 3))


def energies(weak: float, bonded: float, bonding: np.ndarray) -> tuple[np.ndarray, ...]:
    """Corrected and plain energies, and a limit that lies where two fractions say."""
    rng = np.random.default_rng(0)
    corrected = rng.normal(size=len(bonding))
    plain = corrected - rng.uniform(0.5, 1.5, len(bonding))
    fraction = weak + bonding * (bonded - weak)
    return corrected, plain, corrected + (1.0 - fraction) * (plain - corrected), bonding


@given(fractions, fractions)
def test_fractions_are_recovered(weak: float, bonded: float) -> None:
    bonding = np.array([0.0, 0.0, 0.3, 1.0, 1.0])
    found = counterpoise_fractions(*energies(weak, bonded, bonding))
    np.testing.assert_allclose(found, (weak, bonded), atol=1e-9)


@pytest.mark.parametrize("bonding", [0.0, 1.0])
def test_a_kind_of_contact_that_is_missing_has_the_fraction_of_the_other(bonding: float) -> None:
    found = counterpoise_fractions(*energies(0.6, 0.6, np.full(4, bonding)))
    np.testing.assert_allclose(found, (0.6, 0.6), atol=1e-9)


@pytest.mark.parametrize(("beyond", "expected"), [(1.4, 1.0), (-0.3, 0.0)])
def test_fractions_stay_within_bounds(beyond: float, expected: float) -> None:
    found = counterpoise_fractions(*energies(beyond, beyond, np.array([0.0, 0.0, 1.0, 1.0])))
    assert found == (expected, expected)


def test_without_borrowed_functions_there_is_nothing_to_correct() -> None:
    energy = np.array([-1.0, 0.5])
    assert counterpoise_fractions(energy, energy, energy, np.zeros(2)) == (1.0, 1.0)
