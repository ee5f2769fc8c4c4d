"""Cumulenes, cages and salts of metals: each is treated as it is, or refused in one line."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from aiida_forcefield.runner.bonds import CATIONS, find_bonds
from aiida_forcefield.topology import Species, from_smiles, from_xyz
from aiida_forcefield.topology.molecule import ions_of

ENDS = st.sampled_from(["", "C", "F", "O", "C#N", "Cl"])
CAGES = ("C1C2CC1C2", "C1C2CC12", "C12C3C4C1C5C2C3C45", "C1CC2CCC1C2", "C1C2CC3CC1CC(C2)C3")
RINGS = ("[SiH2]1O[SiH2]O1", "[SiH2]1N[SiH2]N1", "C1OCO1", "B1NBN1", "C1CC1", "C1CCC1")
ANIONS = ("OC", "OC(=O)C", "OC(=O)OC", "F", "Cl", "OCCO", "N(C)C", "C", "OC=O", "ON=O")


def read(smiles: str) -> Species | None:
    """The species, or None where it is refused in one line of our own words."""
    try:
        return from_smiles(smiles)
    except ValueError as error:
        text = str(error)
        assert "\n" not in text
        assert "object has no attribute" not in text
        return None


@settings(max_examples=25, deadline=None)
@given(st.tuples(ENDS, ENDS, ENDS, ENDS), st.integers(1, 4), st.sampled_from(["C", "N"]))
def test_ends_of_a_cumulene_are_held(
    ends: tuple[str, str, str, str], inner: int, last: str
) -> None:
    a, b, c, d = (f"({end})" if end else "" for end in ends)
    tail = f"C{c}{d}" if last == "C" else f"N{c}"
    species = read(f"C{a}{b}={'C=' * inner}{tail}")
    assume(species is not None)
    assert species is not None
    end = 1 + _atoms(ends[0]) + _atoms(ends[1]) + inner
    over = {
        frozenset(member[1:3])
        for term in species.term_types
        if term.kind == "dihedral"
        for member in term.members
    }
    assert frozenset((0, end)) in over


def _atoms(substituent: str) -> int:
    return sum(letter.isupper() for letter in substituent)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(CAGES + RINGS), st.sampled_from(["", "F", "C", "O"]))
def test_a_geometry_of_a_cage_or_small_ring_leads_back_to_its_bonds(
    skeleton: str, substituent: str
) -> None:
    species = read(substituent + skeleton)
    assume(species is not None)
    assert species is not None
    for positions in species.conformers:
        assert find_bonds(species.symbols, positions) == species.bonds


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(CATIONS - {"Cs"})), st.sampled_from(ANIONS), st.sampled_from(ANIONS))
def test_salts_lead_to_their_ions(metal: str, one: str, other: str) -> None:
    charge = 2 if metal in ("Mg", "Ca", "Sr", "Ba") else 1
    smiles = f"[{metal}]{one}" if charge == 1 else f"[{metal}]({one}){other}"
    assert read(smiles) is not None
    ions = ions_of(smiles)
    molecules = [Chem.MolFromSmiles(ion) for ion in ions]
    assert sum(Chem.GetFormalCharge(molecule) for molecule in molecules) == 0
    assert f"[{metal}+{charge}]".replace("+1", "+") in ions
    for ion in ions:
        assert ions_of(ion) == []
        assert read(ion) is not None


@pytest.mark.parametrize("anion", ["OC(=O)OC", "OC=O"])
def test_the_file_of_a_salt_leads_to_its_ions(anion: str) -> None:
    species = from_smiles(f"[Li]{anion}")
    rows = zip(species.symbols, species.conformers[0], strict=True)
    text = "\n".join(f"{symbol} {x} {y} {z}" for symbol, (x, y, z) in rows)
    with pytest.raises(ValueError, match="contacts of Li are no bonds"):
        from_xyz(f"{len(species.symbols)}\n\n{text}", 0, 1)
