"""OpenMM computes from exported files what the force field says, by kind of interaction."""

import re
from io import StringIO
from itertools import permutations
from pathlib import Path

import openmm
import pytest
from openmm import app, unit

from aiida_forcefield.potentials.export.molecule import write_pdb
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.forms import FORM_OF_KIND, FORMS
from aiida_forcefield.potentials.read.openmm import read_openmm
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System

from ..fields import (
    FIELDS,
    PARAMETERS,
    Array,
    build,
    droplet,
    largest_error,
    liquid,
    ours,
    overlapping,
    tail,
)

pytestmark = pytest.mark.integration

EV = 96.4853320  # kJ/mol
KIND = {
    "Bond": "bond",
    "Angle": "angle",
    "Torsion": "torsion",
    "LennardJones": "nonbonded",
    "CustomNonbonded": "nonbonded",
}
CUSTOM = ["exp6", "huggins", "damped"]


def openmm_system(text: str, system: System, box: Box, periodic: bool) -> openmm.System:
    """What OpenMM makes of the XML file and of a PDB file of the box."""
    pdb = app.PDBFile(StringIO(write_pdb(system, box)))
    return app.ForceField(StringIO(text)).createSystem(
        pdb.topology,
        nonbondedMethod=app.Ewald if periodic else app.NoCutoff,
        nonbondedCutoff=0.9,
        ewaldErrorTolerance=1e-8,
    )


def evaluate(system: openmm.System, box: Box) -> tuple[dict[str, float], Array]:
    """Energy of each kind of interaction, eV, and all forces, eV/Å."""
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(box.positions / 10)
    energies: dict[str, float] = {}
    for group, force in enumerate(system.getForces()):
        state = context.getState(getEnergy=True, groups={group})
        energy = state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole) / EV
        kind = next((kind for part, kind in KIND.items() if part in force.getName()), "coulomb")
        energies[kind] = energies.get(kind, 0.0) + energy
    forces = context.getState(getForces=True).getForces(asNumpy=True)
    return energies, forces.value_in_unit(unit.kilojoule_per_mole / unit.angstrom) / EV


def set_tail(system: openmm.System, on: bool) -> None:
    for force in system.getForces():
        if isinstance(force, openmm.CustomNonbondedForce):
            force.setUseLongRangeCorrection(on)
        elif isinstance(force, openmm.NonbondedForce):
            force.setUseDispersionCorrection(on)


@pytest.mark.parametrize("periodic", [False, True], ids=["vacuum", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(name: str, periodic: bool) -> None:
    system, field = build(*FIELDS[name])
    box = liquid(system) if periodic else droplet(system)
    theirs = openmm_system(write_openmm(field, system), system, box, periodic)
    set_tail(theirs, False)
    found, forces = evaluate(theirs, box)
    expected, force = ours(field, system, box, periodic)
    expected["torsion"] = expected.pop("dihedral", 0.0) + expected.pop("improper", 0.0)
    energy = expected.pop("energy")
    assert sum(found.values()) == pytest.approx(energy, rel=1e-6)
    if "nonbonded" not in found:  # OpenMM has Lennard-Jones and Coulomb in one
        expected["coulomb"] += expected.pop("nonbonded")
    for kind, value in expected.items():
        assert found.get(kind, 0.0) == pytest.approx(value, rel=1e-6, abs=1e-6), kind
    assert largest_error(forces, force) < 1e-6


@pytest.mark.parametrize("form", PARAMETERS)
def test_the_molecule_of_every_form_stays_whole(form: str) -> None:
    """Bonded forms must act on all of their terms: none but a linear angle is zero anywhere."""
    smiles = "CC#N" if form == "linear_angle" else "COC(=O)OC"
    forms = {kind: other.name for kind, other in FORM_OF_KIND.items()}
    forms[FORMS[form].kind] = form
    system, field = build({"whole": smiles}, " ".join(forms.values()), {})
    box = droplet(system)
    theirs = openmm_system(write_openmm(field, system), system, box, periodic=False)
    found, forces = evaluate(theirs, box)
    expected, force = ours(field, system, box, periodic=False)
    assert sum(found.values()) == pytest.approx(expected["energy"], rel=1e-6)
    assert largest_error(forces, force) < 1e-6


@pytest.mark.parametrize("name", ["exp6", "lithium fluoride in carbonate"])
def test_the_tail_is_added_in_a_periodic_box(name: str) -> None:
    system, field = build(*FIELDS[name])
    box = liquid(system)
    theirs = openmm_system(write_openmm(field, system), system, box, periodic=True)
    with_tail = evaluate(theirs, box)[0]["nonbonded"]
    set_tail(theirs, False)
    without = evaluate(theirs, box)[0]["nonbonded"]
    assert with_tail - without == pytest.approx(tail(field, system, box, 9.0), rel=5e-3)


@pytest.mark.parametrize("name", [*CUSTOM, "damped ions"])
def test_the_wall_holds_what_would_collapse(name: str) -> None:
    """Two molecules of each species on top of each other."""
    system, field = build(*FIELDS[name])
    box = overlapping(system)
    theirs = openmm_system(write_openmm(field, system), system, box, periodic=False)
    found, _ = evaluate(theirs, box)
    bare, _ = ours(field, system, box, periodic=False)
    assert name in ("damped", "damped ions") or bare["nonbonded"] < -1e6
    assert found["nonbonded"] + found["coulomb"] > 0


def assert_read_as_openmm_reads(text: str, system: System) -> None:
    """By forces: constant parts of dihedral energies are left out."""
    field = read_openmm(text, system)
    box = droplet(system)
    _, forces = evaluate(openmm_system(text, system, box, periodic=False), box)
    _, force = ours(field, system, box, periodic=False)
    assert largest_error(forces, force) < 1e-6


OPLS = (Path(__file__).parents[1] / "opls/methanol.xml").read_text()
ATOMS = OPLS[OPLS.index('<Atom type="opls_157" charge') : OPLS.index("  </NonbondedForce>")]
LENNARD_JONES = OPLS.replace(ATOMS, re.sub('epsilon="[^"]*"', 'epsilon="0"', ATOMS)).replace(
    "</ForceField>",
    f'<LennardJonesForce lj14scale="0.7">{re.sub("charge=.[^ ]* ", "", ATOMS)}'
    "</LennardJonesForce></ForceField>",
)
"""The same with Lennard-Jones in a force of its own."""
READ = {
    "as it is": ("", ""),
    "information": ("<AtomTypes>", "<Info><Source>x</Source></Info><!-- text --><AtomTypes>"),
    "names": ("<ForceField>", '<ForceField name="x" version="1" combining_rule="lorentz">'),
    "flexible": ('<Residue name="MOH">', '<Residue name="MOH" rigidWater="false">'),
    "tail": ("<NonbondedForce ", '<NonbondedForce useDispersionCorrection="False" '),
    "scales": ('coulomb14scale="0.5" lj14scale="0.5"', 'coulomb14scale="0.8" lj14scale="0.3"'),
    "types": ('class1="CT" class2="OH" l', 'type1="opls_157" class2="OH" l'),
    "any atom": ('class1="CT" class2="OH" class3="HO" a', 'type1="" class2="OH" class3="HO" a'),
    "the same twice": (
        "<HarmonicBondForce>",
        '<HarmonicBondForce><Bond class1="OH" class2="CT" length="0.141" k="267776"/>',
    ),
    "of no atom": ("<HarmonicBondForce>", '<HarmonicBondForce><Bond class1="X" class2="" />'),
    "two series": (
        'phase1="0.0" k1="0.9414"',
        'phase1="0.0" k1="0.9414" periodicity2="1" phase2="3.14159265358979" k2="0.3"',
    ),
    "a phase": ('phase1="0.0" k1="0.9414"', 'phase1="0.7" k1="0.9414"'),
    "another form": (
        "</ForceField>",
        '<RBTorsionForce ordering="charmm"/><HarmonicAngleForce/></ForceField>',
    ),
}
FIXED = {
    "as it is": ("", ""),
    "a pair": (
        "</LennardJonesForce>",
        '<NBFixPair class1="OH" class2="HC" sigma="0.3" epsilon="0.9"/></LennardJonesForce>',
    ),
    "pairs": (
        "</LennardJonesForce>",
        '<NBFixPair class1="" class2="HC" sigma="0.3" epsilon="0.9"/></LennardJonesForce>',
    ),
    "1-4 pairs": ('epsilon="0.276144"', 'epsilon="0.276144" sigma14="0.35"'),
    "no tail": ('lj14scale="0.7"', 'lj14scale="0.7" useDispersionCorrection="0"'),
}


def test_a_file_of_others_has_the_energy_of_openmm() -> None:
    system = System.pure("MeOH", from_smiles("CO"))
    box = droplet(system)
    found, _ = evaluate(openmm_system(OPLS, system, box, periodic=False), box)
    expected, _ = ours(read_openmm(OPLS, system), system, box, periodic=False)
    assert sum(found.values()) == pytest.approx(expected["energy"], rel=1e-6)


@pytest.mark.parametrize("change", READ)
def test_files_of_others_are_read_as_openmm_reads_them(change: str) -> None:
    old, new = READ[change]
    assert old in OPLS
    text = OPLS.replace(old, new) if old else OPLS
    assert_read_as_openmm_reads(text, System.pure("MeOH", from_smiles("CO")))


@pytest.mark.parametrize("change", FIXED)
def test_a_force_of_lennard_jones(change: str) -> None:
    old, new = FIXED[change]
    assert old in LENNARD_JONES
    text = LENNARD_JONES.replace(old, new) if old else LENNARD_JONES
    assert_read_as_openmm_reads(text, System.pure("MeOH", from_smiles("CO")))


PROPER = 'class1="HC" class2="CT" class3="OH" class4="HO" periodicity1="2" phase1="0" k1="9"'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<Residue name="MOH">', '<Residue name="MOH"><Constraint atomName1="C" atomName2="O" />'),
        ("</ForceField>", "<Script>sys.removeForce(0)</Script></ForceField>"),
        (
            "</ForceField>",
            "<InitializationScript>self._forces.pop()</InitializationScript></ForceField>",
        ),
        ("</ForceField>", '<CustomBondForce energy="9*r"/></ForceField>'),
        ("</ForceField>", '<CustomAngleForce energy="9*theta"/></ForceField>'),
        ("</ForceField>", '<CustomNonbondedForce energy="1/r" bondCutoff="3"/></ForceField>'),
        ("</ForceField>", "<GBSAOBCForce/></ForceField>"),
        ("</ForceField>", '<AmoebaUreyBradleyForce unit="1"/></ForceField>'),
        ("</ForceField>", "<CMAPTorsionForce/></ForceField>"),
        ("</ForceField>", "<HippoNonbondedForce/></ForceField>"),
        (
            "</ForceField>",
            f"<PeriodicTorsionForce><Proper {PROPER}/></PeriodicTorsionForce></ForceField>",
        ),
        ("<PeriodicTorsionForce>", f"<PeriodicTorsionForce><Proper {PROPER}/>"),
        ("<HarmonicBondForce>", '<HarmonicBondForce><Bond class1="" class2="" length="1" k="9"/>'),
        (
            "<HarmonicAngleForce>",
            '<HarmonicAngleForce><Angle class1="" class2="" class3="" angle="1" k="9"/>',
        ),
        (
            "</NonbondedForce>",
            '<Atom type="" charge="0" sigma="1" epsilon="1"/></NonbondedForce>',
        ),
        (
            "</NonbondedForce>",
            '<UseAttributeFromResidue name="sigma"/></NonbondedForce>',
        ),
        (
            "</PeriodicTorsionForce>",
            '<Improper class1="CT" class2="HC" class3="HC" class4="OH" periodicity1="1" phase1="0" '
            'k1="1"/></PeriodicTorsionForce>',
        ),
        ("</ForceField>", '<LennardJonesForce lj14scale="1"/></ForceField>'),
        ('k1="0.9414"', 'k1="0.9414" scale="2"'),
    ],
)
def test_what_changes_energies_is_refused(old: str, new: str) -> None:
    assert old in OPLS
    with pytest.raises(ValueError, match=r"\w+"):
        read_openmm(OPLS.replace(old, new), System.pure("MeOH", from_smiles("CO")))


@pytest.mark.parametrize("ordering", ["default", "charmm", "amber", "smirnoff"])
@pytest.mark.parametrize("kind", ["PeriodicTorsionForce", "CustomTorsionForce"])
def test_impropers_are_refused_or_read_as_openmm_reads_them(kind: str, ordering: str) -> None:
    forms = "harmonic_bond harmonic_angle fourier cosine_improper lennard_jones"
    system, field = build({"acetone": "CC(C)=O"}, forms, {})
    written = write_openmm(field, system)
    (force,) = re.findall("<CustomTorsionForce.*?</CustomTorsionForce>", written, re.DOTALL)
    read = []
    for neighbours in (*permutations(["C1", "C1", "O1"]), ("", "", "O1"), ("", "C1", "")):
        names = enumerate(("C2", *neighbours), start=1)
        classes = " ".join(f'class{place}="{name}"' for place, name in names)
        own = (
            f'<Improper {classes} periodicity1="2" phase1="3.14159265358979" k1="9"/>'
            if kind == "PeriodicTorsionForce"
            else f'<PerTorsionParameter name="k"/><Improper {classes} k="9"/>'
        )
        energy = ' energy="k*(1-cos(2*theta))"' * (kind == "CustomTorsionForce")
        text = written.replace(force, f'<{kind}{energy} ordering="{ordering}">{own}</{kind}>')
        try:
            read_openmm(text, system)
        except ValueError:
            continue
        read.append(neighbours)
        assert_read_as_openmm_reads(text, system)
    assert read == ([("C1", "C1", "O1")] * 2 if ordering == "charmm" else [])
