"""Data files and include files of LAMMPS: complete, numbered as promised, exactly neutral."""

from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import numbered_terms, write_cell, write_data
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.topology.system import System

from ...fields import FIELDS, build, liquid, symbols

Case = tuple[System, ForceField]


@pytest.fixture(params=["ring of three", "water and methanol", "damped ions"])
def case(request: pytest.FixtureRequest) -> Case:
    return build(*FIELDS[request.param])


def rows(text: str, title: str) -> list[list[str]]:
    block = text.split(f"\n{title}\n\n")[1].split("\n\n")[0]
    return [line.split() for line in block.splitlines()]


def test_box_is_exactly_neutral_and_complete(case: Case) -> None:
    system, field = case
    thirds = {name: q + 1e-9 / 3 for name, q in field.electrostatics.liquid.items()}
    field = replace(field, electrostatics=FixedCharges({}, thirds))
    box = liquid(system)
    text = write_data(field, system, box)
    atoms = rows(text, "Atoms # full")
    assert len(atoms) == len(box.positions)
    assert sum(round(float(row[3]) * 1e12) for row in atoms) == 0
    found = np.array([row[4:] for row in atoms], dtype=float)
    np.testing.assert_allclose(found, box.positions, atol=1e-9)
    masses = {row[0]: row[3] for row in rows(text, "Masses")}
    assert [masses[row[2]].split(":")[-1].rstrip("0123456789") for row in atoms] == symbols(
        system, box.counts
    )


def test_molecules_are_numbered_through_all_species(case: Case) -> None:
    system, field = case
    box = liquid(system)
    sizes = np.repeat([len(species.symbols) for species in system.species], box.counts)
    text = write_data(field, system, box)
    found = [int(row[1]) for row in rows(text, "Atoms # full")]
    assert found == np.repeat(np.arange(1, 28), sizes).tolist()
    molecule = dict(enumerate(found, start=1))
    of_species = np.repeat(np.arange(len(box.counts)), box.counts)
    for kind in ("bond", "angle", "dihedral", "improper"):
        terms = numbered_terms(system, kind)
        count = sum(
            n * sum(len(t.members) for t in species.term_types if t.kind == kind)
            for n, species in zip(box.counts, system.species, strict=True)
        )
        assert f"\n{count} {kind}s\n{len(terms)} {kind} types\n" in text
        for _, number, *atoms in rows(text, f"{kind}s".capitalize()) if count else []:
            (within,) = {molecule[int(atom)] for atom in atoms}
            name = system.names[of_species[within - 1]]
            assert terms[int(number) - 1] in system.terms_of(name)


def test_types_are_numbered_in_the_order_of_the_system(case: Case) -> None:
    """By which SHAKE and others name bonds."""
    system, field = case
    bonds = [t for name in system.names for t in system.terms_of(name) if t.kind == "bond"]
    assert list(numbered_terms(system, "bond")) == bonds
    lines = write_force_field(field, system).splitlines()
    coefficients = [line for line in lines if line.startswith("bond_coeff")]
    for number, (line, bond) in enumerate(zip(coefficients, bonds, strict=True), start=1):
        assert line.split()[1] == str(number)
        assert f"{field.term(bond.name).parameters['r0']:.14g}" in line.split()


def test_a_pure_liquid_reads_without_the_name_of_its_species() -> None:
    system, field = build(*FIELDS["opls"])
    assert "# C1 O1\n" in write_force_field(field, system)
    assert "bond C2-O1\n" in write_force_field(field, system)
    assert " # C1\n" in write_data(field, system, liquid(system))
    system, field = build(*FIELDS["water and ethanol"])
    assert "# water:O1 EtOH:C1\n" in write_force_field(field, system)
    assert "bond EtOH:C2-EtOH:O1\n" in write_force_field(field, system)


def test_every_pair_and_every_term_has_its_coefficients(case: Case) -> None:
    system, field = case
    text = write_force_field(field, system)
    t = len(system.type_names)
    coefficients = [line for line in text.splitlines() if line.startswith("pair_coeff")]
    assert sum("born/coul/long" in line for line in coefficients) == t * (t + 1) // 2
    for kind in ("bond", "angle", "dihedral", "improper"):
        types = numbered_terms(system, kind)
        assert text.count(f"{kind}_coeff ") == len(types)
        assert (f"{kind}_style" in text) == bool(types)


def test_an_ion_keeps_its_charge_and_needs_no_bonded_style() -> None:
    system, field = build({"Li": "[Li+]"}, "exp6", {})
    text = write_data(field, system, Box((2,), np.zeros((2, 3)), np.full(3, 20.0)))
    assert [row[3] for row in rows(text, "Atoms # full")] == ["1.000000000000"] * 2
    assert "bond_style" not in write_force_field(field, system)


def test_a_cell_has_its_ions_in_its_order() -> None:
    cell = np.array([[4.0, 0, 0], [1.0, 4.0, 0], [0.5, 0.2, 4.5]])
    positions = np.random.default_rng(0).uniform(0, 4, size=(4, 3))
    crystal = Crystal(("Li", "F", "F", "Li"), cell, positions)
    system = ions_of(crystal, {"Li": 1, "F": -1})
    terms = tuple(
        Term("nonbonded", (each.name,), "exp6", {"A": 500.0, "rho": 0.2, "C6": 0.5})
        for each in system.atom_types
    )
    charges = {"Li:Li1": 1.0, "F:F1": -1.0}
    field = ForceField(system.atom_types, terms, FixedCharges(charges, charges), np.zeros((6, 6)))
    text = write_cell(field, system, crystal)
    assert "1.0000000000 0.5000000000 0.2000000000 xy xz yz" in text
    atoms = rows(text, "Atoms # full")
    assert [row[2] for row in atoms] == ["1", "2", "2", "1"]
    assert [float(row[3]) for row in atoms] == [1, -1, -1, 1]
    np.testing.assert_allclose(np.array([r[4:] for r in atoms], dtype=float), positions, atol=1e-9)
    assert "tail no" in write_force_field(field, system)
    with pytest.raises(ValueError, match="lower triangle"):
        write_cell(field, system, replace(crystal, cell=cell.T))
    with pytest.raises(ValueError, match="Na is not an ion of Li, F"):
        write_cell(field, system, replace(crystal, symbols=("Li", "F", "F", "Na")))


def test_what_cannot_be_run_is_refused(case: Case) -> None:
    system, field = case
    box = liquid(system)
    with pytest.raises(ValueError, match=r"edges: \[30.0, 30.0, 0.0\]; three positive lengths"):
        write_data(field, system, replace(box, edges=np.array([30.0, 30, 0])))
    with pytest.raises(ValueError, match=f"positions: {len(box.positions) - 1} atoms, the system"):
        write_data(field, system, replace(box, positions=box.positions[1:]))
    with pytest.raises(ValueError, match=r"positions: .* is not finite"):
        write_data(field, system, replace(box, positions=box.positions * np.nan))
    with pytest.raises(ValueError, match="velocities: shape"):
        write_data(field, system, box, velocities=box.positions[1:])
    with pytest.raises(ValueError, match="cutoff: -1"):
        write_force_field(field, system, cutoff=-1)


def test_a_collapse_is_refused() -> None:
    system, field = build(*FIELDS["huggins"])
    hollow = {"A": 1e-5, "rho": 0.2, "sigma": 1.0, "C6": 0.5, "C8": 2.0}
    terms = tuple(
        replace(t, parameters=hollow) if t.name == "nonbonded DMC:H1" else t for t in field.terms
    )
    with pytest.raises(ValueError, match="DMC:O1 and DMC:H1: nonbonded: nothing keeps"):
        write_force_field(replace(field, terms=terms[:-1]), system)
