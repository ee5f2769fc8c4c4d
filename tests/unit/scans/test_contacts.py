import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from aiida_forcefield.scans.contacts import contact_distance, contact_lengths, contact_ratio
from aiida_forcefield.topology import from_smiles

METHANOL = from_smiles("CO")  # C, O, three H on C, H on O
LENGTHS = contact_lengths(METHANOL, METHANOL)


def test_lengths_are_sums_of_bondi_radii_shorter_for_hydrogen_bonds() -> None:
    np.testing.assert_array_equal(LENGTHS, LENGTHS.T)
    assert LENGTHS[0, 0] == pytest.approx(2 * 1.70)
    assert LENGTHS[1, 2] == pytest.approx(1.52 + 1.20)  # no donor: bound to carbon
    assert LENGTHS[1, 5] == pytest.approx(1.52 + 1.20 - 0.6)
    assert LENGTHS[5, 5] == pytest.approx(2 * 1.20)  # two donors repel each other


@pytest.mark.parametrize("smiles", ["[Fe+2]", "[Xe]", "F[B-](F)(F)F"])
def test_every_element_has_a_radius(smiles: str) -> None:
    species = from_smiles(smiles)
    assert np.all(contact_lengths(species, species) > 2.0)


@given(st.integers(0, 10**6), st.floats(0.6, 1.6))
def test_the_contact_distance_is_the_first_one_of_that_ratio(seed: int, ratio: float) -> None:
    rng = np.random.default_rng(seed)
    first = METHANOL.conformers[0]
    second = Rotation.from_quat(rng.normal(size=4)).apply(first)
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    distance = contact_distance(first, second, direction, LENGTHS, ratio)
    beyond = distance + np.array([0.0, 0.01, 0.1, 1.0, 10.0])
    ratios = contact_ratio(first, second + beyond[:, None, None] * direction, LENGTHS)
    assert ratios[0] == pytest.approx(ratio, abs=1e-9)
    assert np.all(ratios[1:] > ratio)


def test_molecules_that_pass_each_other_never_touch() -> None:
    first = METHANOL.conformers[0]
    with pytest.raises(ValueError, match=r"contact ratio 0\.8: the molecules never"):
        contact_distance(first, first + np.array([0, 30, 0]), np.array([1.0, 0, 0]), LENGTHS, 0.8)
