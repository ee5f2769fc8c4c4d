"""Drude particles in files of LAMMPS: where they stand, what holds them, which types they have."""

from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials.electrostatics.polarizable import SPRING
from aiida_forcefield.potentials.export.damping import write_damping
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.export.lammps_drudes import (
    drude_charges,
    most_particles,
    particles_of,
)
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import build, droplet, polarizable

FORMS = "morse harmonic_angle threefold tang_toennies"
MIXED = {"water": "O", "MeOH": "CO", "Li": "[Li+]"}
Case = tuple[System, ForceField]


@pytest.fixture
def case() -> Case:
    system, fixed = build(MIXED, FORMS, {"scale_14": (1.0, 1.0)})
    return system, polarizable(fixed, system)


def rows(text: str, title: str) -> list[list[str]]:
    block = text.split(f"\n{title}\n\n")[1].split("\n\n")[0]
    return [line.split() for line in block.splitlines()]


def test_particles_follow_all_atoms_with_the_charge_that_hosts_lack(case: Case) -> None:
    system, field = case
    box = droplet(system)
    atoms = rows(write_data(field, system, box), "Atoms # full")
    n = len(box.positions)
    assert len(atoms) == n + 6  # of two molecules of water and two of methanol
    assert sum(round(float(row[3]) * 1e12) for row in atoms) == 2e12
    assert [row[1] for row in atoms[n:]] == ["1", "2", "3", "3", "4", "4"]
    own = len(system.type_names)
    assert [int(row[2]) - own for row in atoms[n:]] == [1, 1, 2, 3, 2, 3]
    electrostatics = field.electrostatics
    held = drude_charges(electrostatics, system)
    assert list(held) == ["water:O1", "MeOH:C1", "MeOH:O1"]
    first = float(atoms[0][3])
    assert first == pytest.approx(electrostatics.charges("liquid")["water:O1"] - held["water:O1"])
    assert float(atoms[n][3]) == pytest.approx(held["water:O1"])


def test_particles_start_a_hundredth_of_an_angstrom_off_their_rest(case: Case) -> None:
    system, field = case
    box = droplet(system)
    atoms = rows(write_data(field, system, box), "Atoms # full")
    particles = particles_of(field.electrostatics, system, "water")
    at_rest = particles.anchors @ box.positions[:3]
    start = np.array(atoms[len(box.positions)][4:], dtype=float)
    assert np.linalg.norm(start - at_rest[0]) == pytest.approx(0.01)


def test_particles_take_their_mass_and_velocity_from_their_hosts(case: Case) -> None:
    system, field = case
    box = droplet(system)
    v = np.arange(box.positions.size, dtype=float).reshape(box.positions.shape)
    text = write_data(field, system, box, v)
    masses = [float(row[1]) for row in rows(text, "Masses")]
    assert masses[0] + masses[len(system.type_names)] == pytest.approx(15.999)
    assert masses[len(system.type_names) :] == [0.4] * 3
    moving = np.array(rows(text, "Velocities"), dtype=float)[:, 1:]
    np.testing.assert_allclose(moving[len(v)], v[0])


@pytest.mark.parametrize("name", ["water", "MeOH"])
def test_springs_pull_to_the_place_of_rest_and_to_nothing_else(case: Case, name: str) -> None:
    system, field = case
    particles = particles_of(field.electrostatics, system, name)
    n = particles.anchors.shape[1]
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n + len(particles.hosts), 3))
    energy = sum(
        float(spring.strength) * np.sum((x[spring.atoms[0]] - x[spring.atoms[-1]]) ** 2)
        for spring in particles.springs
    )
    stretched = x[n:] - particles.anchors @ x[:n]
    assert energy == pytest.approx(0.5 * SPRING / KCAL_PER_MOL * np.sum(stretched**2))


def test_only_hosts_are_bonded_to_particles(case: Case) -> None:
    """By its bond `fix drude` finds the host of each."""
    system, field = case
    box = droplet(system)
    n = len(box.positions)
    bonds = rows(write_data(field, system, box), "Bonds")
    found = [(int(i), int(j)) for _, _, i, j in bonds if int(j) > n]
    assert found == [(1, n + 1), (4, n + 2), (7, n + 3), (8, n + 4), (13, n + 5), (14, n + 6)]


def test_all_types_have_coefficients(case: Case) -> None:
    system, field = case
    text = write_data(field, system, droplet(system))
    include = write_force_field(field, system)
    for kind in ("bond", "angle"):
        numbers = {row[1] for row in rows(text, f"{kind}s".capitalize())}
        assert f"\n{len(numbers)} {kind} types\n" in text
        lines = [line.split() for line in include.splitlines() if line.startswith(f"{kind}_coeff")]
        assert [int(line[1]) for line in lines] == list(range(1, len(numbers) + 1))
    assert f"\n{most_particles(field.electrostatics, system)} extra special per atom\n" in text
    assert "\nfix drude all drude C N C C N N N D D D\n" in include


def test_each_pair_with_a_damped_charge_has_a_table(case: Case) -> None:
    system, field = case
    include, table = write_force_field(field, system), write_damping(field, system)
    asked = {line.split()[-1] for line in include.splitlines() if " table damping" in line}
    assert asked == {line for line in table.splitlines() if line.startswith("tang")}
    types = len(system.type_names) + 3
    assert len(asked) == types * (types + 1) / 2
    bare, fixed = build(MIXED, FORMS.replace("tang_toennies", "exp6"), {})
    assert write_damping(fixed, bare) == ""
    sections = write_damping(polarizable(fixed, bare), bare)
    assert "tang-toennies-1-1\n" in sections  # oxygen of water
    assert "tang-toennies-2-2\n" not in sections  # hydrogen has permanent charges alone


def test_pairs_that_count_in_part_are_refused(case: Case) -> None:
    system, field = case
    half = replace(field, scale_14=(0.5, 0.5))
    with pytest.raises(ValueError, match=r"scale_14: \(0.5, 0.5\) is not allowed"):
        write_force_field(half, system)
