"""OpenMM computes from exported files what the force field says, by kind of interaction."""

from io import StringIO
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


def test_a_file_of_others_is_read_as_openmm_reads_it() -> None:
    text = (Path(__file__).parents[1] / "opls/methanol.xml").read_text()
    system = System.pure("MeOH", from_smiles("CO"))
    field = read_openmm(text, system)
    box = droplet(system)
    theirs = openmm_system(text, system, box, periodic=False)
    found, forces = evaluate(theirs, box)
    expected, force = ours(field, system, box, periodic=False)
    assert sum(found.values()) == pytest.approx(expected["energy"], rel=1e-6)
    assert largest_error(forces, force) < 1e-6
