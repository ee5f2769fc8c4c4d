"""How much counterpoise correction a material wants, against cases whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida_forcefield.scans import (
    Cluster,
    Contacts,
    Counterpoise,
    Origin,
    Points,
    calibrate,
    calibrated,
    complete_basis,
    family_and_cardinal,
    moved_apart,
    random_dimers,
    representative_dimers,
)
from aiida_forcefield.scans.calibration import hydrogen_bonds
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.topology import from_smiles

METHANOL = from_smiles("CO")
MONOMER = (METHANOL, METHANOL.conformers[0])
PAIR = Cluster.of(METHANOL, METHANOL)
DIMERS = random_dimers(MONOMER, MONOMER, 300, 1)
BONDING = hydrogen_bonds(PAIR, DIMERS)
APART, BONDED = DIMERS[BONDING == 0], DIMERS[BONDING == 1]
BOTH = np.concatenate([APART[:5], BONDED[:4]])

fractions = st.floats(0.0, 1.0)


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
def test_an_error_that_falls_with_a_power_is_extrapolated_exactly(
    limit: float, error: float, cardinals: list[int]
) -> None:
    x, y = cardinals[:2]
    power = 2.5 if {x, y} == {2, 3} else 3.0
    found = complete_basis(([limit + error / x**power], [limit + error / y**power]), (x, y))
    np.testing.assert_allclose(found, limit, atol=1e-12)


def test_one_basis_has_no_limit() -> None:
    with pytest.raises(ValueError, match="two different basis sets"):
        complete_basis(([0.0], [0.0]), (3, 3))


def gained(dimers: np.ndarray) -> np.ndarray:
    """E(plain) - E(CP) of dimers, which falls with the distance."""
    falling: np.ndarray = -np.exp(-3.0 * dimer_contacts(PAIR, dimers))
    return falling


def found(dimers: np.ndarray, true: Counterpoise) -> Counterpoise:
    """What is found where the limit lies as `true` says."""
    energies = np.random.default_rng(0).normal(size=len(dimers))
    gain = gained(dimers)
    limit = energies + (1.0 - true.fractions(Contacts.of(PAIR, dimers))) * gain
    return calibrate(Contacts.of(PAIR, dimers), energies, energies + gain, limit)


@given(st.floats(0.5, 1.0), st.floats(0.5, 1.0))
def test_fractions_are_recovered(weak: float, bonded: float) -> None:
    result = found(BOTH, Counterpoise(weak, bonded))
    expected = (weak, bonded, 0.0, 0.0)
    np.testing.assert_allclose(list(vars(result).values()), expected, atol=1e-9)


def test_less_is_borrowed_the_farther_molecules_are() -> None:
    order = np.argsort(gained(APART))  # from near to far
    f = Counterpoise(0.6, 0.3).fractions(Contacts.of(PAIR, APART[order]))
    assert (np.diff(f) >= 0).all()
    assert f[0] < 0.6 < f[-1] < 1.0
    assert (Counterpoise(0.0, 0.0).fractions(Contacts.of(PAIR, APART)) >= 0).all()


def test_the_error_is_that_of_the_mean() -> None:
    energies, gain = np.zeros(5), gained(APART[:5])
    truth = Counterpoise(0.6, 0.6).fractions(Contacts.of(PAIR, APART[:5]))
    noise = 0.1 * np.array([1, -1, 0, 1, -1]) * (1 - truth) / 0.4  # of f where molecules touch
    contacts = Contacts.of(PAIR, APART[:5])
    result = calibrate(contacts, energies, gain, (1 - truth - noise) * gain)
    assert result.weak == pytest.approx(0.6)
    assert result.weak_error == pytest.approx(0.1 / np.sqrt(5))
    assert result.shifted().weak == pytest.approx(0.6 - 0.1 / np.sqrt(5))


@pytest.mark.parametrize("dimers", [APART[:4], BONDED[:4]], ids=["weak", "bonded"])
def test_a_kind_of_contact_that_is_missing_has_the_fraction_of_the_other(
    dimers: np.ndarray,
) -> None:
    result = found(dimers, Counterpoise(0.6, 0.6))
    assert (result.weak, result.bonded) == pytest.approx((0.6, 0.6))


def test_one_dimer_tells_no_error_but_has_one() -> None:
    assert found(APART[:1], Counterpoise(0.6, 0.6)).weak_error == pytest.approx(0.1)


@pytest.mark.parametrize(("beyond", "expected"), [(1.4, 1.0), (-0.3, 0.0)])
def test_fractions_stay_within_bounds(beyond: float, expected: float) -> None:
    energies, gain = np.zeros(len(BOTH)), gained(BOTH)
    far = (0.9 - dimer_contacts(PAIR, BOTH)) / 0.4
    contacts = Contacts.of(PAIR, BOTH)
    result = calibrate(contacts, energies, gain, (1 - beyond) * np.exp(far) * gain)
    assert (result.weak, result.bonded) == (expected, expected)


def test_without_borrowed_functions_there_is_nothing_to_correct() -> None:
    energy = np.array([-1.0, 0.5])
    result = calibrate(Contacts.of(PAIR, APART[:2]), energy, energy, energy)
    assert (result.weak, result.bonded) == (1.0, 1.0)


def test_representative_dimers_stand_for_equal_parts_of_what_is_gained() -> None:
    dimers = np.concatenate([APART, BONDED])
    gain = gained(dimers)
    bonding = hydrogen_bonds(PAIR, dimers)
    places = representative_dimers(bonding >= 0.5, gain, 4)
    bonding = bonding[places]
    assert (bonding < 0.5).sum() == (bonding >= 0.5).sum() == 4
    mine = np.sort(gain[: len(APART)])
    shares = np.cumsum(mine) / mine.sum()
    found_shares = shares[np.searchsorted(mine, np.sort(gain[places[places < len(APART)]]))]
    np.testing.assert_allclose(found_shares, [0.125, 0.375, 0.625, 0.875], atol=0.03)


def test_fewer_dimers_than_wanted_are_all_taken_once() -> None:
    dimers = np.concatenate([APART[:2], BONDED[:1]])
    places = representative_dimers(Contacts.of(PAIR, dimers).bonded, gained(dimers), 4)
    np.testing.assert_array_equal(places, [0, 1, 2])


def points(corrected: np.ndarray | None, uncorrected: np.ndarray | None) -> Points:
    count = len(BOTH)
    nothing = np.full(count, np.nan)
    return Points(
        origin=Origin("random"),
        cluster=PAIR,
        positions=BOTH,
        requested=nothing,
        energies=np.full(count, -3.0),
        gradients=np.full(BOTH.shape, np.nan),
        slopes=nothing,
        statuses=("ok",) * count,
        messages=("",) * count,
        cpu_seconds=np.ones(count),
        versions={},
        corrected=corrected,
        uncorrected=uncorrected,
    )


def test_points_are_corrected_as_far_as_the_calibration_says() -> None:
    counterpoise = Counterpoise(0.7, 0.4)
    both = points(np.full(len(BOTH), -2.0), np.full(len(BOTH), -4.0))
    f = counterpoise.fractions(Contacts.of(PAIR, BOTH))
    np.testing.assert_allclose(calibrated(both, counterpoise).energies, 2 * f - 4.0)
    assert calibrated(both, None) is both


def test_points_that_borrow_nothing_stay() -> None:
    alone = points(None, None)
    assert calibrated(alone, Counterpoise(0.7, 0.4)) is alone


def test_moved_dimers_have_the_correction_of_those_that_they_were_made_from() -> None:
    counterpoise = Counterpoise(0.7, 0.4)
    both = points(np.full(len(BOTH), -2.0), np.full(len(BOTH), -4.0))
    moved = replace(both, positions=moved_apart(PAIR, BOTH))
    found = calibrated(moved, counterpoise, like=BOTH).energies
    np.testing.assert_array_equal(found, calibrated(both, counterpoise).energies)
