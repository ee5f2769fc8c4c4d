"""What was written for OpenMM is read back; other people's files are read or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.potentials import (
    ForceField,
    Term,
    molecule_energies,
    read_openmm,
    write_openmm,
)
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import FIELDS, build
from .synthetic_fields import Case

OPLS = (Path(__file__).parents[2] / "opls/methanol.xml").read_text()


def assert_same(read: ForceField, written: ForceField) -> None:
    assert [term.name for term in read.terms] == [term.name for term in written.terms]
    for one, other in zip(read.terms, written.terms, strict=True):
        assert one.form == other.form
        assert one.parameters == pytest.approx(other.parameters, rel=1e-9)
    assert read.charges == pytest.approx(written.charges, abs=1e-9)
    assert (read.combination, read.scale_14) == (written.combination, written.scale_14)


@pytest.mark.parametrize("name", FIELDS)
def test_round_trip(name: str) -> None:
    smiles, forms, extra = FIELDS[name]
    species, field = build(smiles, forms, extra)
    assert_same(read_openmm(write_openmm(field, species), species), field)


def test_a_fitted_field_comes_back_without_errors(case: Case) -> None:
    read = read_openmm(write_openmm(case.forcefield, case.species), case.species)
    energy = molecule_energies(read, case.species, case.molecules[:3])
    expected = molecule_energies(case.forcefield, case.species, case.molecules[:3])
    np.testing.assert_allclose(energy[1], expected[1], atol=1e-7)
    assert np.isnan(read.covariance).all()


def test_opls_methanol_in_its_own_numbers() -> None:
    field = read_openmm(OPLS, from_smiles("CO"))
    kcal = KCAL_PER_MOL
    assert field.term("bond C1-O1").parameters == pytest.approx({"k": 320 * kcal, "r0": 1.41})
    assert field.term("angle C1-O1-H2").parameters == pytest.approx(
        {"k": 55 * kcal, "theta0": 108.5}
    )
    dihedral = field.term("dihedral H1-C1-O1-H2")
    assert dihedral.form == "threefold"
    assert dihedral.parameters == pytest.approx({"k3": 0.225 * kcal})
    assert field.term("nonbonded O1").parameters == pytest.approx(
        {"epsilon": 0.17 * kcal, "sigma": 3.12}
    )
    assert field.charges == {"C1": 0.145, "O1": -0.683, "H1": 0.04, "H2": 0.418}
    assert field.scale_14 == (0.5, 0.5)


def test_phases_become_signs_or_sines() -> None:
    flipped = OPLS.replace(
        'periodicity1="3" phase1="0.0"', 'periodicity1="2" phase1="3.14159265359"'
    )
    assert read_openmm(flipped, from_smiles("CO")).term("dihedral H1-C1-O1-H2").parameters[
        "k2"
    ] == pytest.approx(-0.225 * KCAL_PER_MOL)
    turned = OPLS.replace('phase1="0.0"', 'phase1="1.5707963267949"')
    dihedral = read_openmm(turned, from_smiles("CO")).term("dihedral H1-C1-O1-H2")
    assert dihedral.form == "chiral_fourier"
    assert dihedral.parameters["s3"] == pytest.approx(0.225 * KCAL_PER_MOL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<ForceField>", "<ForceField", "no XML"),
        ('<Bond from="4" to="5"/>', "", "none has the atoms and bonds of CO"),
        ("PeriodicTorsionForce", "AmoebaTorsionForce", "AmoebaTorsionForce: cannot be read"),
        (
            'class1="CT" class2="OH" length',
            'class1="CT" class2="NH" length',
            "bond C1-O1: the file",
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
        read_openmm(OPLS.replace(old, new), from_smiles("CO"))


def test_equal_atoms_must_be_equal() -> None:
    lines = '<Type name="odd" class="HC" element="H" mass="1.008"/>\n  </AtomTypes>'
    text = OPLS.replace("</AtomTypes>", lines).replace(
        'name="H3" type="opls_156"', 'name="H3" type="odd"'
    )
    atom = '<Atom type="odd" charge="0.05" sigma="0.25" epsilon="0.1"/>\n  </NonbondedForce>'
    with pytest.raises(ValueError, match="charge of H1: equal atoms have different charges"):
        read_openmm(text.replace("</NonbondedForce>", atom), from_smiles("CO"))


def test_impropers_about_another_axis_are_refused() -> None:
    species, field = build("COC(=O)OC", "morse harmonic_angle fourier cosine_improper exp6", {})
    written = write_openmm(field, species)
    assert read_openmm(written.replace(' ordering="charmm"', ""), species).terms == (
        read_openmm(written, species).terms  # OpenMM's own choice for custom forces
    )
    text = written.replace('ordering="charmm"', 'ordering="default"')
    with pytest.raises(ValueError, match="impropers with ordering 'default'"):
        read_openmm(text, species)
    flat = replace(
        field,
        terms=tuple(
            replace(term, parameters={"k": 0.0}) if term.kind == "improper" else term
            for term in field.terms
        ),
    )
    text = write_openmm(flat, species).replace('ordering="charmm"', 'ordering="default"')
    assert isinstance(read_openmm(text, species).terms[0], Term)


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
def test_another_potential_is_not_taken_for_ours(
    methanol: Case, old: str, new: str, message: str
) -> None:
    text = write_openmm(methanol.forcefield, methanol.species)
    assert old in text
    with pytest.raises(ValueError, match=message):
        read_openmm(text.replace(old, new), methanol.species)
