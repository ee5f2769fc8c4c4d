import pytest

from aiida_forcefield.topology import from_smiles
from aiida_forcefield.topology.types import match_atoms


@pytest.mark.parametrize(
    ("smiles", "types"),
    [
        ("CO", "C1 O1 H1 H1 H1 H2"),
        ("O", "O1 H1 H1"),
        ("COC(=O)OC", "C1 O1 C2 O2 O1 C1 H1 H1 H1 H1 H1 H1"),
        ("CC(=O)[O-]", "C1 C2 O1 O1 H1 H1 H1"),  # resonance
        ("[O-]Cl(=O)(=O)=O", "O1 Cl1 O1 O1 O1"),
        ("F[P-](F)(F)(F)(F)F", "F1 P1 F1 F1 F1 F1 F1"),
        ("C[n+]1ccn(C)c1", "C1 N1 C2 C2 N1 C1 C3 H1 H1 H1 H2 H2 H1 H1 H1 H3"),
        ("[H]/C(F)=C(/[H])Cl", "C1 F1 C2 Cl1 H1 H2"),
        ("[Li+]", "Li1"),
        ("N#N", "N1 N1"),
    ],
)
def test_equal_environments_share_a_type(smiles: str, types: str) -> None:
    assert sorted(from_smiles(smiles).atom_types) == sorted(types.split())


def test_numbers_follow_the_first_appearance() -> None:
    assert from_smiles("OCC").atom_types[:3] == ("O1", "C1", "C2")
    assert from_smiles("CCO").atom_types[:3] == ("C1", "C2", "O1")


def test_enantiotopic_sites_are_equal() -> None:
    meso = from_smiles("C[C@H](O)[C@@H](C)O")
    assert len(set(meso.atom_types)) == 6


def test_atoms_are_found_in_another_order() -> None:
    symbols, bonds = ("C", "O", "H", "H"), [(0, 1), (0, 2), (0, 3)]
    other, other_bonds = ("H", "O", "H", "C"), [(3, 0), (2, 3), (1, 3)]
    found = match_atoms(symbols, bonds, other, other_bonds)
    assert found is not None
    assert [other[place] for place in found] == list(symbols)
    for i, j in bonds:
        assert {found[i], found[j]} in [set(bond) for bond in other_bonds]
    assert match_atoms(symbols, bonds, other, [(3, 0), (2, 0), (1, 3)]) is None
    assert match_atoms(symbols, bonds, ("H", "O", "H", "N"), other_bonds) is None
