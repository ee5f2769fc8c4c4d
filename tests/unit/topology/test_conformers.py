import numpy as np
import pytest

from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import from_smiles


def test_both_minima_of_an_ester_are_found() -> None:
    dmc = from_smiles("COC(=O)OC")
    angles = np.degrees(evaluate(dmc.conformers, [(0, 1, 2, 3), (5, 4, 2, 3)])[0])
    trans = np.sum(np.abs(angles) > 150, axis=1)
    assert trans.tolist() == [0, 1]  # cis-cis below cis-trans


def test_mirror_images_count_once() -> None:
    angles = np.degrees(evaluate(from_smiles("CCO").conformers, [(0, 1, 2, 8)])[0][:, 0])
    assert sorted(np.round(np.abs(angles), -1)) == [60.0, 180.0]


NEOPENTANE = "FC(F)(F)C(C(F)(F)F)(C(F)(F)F)C(F)(F)F"  # with 31,104 permutations of equal atoms


@pytest.mark.parametrize(
    "smiles", ["C", "O=C1OCCO1", "F[P-](F)(F)(F)(F)F", "[Li+]", "[H][H]", NEOPENTANE]
)
def test_rigid_molecules_have_one_conformer(smiles: str) -> None:
    assert len(from_smiles(smiles).conformers) == 1


def test_a_seed_gives_the_same_numbers() -> None:
    first, second = (from_smiles("COCCOC", seed=7).conformers for _ in "ab")
    assert len(first) == 5
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, np.round(first, 4))
    assert not np.any(np.signbit(first) & (first == 0.0))


def test_conformers_are_centred_and_sound() -> None:
    conformers = from_smiles("COCCOC").conformers
    np.testing.assert_allclose(conformers.mean(axis=1), 0.0, atol=1e-4)
    distances = np.linalg.norm(conformers[:, :, None] - conformers[:, None], axis=-1)
    assert distances[:, ~np.eye(16, dtype=bool)].min() > 0.9
