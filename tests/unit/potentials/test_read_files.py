"""Which files are taken for force fields, and what is said of all others."""

from pathlib import Path

import pytest

from aiida_forcefield.potentials.read import read_files

from .test_read_openmm import METHANOL

OPLS = Path(__file__).parents[2] / "opls"
XML, DATA, SCRIPT = ((OPLS / f"methanol.{end}").read_text() for end in ("xml", "data", "in"))
READ = (
    r"; read are OpenMM's XML \(<ForceField>\), and a data file of LAMMPS and then its input files$"
)


@pytest.mark.parametrize("name", ["ff.xml", "FF.XML", "ff.ffxml", "ff"])
def test_xml_is_of_openmm(name: str) -> None:
    assert read_files([(name, XML)], METHANOL).scale_14 == (0.5, 0.5)


@pytest.mark.parametrize("name", ["system.data", "SYSTEM.DATA", "data.methanol", "methanol.lmp"])
def test_a_number_of_atoms_is_of_a_data_file_of_lammps(name: str) -> None:
    assert read_files([(name, DATA), ("IN.LMP", SCRIPT)], METHANOL).combination == "geometric"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("topol.top", "[ defaults ]\n1 3 yes 0.5 0.5\n", "a topology of GROMACS or AMBER"),
        ("mol.itp", "[ moleculetype ]\nMOL 3\n", "a file of GROMACS"),
        ("conf.gro", "methanol\n    6\n", "a file of GROMACS"),
        ("mol.prmtop", "%VERSION VERSION_STAMP = V0001.000\n", "a file of AMBER"),
        ("mol.frcmod", "MASS\n", "a file of AMBER"),
        ("mol.psf", "PSF\n\n 6 !NATOM\n", "a file of CHARMM"),
        ("par_all36.prm", "BONDS\n", "a file of CHARMM"),
        ("mol.LT", "MOL {\n}\n", "a file of Moltemplate"),
        ("mol.mol2", "@<TRIPOS>ATOM\n", "a structure"),
        ("field.json", "{}", "a file of JSON or YAML"),
        ("system.data.gz", "\x1f\x8b", "a compressed file, to be unpacked first"),
        ("ff.offxml", '<?xml version="1.0"?><SMIRNOFF version="0.3"/>', "a force field of OpenFF"),
        ("ff.offxml", "", "a force field of OpenFF"),
        ("system.xml", "<System><Particles/></System>", "a serialized System of OpenMM"),
        ("in.lammps", SCRIPT, "an input file of LAMMPS in the place of the data file"),
        ("notes", "14 atoms make a molecule\n", "neither XML nor a data file, .* '14 atoms'"),
        ("empty", "", "neither XML nor a data file, .* '14 atoms'"),
    ],
)
def test_other_files_are_named(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: {message}{READ}"):
        read_files([(name, text)], METHANOL)


def test_a_field_of_openmm_is_one_file() -> None:
    with pytest.raises(ValueError, match=r"^a\.xml: b\.xml: beside a force field of OpenMM"):
        read_files([("a.xml", XML), ("b.xml", XML)], METHANOL)


def test_what_is_no_xml_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^a\.xml: no XML: wrong in line 2, column 11$"):
        read_files([("a.xml", XML.replace("<AtomTypes>", "<AtomType<>"))], METHANOL)
