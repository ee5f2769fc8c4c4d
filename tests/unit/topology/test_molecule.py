from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from aiida_forcefield.topology import Species, from_smiles, from_xyz

DMC = from_smiles("COC(=O)OC")


def complete_graph(size: int) -> str:
    """Iron atoms, each bonded to each other."""
    pairs = list(combinations(range(size), 2))
    closures = [[f"%({n})" for n, pair in enumerate(pairs) if atom in pair] for atom in range(size)]
    return ".".join("[Fe]" + "".join(own) for own in closures)


def to_xyz(species: Species, order: list[int] | None = None) -> str:
    order = order or list(range(len(species.symbols)))
    rows = [" ".join([species.symbols[a], *map(str, species.conformers[0, a])]) for a in order]
    return "\n".join([str(len(rows)), "", *rows])


def census(species: Species) -> list[tuple[str, int]]:
    return sorted((term.kind, len(term.members)) for term in species.term_types)


@pytest.mark.parametrize(
    ("smiles", "charge", "multiplicity"),
    [
        ("CO", 0, 1),
        ("[Li+]", 1, 1),
        ("[F-]", -1, 1),
        ("F[P-](F)(F)(F)(F)F", -1, 1),
        ("[CH3]", 0, 2),
        ("[Li]", 0, 2),
        ("[O][O]", 0, 3),
        ("[H][H]", 0, 1),
        ("N#N", 0, 1),
    ],
)
def test_charge_and_multiplicity_follow_from_the_smiles(
    smiles: str, charge: int, multiplicity: int
) -> None:
    species = from_smiles(smiles)
    assert (species.charge, species.multiplicity) == (charge, multiplicity)
    assert species.conformers.shape[1:] == (len(species.symbols), 3)


def test_multiplicity_can_be_given() -> None:
    assert from_smiles("O=O", multiplicity=3).multiplicity == 3


@pytest.mark.parametrize(
    ("smiles", "multiplicity", "complaint"),
    [
        ("C(", None, "cannot be read"),
        ("CQ", None, "cannot be read"),
        ("[Xx]", None, "unknown element 'Xx'"),
        ("C(C)(C)(C)(C)C", None, "valence"),
        ("C*", None, "dummy atom"),
        ("", None, "the molecule is empty"),
        ("  ", None, "the molecule is empty"),
        ("[2H]O[2H]", None, "isotope labels"),
        ("[Li+].F[P-](F)(F)(F)(F)F", None, "several fragments ('[Li+]', 'F[P-](F)(F)(F)(F)F')"),
        ("[Li+].[F-]", None, "one molecule or ion is allowed"),
        ("[CH3]", 1, "multiplicity 1 is not possible with 9 electrons"),
        ("CO", 2, "allowed is an odd number from 1"),
        ("CO", 0, "allowed is an odd number"),
        ("[H+]", None, "0 electrons"),
        ("[H]", 4, "multiplicity 4"),
        ("C" * 201, None, "it has 201 atoms; up to 200 are allowed"),
        ("C" * 3000, None, "it has 3000 letters; up to 2000 are allowed"),
        (complete_graph(18), None, "it has 136 rings; up to 100 are allowed"),
        ("[CH150]", None, "RDKit fails on it"),
    ],
)
def test_bad_smiles_get_one_clear_line(
    smiles: str, multiplicity: int | None, complaint: str
) -> None:
    with pytest.raises(ValueError, match="SMILES") as error:
        from_smiles(smiles, multiplicity)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_the_canonical_smiles_does_not_depend_on_the_spelling() -> None:
    assert from_smiles("OC").smiles == from_smiles("CO").smiles == "CO"


@settings(max_examples=8)
@given(st.integers(1, 10_000))
def test_terms_do_not_depend_on_the_spelling_of_the_smiles(seed: int) -> None:
    spelled = Chem.MolToRandomSmilesVect(Chem.MolFromSmiles("COC(=O)OC"), 1, seed)[0]
    assert census(from_smiles(spelled)) == census(DMC)


@settings(max_examples=20)
@given(st.permutations(range(12)))
def test_xyz_keeps_order_and_geometry_and_finds_the_same_terms(order: list[int]) -> None:
    read = from_xyz(to_xyz(DMC, order), charge=0, multiplicity=1)
    assert read.symbols == tuple(DMC.symbols[a] for a in order)
    np.testing.assert_array_equal(read.conformers, DMC.conformers[:1, order])
    assert {frozenset(order[a] for a in b) for b in read.bonds} == set(map(frozenset, DMC.bonds))
    assert census(read) == census(DMC)


@pytest.mark.parametrize(
    "smiles", ["F[P-](F)(F)(F)(F)F", "[CH3]", "[F-]", "CC#N", "N#N", "CC(=O)[O-]"]
)
def test_xyz_and_smiles_agree(smiles: str) -> None:
    known = from_smiles(smiles)
    read = from_xyz(to_xyz(known), known.charge, known.multiplicity)
    assert (read.atom_types, read.bonds, read.term_types) == (
        known.atom_types,
        known.bonds,
        known.term_types,
    )


def test_xyz_of_two_molecules_is_refused() -> None:
    with pytest.raises(ValueError, match=r"several fragments \(He, He\)"):
        from_xyz("2\n\nHe 0 0 0\nHe 0 0 9", 0, 1)


def test_xyz_of_a_salt_leads_to_its_ions() -> None:
    text = "5\n\nC 0 -0.3 0\nO 1.1 0.3 0\nO -1.1 0.3 0\nH 0 -1.4 0\nLi 0 1.74 0"
    with pytest.raises(ValueError, match=r"CHO2, Li\); contacts of Li are no bonds; .* `system`"):
        from_xyz(text, 0, 1)


@pytest.mark.parametrize(
    "smiles", ["[CH3:1][OH:2]", "[H:3][C:1]([H:4])([H:5])[O:2][H:6]", "[OH:7][CH3:7]"]
)
def test_atom_maps_leave_no_trace(smiles: str) -> None:
    mapped, plain = from_smiles(smiles), from_smiles("CO")
    assert mapped.smiles == plain.smiles
    if smiles.startswith("[CH3"):
        assert mapped.key == plain.key


@pytest.mark.parametrize(
    ("smiles", "isomers"),
    [
        ("CC=CC", r"C/C=C/C, C/C=C\C"),
        ("CC(O)C(C)O", "C[C@H](O)[C@@H](C)O, C[C@H](O)[C@H](C)O"),
        ("OC1CCC(O)CC1", "O[C@H]1CC[C@@H](O)CC1, O[C@H]1CC[C@H](O)CC1"),
        ("CC1COS(=O)O1", "C[C@@H]1CO[S@](=O)O1, C[C@H]1CO[S@](=O)O1"),
        ("CC=NO", r"C/C=N/O, C/C=N\O"),
    ],
)
def test_open_stereochemistry_is_asked_for(smiles: str, isomers: str) -> None:
    with pytest.raises(ValueError, match="its stereochemistry is open; write one of") as error:
        from_smiles(smiles)
    assert isomers in str(error.value)
    for isomer in isomers.split(", "):
        assert from_smiles(isomer).smiles == isomer


@pytest.mark.parametrize(
    "smiles", ["CC1COC(=O)O1", "CC(F)O", "C1CC2CCC1C2", "C1CCC=CC1", "CS(=O)CC"]
)
def test_mirror_images_need_not_be_told_apart(smiles: str) -> None:
    """Nor isomers that no geometry has, such as norbornane with a bridgehead turned inside."""
    assert from_smiles(smiles).smiles


def test_xyz_with_impossible_electrons_is_refused() -> None:
    with pytest.raises(ValueError, match="multiplicity 1 is not possible with 47 electrons"):
        from_xyz(to_xyz(DMC), charge=1, multiplicity=1)
