"""OpenMM computes from exported files what the force field says, by kind of interaction."""

from io import StringIO
from pathlib import Path

import numpy as np
import openmm
import pytest
from ase import Atoms
from openmm import app, unit

from aiida_forcefield.dynamics import tail_coefficient
from aiida_forcefield.potentials import (
    ForceField,
    interaction_energies,
    read_openmm,
    write_openmm,
    write_pdb,
)
from aiida_forcefield.potentials.forms import FORM_OF_KIND, FORMS
from aiida_forcefield.topology import Species
from aiida_forcefield.topology.molecule import from_smiles

from ..fields import FIELDS, PARAMETERS, Array, build, droplet, largest_error, liquid, ours

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


def system_of(field: ForceField, species: Species, atoms: Atoms) -> openmm.System:
    x = atoms.positions.reshape(-1, len(species.symbols), 3)
    edges = np.diag(atoms.cell) if atoms.pbc.all() else [100.0] * 3
    pdb = app.PDBFile(StringIO(write_pdb(species, x, edges)))
    return app.ForceField(StringIO(write_openmm(field, species))).createSystem(
        pdb.topology,
        nonbondedMethod=app.Ewald if atoms.pbc.all() else app.NoCutoff,
        nonbondedCutoff=0.9,
        ewaldErrorTolerance=1e-8,
    )


def evaluate(system: openmm.System, atoms: Atoms) -> tuple[dict[str, float], Array]:
    """Energy of each kind of interaction, eV, and all forces, eV/Å."""
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(atoms.positions / 10)
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
    smiles, forms, extra = FIELDS[name]
    species, field = build(smiles, forms, extra)
    atoms = liquid(species) if periodic else droplet(species)
    system = system_of(field, species, atoms)
    set_tail(system, False)
    found, forces = evaluate(system, atoms)
    expected, force = ours(field, species, atoms)
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
    species, field = build(smiles, " ".join(forms.values()), {})
    atoms = droplet(species)
    found, forces = evaluate(system_of(field, species, atoms), atoms)
    expected, force = ours(field, species, atoms)
    assert sum(found.values()) == pytest.approx(expected["energy"], rel=1e-6)
    assert largest_error(forces, force) < 1e-6


def test_the_tail_is_added_in_a_periodic_box() -> None:
    species, field = build(*FIELDS["exp6"])
    atoms = liquid(species)
    system = system_of(field, species, atoms)
    with_tail = evaluate(system, atoms)[0]["nonbonded"]
    set_tail(system, False)
    without = evaluate(system, atoms)[0]["nonbonded"]
    expected = tail_coefficient(field, species, 27, 9.0) / atoms.cell.volume
    assert with_tail - without == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("name", CUSTOM)
def test_the_wall_holds_what_would_collapse(name: str) -> None:
    """Two molecules on top of each other."""
    species, field = build(*FIELDS[name])
    x = species.conformers[0]
    overlapping = np.concatenate([x, x + 0.06])
    atoms = Atoms(2 * species.symbols, overlapping)
    found, _ = evaluate(system_of(field, species, atoms), atoms)
    bare = interaction_energies(field, species, overlapping[None], field.charges)[0]
    assert name == "damped" or bare < -1e6
    assert found["nonbonded"] + found["coulomb"] > 0


def test_a_file_of_others_is_read_as_openmm_reads_it() -> None:
    text = (Path(__file__).parents[1] / "opls/methanol.xml").read_text()
    species = from_smiles("CO")
    field = read_openmm(text, species)
    atoms = droplet(species)
    x = atoms.positions.reshape(-1, len(species.symbols), 3)
    pdb = app.PDBFile(StringIO(write_pdb(species, x, [100.0] * 3)))
    system = app.ForceField(StringIO(text)).createSystem(pdb.topology)
    found, forces = evaluate(system, atoms)
    expected, force = ours(field, species, atoms)
    assert sum(found.values()) == pytest.approx(expected["energy"], rel=1e-6)
    assert largest_error(forces, force) < 1e-6
