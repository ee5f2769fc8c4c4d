import numpy as np
import pytest

from aiida_forcefield.runner.bonds import check_bonds
from aiida_forcefield.runner.status import PointError

RADII = np.array([0.66, 0.31, 0.31])
BONDS = ((0, 1), (0, 2))
WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])


def test_a_molecule_is_itself() -> None:
    check_bonds(WATER, RADII, BONDS)


def test_a_broken_bond_is_seen_unless_it_is_driven() -> None:
    stretched = WATER.copy()
    stretched[1, 0] = 1.6
    with pytest.raises(PointError, match="between atoms 0 and 1 broke") as caught:
        check_bonds(stretched, RADII, BONDS)
    assert caught.value.status == "bonds_changed"
    check_bonds(stretched, RADII, BONDS, driven=(0, 1))


def test_a_formed_bond_is_seen_unless_an_angle_is_driven() -> None:
    squeezed = WATER.copy()
    squeezed[2] = [0.6, 0.7, 0.0]
    with pytest.raises(PointError, match="formed between atoms 1 and 2"):
        check_bonds(squeezed, RADII, BONDS)
    check_bonds(squeezed, RADII, BONDS, driven=(1, 0, 2))


def test_the_ends_of_a_driven_dihedral_are_not_exempt() -> None:
    chain = np.array([[0.7, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.8, 0.0], [0.7, 0.8, 0.0]])
    with pytest.raises(PointError, match="formed between atoms 0 and 3"):
        check_bonds(chain, np.full(4, 0.31), ((0, 1), (1, 2), (2, 3)), driven=(0, 1, 2, 3))
