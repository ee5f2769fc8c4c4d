from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.topology import Species, from_smiles


@pytest.fixture(scope="module")
def dmc() -> Species:
    return from_smiles("COC(=O)OC")


def test_bond_distances_are_the_powers_of_the_bond_matrix(dmc: Species) -> None:
    bonded = np.zeros((12, 12), dtype=int)
    for i, j in dmc.bonds:
        bonded[i, j] = bonded[j, i] = 1
    reached = np.eye(12, dtype=int)
    expected = np.zeros((12, 12), dtype=int)
    for _ in range(12):
        expected += reached == 0
        reached = reached @ (bonded + np.eye(12, dtype=int))
    np.testing.assert_array_equal(dmc.bond_distances, expected)


def test_unconnected_atoms_feel_each_other() -> None:
    apart = Species(("He", "He"), 0, 1, ("He1", "He1"), (), (), np.zeros((1, 2, 3)), "")
    np.testing.assert_array_equal(apart.bond_distances, [[0, 4], [4, 0]])
    np.testing.assert_array_equal(apart.nonbonded_pairs, [[0, 1]])


def test_nonbonded_pairs_are_beyond_the_dihedrals(dmc: Species) -> None:
    ends = {frozenset((m[0], m[-1])) for t in dmc.term_types for m in t.members}
    pairs = {frozenset(pair) for pair in dmc.nonbonded_pairs.tolist()}
    assert not pairs & ends
    assert len(pairs) == 12 * 11 // 2 - np.sum(np.triu((dmc.bond_distances <= 3), k=1))
    assert from_smiles("CO").nonbonded_pairs.shape == (0, 2)


def test_type_indices_point_to_the_type_names(dmc: Species) -> None:
    assert dmc.type_names == ("C1", "O1", "C2", "O2", "H1")
    assert tuple(dmc.type_names[i] for i in dmc.type_indices) == dmc.atom_types


def test_the_two_sides_of_a_bond_make_up_the_molecule(dmc: Species) -> None:
    for i, j in dmc.bonds:
        far, near = dmc.fragment((i, j)), dmc.fragment((j, i))
        assert far is not None
        assert near is not None
        assert j in far
        assert i in near
        assert sorted([*far, *near]) == list(range(12))


def test_no_side_of_a_ring_bond_is_free() -> None:
    ring = from_smiles("O=C1OCCO1")
    assert [ring.fragment(b) is None for b in ((0, 1), (1, 2), (3, 4))] == [False, True, True]


@pytest.mark.parametrize(
    ("smiles", "turned"),
    [
        ("CO", {"dihedral H1-C1-O1-H2"}),
        ("COC(=O)OC", {"dihedral C2-O1-C1-H1"}),
        ("FC(F)(F)CO", {"dihedral F1-C1-C2-O1", "dihedral F1-C1-C2-H1"}),
        ("C1CCC1", set()),
        ("OO", set()),
    ],
)
def test_groups_of_three_equal_branches_are_told(smiles: str, turned: set[str]) -> None:
    species = from_smiles(smiles)
    assert {t.name for t in species.term_types if species.turns_threefold(t)} == turned


def test_a_molecule_with_four_different_neighbours_is_chiral() -> None:
    assert from_smiles("C[C@H](O)F").is_chiral
    assert not any(from_smiles(smiles).is_chiral for smiles in ("CO", "CC(F)F", "COC(=O)OC"))


def test_the_key_tells_molecules_and_stereoisomers_apart() -> None:
    trans, cis = from_smiles("F/C=C/F"), from_smiles("F/C=C\\F")
    assert trans.key == from_smiles("F/C=C/F", seed=2).key
    assert (trans.atom_types, trans.bonds) == (cis.atom_types, cis.bonds)
    others = (cis, replace(trans, charge=1), from_smiles("CC"))
    assert len({trans.key, *(each.key for each in others)}) == 4
