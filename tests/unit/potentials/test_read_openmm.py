"""What was written for OpenMM is read back; other people's files are read or refused."""

import re
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
        ("<ForceField>", '<ForceField combining_rule="cubic">', "'cubic'; allowed: lorentz, geom"),
        ("<ForceField>", '<ForceField scale="2">', "ForceField: attribute scale is not read"),
        ("</ForceField>", "<GBSAOBCForce/></ForceField>", "GBSAOBCForce: cannot be read"),
        ("</ForceField>", "<DrudeForce/></ForceField>", "DrudeForce: cannot be read"),
        ("</ForceField>", "<CMAPTorsionForce/></ForceField>", "CMAPTorsionForce: cannot be read"),
        ("</ForceField>", "<InitializationScript/></ForceField>", "InitializationScript: cannot"),
        ("<AtomTypes>", '<Include file="x.xml"/><AtomTypes>', "Include: cannot be read"),
        ("<AtomTypes>", "<Patches/><AtomTypes>", "Patches: cannot be read"),
        ("</Residues>", "</Residues><Residues/>", "Residues: the element is there twice"),
        ("</ForceField>", "<NonbondedForce/></ForceField>", "NonbondedForce: the element is there"),
        (
            '<Residue name="MOH">',
            '<Residue name="MOH" override="1">',
            "Residue MOH: attribute over",
        ),
        (
            "</Residue>",
            '<Constraint distance="1"/></Residue>',
            "Residue MOH: Constraint is not read",
        ),
        ("</Residue>", '<ExternalBond from="1"/></Residue>', "Residue MOH: ExternalBond is not re"),
        (
            'type="opls_154"/>',
            'type="opls_154" sigma="1"/>',
            "Residue MOH: Atom: attribute sigma is",
        ),
        (
            "<HarmonicBondForce>",
            '<HarmonicBondForce scale="2">',
            "HarmonicBondForce: attribute scal",
        ),
        (' length="0.141"', ' length="0.141" k3="1"', "Bond CT-OH: attribute k3 is not read"),
        ('class2="OH" length', 'clas2="OH" length', "Bond CT: attribute clas2 is not read"),
        ('class2="OH" length', "length", "Bond CT: class2 or type2 is needed, and not both"),
        ('class2="OH" length', 'class2="OH" type2="opls_154" length', "class2 or type2 is needed"),
        ('periodicity1="3"', 'periodicity1="3.0"', "periodicity1 = '3.0'; must be a whole number"),
        ('periodicity1="3"', 'periodicity1="-3"', "periodicity -3 is not one of 1 to 6"),
        ('phase1="0.0"', 'phase3="0.0"', "Proper HC-CT-OH-HO: attribute periodicity1 is not read"),
        (
            "<NonbondedForce ",
            '<NonbondedForce switch="1" ',
            "NonbondedForce: attribute switch is no",
        ),
        (
            'epsilon="0.0"/>',
            'epsilon="0.0" epsilon14="1"/>',
            "opls_155: attribute epsilon14 is not",
        ),
        (
            "</NonbondedForce>",
            '<UseAttributeFromResidue name="epsilon"/></NonbondedForce>',
            "UseAttributeFromResidue epsilon; allowed: charge",
        ),
        (
            "</NonbondedForce>",
            '<UseAttributeFromResidue name="charge"/></NonbondedForce>',
            "Atom opls_.*: a charge beside the residue's",
        ),
        (
            "</NonbondedForce>",
            '<Atom class="" charge="0" sigma="1" epsilon="0"/></NonbondedForce>',
            "there are 2 entries Atom for opls_",
        ),
        (
            "<HarmonicBondForce>",
            '<HarmonicBondForce><Bond class1="" class2="CT" length="0.1" k="9"/>',
            r"Bond \*-CT and Bond .*: both fit the same atoms and differ",
        ),
        (
            "</PeriodicTorsionForce>",
            '<Improper class1="CT" class2="HC" class3="HC" class4="OH" periodicity1="2" '
            'phase1="3.14159265358979" k1="1"/></PeriodicTorsionForce>',
            "impropers with ordering 'default' have their centre third",
        ),
        (
            "</ForceField>",
            '<LennardJonesForce lj14scale="1"><Atom class="CT" sigma="1" epsilon="1"/>'
            "</LennardJonesForce></ForceField>",
            "NonbondedForce and LennardJonesForce: one nonbonded form is allowed",
        ),
    ],
)
def test_what_cannot_be_read_is_named(old: str, new: str, message: str) -> None:
    assert old in OPLS
    with pytest.raises(ValueError, match=message):
        read_openmm(OPLS.replace(old, new), METHANOL)


def test_roots_that_are_no_force_field_are_named() -> None:
    for text, message in (
        ("<SMIRNOFF/>", "a force field of OpenFF; read are"),
        ("<System><Particles/></System>", "a serialized System of OpenMM; read are"),
        ("<html/>", "XML with <html>; read are"),
    ):
        with pytest.raises(ValueError, match=message):
            read_openmm(text, METHANOL)


def test_foyer_says_how_to_combine() -> None:
    text = OPLS.replace("<ForceField>", '<ForceField name="OPLS-AA" combining_rule="geometric">')
    found, usual = (read_openmm(each, METHANOL) for each in (text, OPLS))
    assert (found.combination, usual.combination) == ("geometric", None)
    assert found.pair("MeOH:C1", "MeOH:O1")["sigma"] == pytest.approx(np.sqrt(3.5 * 3.12))
    other = text.replace("</ForceField>", '<LennardJonesForce lj14scale="1"/></ForceField>')
    other = re.sub('(charge="[^"]*" sigma="[^"]*") epsilon="[^"]*"', r'\1 epsilon="0"', other)
    with pytest.raises(ValueError, match="combining_rule 'geometric' beside LennardJonesForce"):
        read_openmm(other, METHANOL)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('sigma14="0.35" epsilon14="0.2760"', "Atom opls_157: sigma14 and epsilon14 are not sigma"),
        ('sigma14="0.34"', "Atom opls_157: sigma14 and epsilon14 are not sigma and epsilon"),
        ('sigma14="0.350" epsilon14="0.276144"', ""),
    ],
)
def test_pairs_14_have_no_parameters_of_their_own(more: str, message: str) -> None:
    atoms = OPLS[OPLS.index('<Atom type="opls_157" charge') : OPLS.index("  </NonbondedForce>")]
    own = re.sub(r'charge="\S*" ', "", atoms).replace(
        'epsilon="0.276144"', f'epsilon="0.276144" {more}'
    )
    text = OPLS.replace(atoms, re.sub('epsilon="[^"]*"', 'epsilon="0"', atoms)).replace(
        "</ForceField>",
        f'<LennardJonesForce lj14scale="0.5">{own}</LennardJonesForce></ForceField>',
    )
    if message:
        with pytest.raises(ValueError, match=message):
            read_openmm(text, METHANOL)
    else:
        assert_same(read_openmm(text, METHANOL), read_openmm(OPLS, METHANOL))


def test_a_water_with_a_site_of_its_own_is_refused() -> None:
    text = """<ForceField>
<AtomTypes>
<Type name="O" class="O" element="O" mass="16"/><Type name="H" class="H" element="H" mass="1"/>
<Type name="M" class="M" mass="0"/>
</AtomTypes>
<Residues><Residue name="HOH">
<Atom name="O" type="O"/><Atom name="H1" type="H"/><Atom name="H2" type="H"/>
<Atom name="M" type="M"/>
<VirtualSite type="average3" siteName="M" atomName1="O" atomName2="H1" atomName3="H2"/>
<Bond atomName1="O" atomName2="H1"/><Bond atomName1="O" atomName2="H2"/>
</Residue></Residues>
<NonbondedForce coulomb14scale="1" lj14scale="1"/>
</ForceField>"""
    water = System.pure("water", from_smiles("O"))
    with pytest.raises(
        ValueError, match="Residue HOH: VirtualSite is not read; allowed: Atom, Bond"
    ):
        read_openmm(text, water)
    site = text[text.index("<VirtualSite") : text.index("<Bond")]
    with pytest.raises(ValueError, match="Residue HOH: an atom without an element"):
        read_openmm(text.replace(site, ""), water)
    residue = text[text.index("<Residue ") : text.index("</Residues>")]
    of_three = re.sub("<VirtualSite.*/>|<Atom name=.M.*/>", "", residue).replace("HOH", "HO3")
    both = text.replace("</Residues>", f"{of_three}</Residues>")
    with pytest.raises(ValueError, match="NonbondedForce: there is no Atom for O"):
        read_openmm(both, water)  # of the residue without a site


def test_residues_of_one_molecule_say_the_same() -> None:
    residue = OPLS[OPLS.index("<Residue ") : OPLS.index("</Residues>")]
    same = residue.replace("MOH", "MEO")
    other = same.replace("opls_156", "opls_155")
    twice = (OPLS.replace("</Residues>", f"{each}</Residues>") for each in (same, other))
    assert_same(read_openmm(next(twice), METHANOL), read_openmm(OPLS, METHANOL))
    with pytest.raises(ValueError, match="Residues: MOH and MEO have the atoms and bonds of MeOH"):
        read_openmm(next(twice), METHANOL)


PLANAR = "harmonic_bond harmonic_angle fourier cosine_improper lennard_jones"


def acetone(improper: str, ordering: str = "charmm") -> ForceField:
    """Acetone with an improper of these classes."""
    system, field = build({"acetone": "CC(C)=O"}, PLANAR, {})
    classes = "".join(f'class{n}="{name}" ' for n, name in enumerate(improper.split("-"), start=1))
    force = (
        f'<PeriodicTorsionForce ordering="{ordering}"><Improper {classes}periodicity1="2" '
        'phase1="3.14159265358979" k1="9"/></PeriodicTorsionForce>'
    )
    text = re.sub(
        "<CustomTorsionForce.*?</CustomTorsionForce>",
        force,
        write_openmm(field, system),
        flags=re.DOTALL,
    )
    return read_openmm(text, system)


def test_an_improper_of_a_series_of_cosines() -> None:
    (term,) = (term for term in acetone("C2-C1-C1-O1").terms if term.kind == "improper")
    assert term.form == "cosine_improper"
    assert term.parameters["k"] == pytest.approx(9 * KCAL_PER_MOL / 4.184)


@pytest.mark.parametrize(
    ("improper", "ordering", "message"),
    [
        ("C2-O1-C1-C1", "charmm", r"neighbours differs from ours \(C1, C1, O1\)"),
        (
            "C2---O1",
            "charmm",
            r"Improper C2-\*-\*-O1: .* an atom that may be any have their centre",
        ),
        ("C2-C1-C1-O1", "default", "ordering 'default' have their centre third"),
        ("C2-C1-C1-O1", "amber", "ordering 'amber' have their centre third"),
        ("C2-C1-C1-O1", "smirnoff", "ordering 'smirnoff' are three terms each"),
        ("C2-C1-C1-O1", "other", "ordering 'other'; allowed: default, charmm, amber, smirnoff"),
        ("C1-H1-H1-H1", "charmm", "improper of C1, H1, H1, H1 .*: acetone has no such term"),
        ("C1-C2-H1-H1", "charmm", "improper of C1, C2, H1, H1 .*: acetone has no such term"),
    ],
)
def test_impropers_that_are_not_ours(improper: str, ordering: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        acetone(improper, ordering)


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
        ('t="0"', 't="0" u="1"', "attribute u is not read; allowed: t, class, type"),
        (
            "<PerParticleParameter",
            "<ComputedValue/><PerParticleParameter",
            "ComputedValue is not read",
        ),
        ('"Discrete2D"', '"Continuous2D"', "Function A_of: one of type Discrete2D is m"),
        (
            "<PerBondParameter",
            '<GlobalParameter name="z"/><PerBondParameter',
            "GlobalParameter is not",
        ),
        ('<PerBondParameter name="D" />', "", "attribute D is not read; allowed: .*alpha, r0"),
        (
            '<Function name="A_of"',
            '<Function name="wall_of"',
            "Function A_of: one of type Discrete2D is m",
        ),
        ('atomName1="', 'atomName1="ZZ', "Bond: there is no atom ZZ"),
        ('D="', 'D="nan" x="', "attribute x is not read; allowed: .*D, alpha, r0"),
        ('D="', 'D="-', "D = -.*; must be a number of 0 or more"),
    ],
)
def test_another_potential_is_not_taken_for_ours(old: str, new: str, message: str) -> None:
    system, field = build({"MeOH": "CO"}, "morse harmonic_angle fourier tang_toennies", {})
    text = write_openmm(field, system)
    assert old in text
    with pytest.raises(ValueError, match=message):
        read_openmm(text.replace(old, new), system)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nan", "D = nan; must be a number|different parameters"),
        ("1e999", "D = inf; must be a number"),
        ("4,5", "Bond C1-O1: D = '4,5'; must be a number"),
    ],
)
def test_a_parameter_that_is_no_number_is_named(value: str, message: str) -> None:
    system, field = build({"MeOH": "CO"}, "morse harmonic_angle fourier tang_toennies", {})
    text, changes = re.subn('D="[^"]*"', f'D="{value}"', write_openmm(field, system))
    assert changes
    with pytest.raises(ValueError, match=message):
        read_openmm(text, system)


def test_species_that_openmm_cannot_tell_apart_are_not_written() -> None:
    isomers = {"cis": "C/C=C\\C", "trans": "C/C=C/C"}
    forms = "morse harmonic_angle fourier harmonic_improper exp6"
    system, field = build(isomers, forms, {})
    with pytest.raises(ValueError, match="cis and trans: equal atoms and bonds"):
        write_openmm(field, system)
