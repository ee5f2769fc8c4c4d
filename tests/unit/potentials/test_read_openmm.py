"""What was written for OpenMM is read back; other people's files are read or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.potentials.read.openmm import read_openmm
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import FIELDS, build, droplet, ours

METHANOL = System.pure("MeOH", from_smiles("CO"))
CHARGES = {"MeOH:C1": 0.145, "MeOH:O1": -0.683, "MeOH:H1": 0.04, "MeOH:H2": 0.418}
OPLS = (Path(__file__).parents[2] / "opls/methanol.xml").read_text()


def assert_same(read: ForceField, written: ForceField) -> None:
    assert [term.name for term in read.terms] == [term.name for term in written.terms]
    for one, other in zip(read.terms, written.terms, strict=True):
        assert one.form == other.form
        assert one.parameters == pytest.approx(other.parameters, rel=1e-9)
    assert read.atom_types == written.atom_types
    charges = written.electrostatics.liquid
    assert read.electrostatics.liquid == pytest.approx(charges, abs=1e-9)
    assert read.electrostatics.gas == read.electrostatics.liquid
    assert (read.combination, read.scale_14) == (written.combination, written.scale_14)


@pytest.mark.parametrize("name", FIELDS)
def test_round_trip(name: str) -> None:
    system, field = build(*FIELDS[name])
    assert_same(read_openmm(write_openmm(field, system), system), field)


def test_a_field_comes_back_without_errors() -> None:
    system, field = build(*FIELDS["ring of three"])
    read = read_openmm(write_openmm(field, system), system)
    box = droplet(system)
    forces, expected = (ours(each, system, box, False)[1] for each in (read, field))
    np.testing.assert_allclose(forces, expected, atol=1e-7)
    assert np.isnan(read.covariance).all()


def test_a_species_is_read_from_the_file_of_a_mixture() -> None:
    system, field = build(*FIELDS["water and ethanol"])
    text = write_openmm(field, system)
    ethanol = System.pure("ethanol", system.of_name("EtOH"))
    read = read_openmm(text, ethanol)
    bond = read.term("bond ethanol:C2-ethanol:O1")
    assert bond.parameters == pytest.approx(field.term("bond EtOH:C2-EtOH:O1").parameters)
    turned = System(system.names[::-1], system.species[::-1], system.amounts)
    assert read_openmm(text, turned).pair("water:O1", "EtOH:O1") == pytest.approx(
        field.pair("water:O1", "EtOH:O1")
    )


def test_a_species_that_the_file_has_not_is_named() -> None:
    system, _ = build(*FIELDS["water and methanol"])
    with pytest.raises(ValueError, match="Residues: none has the atoms and bonds of water"):
        read_openmm(OPLS, system)


def test_species_that_no_file_tells_apart_are_refused() -> None:
    both = System(("cis", "trans"), (from_smiles("C/C=C\\C"), from_smiles("C/C=C/C")), (1.0, 1.0))
    with pytest.raises(ValueError, match="cis and trans: equal atoms and bonds"):
        read_openmm(OPLS, both)


def test_opls_methanol_in_its_own_numbers() -> None:
    field = read_openmm(OPLS, METHANOL)
    kcal = KCAL_PER_MOL
    assert field.term("bond MeOH:C1-MeOH:O1").parameters == pytest.approx(
        {"k": 320 * kcal, "r0": 1.41}
    )
    assert field.term("angle MeOH:C1-MeOH:O1-MeOH:H2").parameters == pytest.approx(
        {"k": 55 * kcal, "theta0": 108.5}
    )
    dihedral = field.term("dihedral MeOH:H1-MeOH:C1-MeOH:O1-MeOH:H2")
    assert dihedral.form == "threefold"
    assert dihedral.parameters == pytest.approx({"k3": 0.225 * kcal})
    assert field.term("nonbonded MeOH:O1").parameters == pytest.approx(
        {"epsilon": 0.17 * kcal, "sigma": 3.12}
    )
    assert field.electrostatics.liquid == CHARGES
    assert field.scale_14 == (0.5, 0.5)


def test_phases_become_signs_or_sines() -> None:
    flipped = OPLS.replace(
        'periodicity1="3" phase1="0.0"', 'periodicity1="2" phase1="3.14159265359"'
    )
    assert read_openmm(flipped, METHANOL).term(
        "dihedral MeOH:H1-MeOH:C1-MeOH:O1-MeOH:H2"
    ).parameters["k2"] == pytest.approx(-0.225 * KCAL_PER_MOL)
    turned = OPLS.replace('phase1="0.0"', 'phase1="1.5707963267949"')
    dihedral = read_openmm(turned, METHANOL).term("dihedral MeOH:H1-MeOH:C1-MeOH:O1-MeOH:H2")
    assert dihedral.form == "chiral_fourier"
    assert dihedral.parameters["s3"] == pytest.approx(0.225 * KCAL_PER_MOL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<ForceField>", "<ForceField", "no XML"),
        ('<Bond from="4" to="5"/>', "", "none has the atoms and bonds of MeOH"),
        ("PeriodicTorsionForce", "AmoebaTorsionForce", "AmoebaTorsionForce: cannot be read"),
        (
            'class1="CT" class2="OH" length',
            'class1="CT" class2="NH" length',
            "bond MeOH:C1-MeOH:O1: the file",
        ),
        ('periodicity1="3"', 'periodicity1="7"', "periodicity 7 is not one of 1 to 6"),
        ('type="opls_155" charge', 'type="opls_1" charge', "no Atom for opls_155"),
        (' length="0.141"', "", "attribute 'length' is missing"),
        ("</ForceField>", "<Script>x = 1</Script></ForceField>", "Script: it may change"),
    ],
)
def test_what_cannot_be_read_is_named(old: str, new: str, message: str) -> None:
    assert old in OPLS
    with pytest.raises(ValueError, match=message):
        read_openmm(OPLS.replace(old, new), METHANOL)


def test_equal_atoms_must_be_equal() -> None:
    lines = '<Type name="odd" class="HC" element="H" mass="1.008"/>\n  </AtomTypes>'
    text = OPLS.replace("</AtomTypes>", lines).replace(
        'name="H3" type="opls_156"', 'name="H3" type="odd"'
    )
    atom = '<Atom type="odd" charge="0.05" sigma="0.25" epsilon="0.1"/>\n  </NonbondedForce>'
    with pytest.raises(ValueError, match="charge of MeOH:H1: equal atoms have different charges"):
        read_openmm(text.replace("</NonbondedForce>", atom), METHANOL)


def test_impropers_about_another_axis_are_refused() -> None:
    forms = "morse harmonic_angle fourier cosine_improper exp6"
    system, field = build({"DMC": "COC(=O)OC"}, forms, {})
    written = write_openmm(field, system)
    assert read_openmm(written.replace(' ordering="charmm"', ""), system).terms == (
        read_openmm(written, system).terms  # OpenMM's own choice for custom forces
    )
    text = written.replace('ordering="charmm"', 'ordering="default"')
    with pytest.raises(ValueError, match="impropers with ordering 'default'"):
        read_openmm(text, system)
    flat = replace(
        field,
        terms=tuple(
            replace(term, parameters={"k": 0.0}) if term.kind == "improper" else term
            for term in field.terms
        ),
    )
    text = write_openmm(flat, system).replace('ordering="charmm"', 'ordering="default"')
    assert isinstance(read_openmm(text, system).terms[0], Term)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("*C6/r^6", "*C6/r^6/2", "is none of our forms"),
        ("A=A_of(t1,t2)", "A=2*A_of(t1,t2)", "is none of our forms"),
        ("<Script>", "<Script>#", "Script: it may change the energy"),
        ('bondCutoff="3"', 'bondCutoff="2"', "bondCutoff must be 3"),
        ('t="0"', 't="-3"', "t = -3; must be 0 or more"),
        ('t="0"', 't="9"', "fewer values than pairs"),
        ('atomName1="', 'atomName1="ZZ', "Bond: there is no atom ZZ"),
        ('D="', 'D="nan" x="', "D = nan; must be a number|different parameters"),
        ('D="', 'D="-5" x="', "D = -.*; must be a number of 0 or more"),
    ],
)
def test_another_potential_is_not_taken_for_ours(old: str, new: str, message: str) -> None:
    system, field = build({"MeOH": "CO"}, "morse harmonic_angle fourier tang_toennies", {})
    text = write_openmm(field, system)
    assert old in text
    with pytest.raises(ValueError, match=message):
        read_openmm(text.replace(old, new), system)


def test_species_that_openmm_cannot_tell_apart_are_not_written() -> None:
    isomers = {"cis": "C/C=C\\C", "trans": "C/C=C/C"}
    forms = "morse harmonic_angle fourier harmonic_improper exp6"
    system, field = build(isomers, forms, {})
    with pytest.raises(ValueError, match="cis and trans: equal atoms and bonds"):
        write_openmm(field, system)
