import numpy as np
import pytest

from aiida_forcefield.scans.approach import approach
from aiida_forcefield.scans.contacts import contact_lengths
from aiida_forcefield.topology import from_smiles

METHANOL = from_smiles("CO")
MONOMER = (METHANOL, METHANOL.conformers[0])


@pytest.mark.parametrize("atoms", [(0, 0), (1, 5), (5, 1), (2, 2)])
def test_both_molecules_keep_their_shape_and_chirality(atoms: tuple[int, int]) -> None:
    x = METHANOL.conformers[0]
    for placed, atom in zip(approach(MONOMER, MONOMER, atoms), atoms, strict=True):
        np.testing.assert_array_equal(placed[atom], 0.0)
        u, v = x - x[atom], placed - placed[atom]
        np.testing.assert_allclose(v @ v.T, u @ u.T, atol=1e-3)
        volumes = [np.linalg.det(w[[1, 2, 3]] - w[0]) for w in (u, v)]
        assert volumes[0] == pytest.approx(volumes[1], abs=1e-3)


def test_a_hydrogen_points_at_the_oxygen_of_the_other() -> None:
    first, second = approach(MONOMER, MONOMER, (1, 5))
    bond = second[5] - second[1]  # O to H, which should point back to the first oxygen
    assert bond[0] / np.linalg.norm(bond) < np.cos(np.radians(165))
    assert np.all(np.delete(first, 1, axis=0)[:, 0] < 0.1)  # the first stays behind its oxygen


def test_the_second_turns_out_of_the_way() -> None:
    first, second = approach(MONOMER, MONOMER, (1, 1))
    lengths = contact_lengths(METHANOL, METHANOL)
    apart = np.array([lengths[1, 1], 0, 0])

    def crowding(degrees: float) -> float:
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        spun = second @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        distances = np.linalg.norm(first[:, None] - (spun + apart), axis=-1)
        return float(((lengths / distances) ** 12).sum())

    assert crowding(0) <= 1.001 * min(crowding(angle) for angle in range(0, 360, 15))


def test_single_atoms_approach_too() -> None:
    fluoride = (from_smiles("[F-]"), np.zeros((1, 3)))
    first, second = approach(fluoride, fluoride, (0, 0))
    np.testing.assert_array_equal([first, second], np.zeros((2, 1, 3)))
