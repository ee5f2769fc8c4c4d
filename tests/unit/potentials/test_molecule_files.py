"""Files of molecules from which MD programs start."""

from io import StringIO

import numpy as np
import pytest
from openmm.app import PDBFile

from aiida_forcefield.potentials.export.molecule import write_gro, write_pdb
from aiida_forcefield.potentials.export.names import check_distinct, residue_names
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System

from ...fields import FIELDS, build, liquid

WATER = System.pure("water", from_smiles("O"))


def mixture(**smiles: str) -> System:
    return System(tuple(smiles), tuple(map(from_smiles, smiles.values())), (1.0,) * len(smiles))


def empty(count: int) -> Box:
    return Box((count,), np.zeros((3 * count, 3)), np.full(3, 100.0))


def test_bonds_name_their_atoms_to_the_last_molecule() -> None:
    assert write_pdb(WATER, empty(33_333)).splitlines()[-2] == "CONECT9999799999"


def test_more_atoms_than_the_format_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="100002 atoms; a PDB file with bonds has 99999 at most"):
        write_pdb(WATER, empty(33_334))


def test_molecules_of_all_species_are_numbered_through() -> None:
    system, _ = build(*FIELDS["lithium fluoride in carbonate"])
    box = liquid(system)
    lines = write_pdb(system, box).splitlines()
    atoms = [line for line in lines if line.startswith("HETATM")]
    assert [int(line[6:11]) for line in atoms] == list(range(1, len(box.positions) + 1))
    residues = [(line[17:20], int(line[22:26])) for line in atoms]
    assert list(dict.fromkeys(residues)) == [
        (" LI" if n <= 9 else " EC" if n <= 18 else "  F", n) for n in range(1, 28)
    ]
    xyz = np.array([[line[k : k + 8] for k in (30, 38, 46)] for line in atoms], dtype=float)
    np.testing.assert_allclose(xyz, box.positions, atol=6e-4)
    ends = [(int(line[6:11]), int(line[11:16])) for line in lines if line.startswith("CONECT")]
    assert len(ends) == 9 * len(system.of_name("EC").bonds)
    assert {residues[i - 1] == residues[j - 1] for i, j in ends} == {True}


def test_gro_has_the_same_molecules() -> None:
    system, _ = build(*FIELDS["lithium fluoride in carbonate"])
    box = liquid(system)
    title, count, *rows, edges = write_gro(system, box).splitlines()
    assert (title, int(count)) == ("9 Li, 9 EC, 9 F", len(rows))
    assert [rows[place][:15] for place in (0, 9, -1)] == [
        "    1LI     Li1", "   10EC      C1", "   27F       F1",
    ]  # fmt: skip
    xyz = np.array([[row[k : k + 14] for k in (20, 34, 48)] for row in rows], dtype=float)
    np.testing.assert_allclose(10 * xyz, box.positions, atol=1e-7)
    np.testing.assert_allclose(10 * np.array(edges.split(), dtype=float), box.edges)


def test_residues_are_the_first_letters_of_names() -> None:
    assert residue_names(WATER) == ("MOL",)
    named = System(
        ("1_3_dioxolane", "Li"), (from_smiles("C1COCO1"), from_smiles("[Li+]")), (1.0, 1.0)
    )
    assert residue_names(named) == ("13D", "LI")


def test_residues_that_cannot_be_told_apart_are_refused() -> None:
    names = mixture(dimethyl_carbonate="COC(=O)OC", dimethoxyethane="COCCOC")
    with pytest.raises(
        ValueError, match=r"dimethyl_carbonate and dimethoxyethane: both make .* DIM"
    ):
        residue_names(names)


@pytest.mark.parametrize(
    ("name", "smiles", "residue"), [("water", "O", "WAZ"), ("G3", "COCCOCCOCCOC", "G3Z")]
)
def test_openmm_takes_no_residue_for_another(name: str, smiles: str, residue: str) -> None:
    """It would make water rigid, and put bonds into what is named as a nucleotide is."""
    system = mixture(**{name: smiles, "EC": "C1COC(=O)O1"})
    assert residue_names(system) == (residue, "EC")
    x = [species.conformers[0] + 50.0 for species in system.species]
    pdb = PDBFile(StringIO(write_pdb(system, Box((1, 1), np.concatenate(x), np.full(3, 100.0)))))
    assert [each.name for each in pdb.topology.residues()] == [residue, "EC"]
    bonds = sum(len(species.bonds) for species in system.species)
    assert pdb.topology.getNumBonds() == bonds


def test_isomers_of_one_graph_cannot_be_told_apart_in_files() -> None:
    isomers = mixture(cis="C/C=C\\C", trans="C/C=C/C")
    with pytest.raises(ValueError, match="species cis and trans: equal atoms and bonds"):
        check_distinct(isomers)
