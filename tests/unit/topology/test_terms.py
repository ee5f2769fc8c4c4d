from collections import Counter
from itertools import combinations

import pytest

from aiida_forcefield.topology import Species, from_smiles


def counts(species: Species) -> Counter[str]:
    return Counter(term.kind for term in species.term_types for _ in term.members)


@pytest.mark.parametrize("smiles", ["CO", "COC(=O)OC", "CCO", "CN(C)C=O", "O=C1OCCO1", "C=C"])
def test_terms_are_all_that_the_graph_holds(smiles: str) -> None:
    species = from_smiles(smiles)
    degree = Counter(atom for bond in species.bonds for atom in bond)
    found = counts(species)
    assert found["bond"] == len(species.bonds)
    assert found["angle"] == sum(d * (d - 1) // 2 for d in degree.values())
    assert found["dihedral"] == sum((degree[i] - 1) * (degree[j] - 1) for i, j in species.bonds)


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("COC(=O)OC", 1),
        ("CO", 0),
        ("N", 0),
        ("[CH3]", 1),
        ("CN(C)C=O", 2),
        ("c1ccccc1", 6),
        ("FB(F)F", 1),
    ],
)
def test_impropers_are_at_trigonal_centres(smiles: str, expected: int) -> None:
    species = from_smiles(smiles)
    impropers = [m for t in species.term_types if t.kind == "improper" for m in t.members]
    assert len(impropers) == expected
    for centre, *around in impropers:
        assert {frozenset((centre, a)) for a in around} <= set(map(frozenset, species.bonds))


def test_names_read_the_same_forward_and_backward() -> None:
    names = [t.name for t in from_smiles("CO").term_types]
    assert names == [
        "bond C1-O1",
        "bond C1-H1",
        "bond H2-O1",
        "angle H1-C1-O1",
        "angle H1-C1-H1",
        "angle C1-O1-H2",
        "dihedral H1-C1-O1-H2",
    ]
    assert from_smiles("COC(=O)OC").term_types[-1].name == "improper C2-O1-O1-O2"


@pytest.mark.parametrize("smiles", ["CCO", "COC(=O)OC", "CN(C)C=O", "c1ccccc1"])
def test_members_are_spelled_as_the_name_and_never_repeat(smiles: str) -> None:
    species = from_smiles(smiles)
    seen = set()
    for term in species.term_types:
        for member in term.members:
            types = "-".join(species.atom_types[atom] for atom in member)
            assert f"{term.kind} {types}" == term.name
            seen.add((term.kind, min(member, member[::-1])))
    assert len(seen) == sum(len(term.members) for term in species.term_types)
    assert len({term.name for term in species.term_types}) == len(species.term_types)


@pytest.mark.parametrize("smiles", ["CC#N", "CC#CC", "O=C=O"])
def test_no_dihedral_leads_through_a_linear_centre(smiles: str) -> None:
    assert counts(from_smiles(smiles))["dihedral"] == 0


@pytest.mark.parametrize(
    ("smiles", "name", "members"),
    [
        ("C=C=C", "dihedral H1-C1-C1-H1", 4),
        ("C=C=C=C", "dihedral H1-C1-C1-H1", 4),
        ("C=C=C=C=C", "dihedral H1-C1-C1-H1", 4),
        ("C=C=N", "dihedral H1-C1-N1-H2", 2),
        ("CN=C=NC", "dihedral C1-N1-N1-C1", 1),
        ("C=CC#CC=C", "dihedral C1-C2-C2-C1", 1),
    ],
)
def test_the_ends_of_a_linear_chain_hold_each_others_plane(
    smiles: str, name: str, members: int
) -> None:
    species = from_smiles(smiles)
    (over,) = (term for term in species.term_types if term.name == name)
    assert len(over.members) == members
    for i, j, k, m in over.members:
        assert {j, i} in map(set, species.bonds)
        assert {k, m} in map(set, species.bonds)
        assert {j, k} not in map(set, species.bonds)


@pytest.mark.parametrize("smiles", ["C=C=O", "CN=C=O", "C=[N+]=[N-]", "CC#CC", "CC#CC=C"])
def test_a_linear_chain_with_a_bare_or_free_end_holds_nothing(smiles: str) -> None:
    species = from_smiles(smiles)
    for term in species.term_types:
        if term.kind == "dihedral":
            assert all(set(member[1:3]) in map(set, species.bonds) for member in term.members)


def test_opposite_ligands_of_an_octahedron_make_no_angle() -> None:
    hexafluorophosphate = from_smiles("F[P-](F)(F)(F)(F)F")
    angles = {frozenset(m[::2]) for m in hexafluorophosphate.term_types[1].members}
    opposite = set(map(frozenset, combinations((0, 2, 3, 4, 5, 6), 2))) - angles
    assert len(angles) == 12
    assert len(frozenset().union(*opposite)) == 6  # three disjoint pairs


def test_three_membered_rings_have_no_dihedral_onto_themselves() -> None:
    for term in from_smiles("C1CO1").term_types:
        for member in term.members:
            assert len(set(member)) == len(member)
