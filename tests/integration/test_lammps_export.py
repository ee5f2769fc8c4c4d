"""What LAMMPS computes from the exported files is what the fit computed."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.potentials.energy import interaction_energies, molecule_energies
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System

from ..fields import build, liquid, overlapping

pytestmark = pytest.mark.integration

Array = NDArray[np.float64]
Case = tuple[System, ForceField]

KCAL = 1 / 23.0605478
FORMS = "morse harmonic_angle fourier harmonic_improper exp6"
SMILES = {"methanol": "CO", "dimethyl_carbonate": "COC(=O)OC", "dimethoxyethane": "COCCOC"}
EDGE = 100.0  # Å, of boxes in vacuum


@pytest.fixture(scope="module", params=sorted(SMILES))
def pure(request: pytest.FixtureRequest) -> Case:
    return build({request.param: SMILES[request.param]}, FORMS, {})


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build({"methanol": "CO"}, FORMS, {})


def run(
    lmp: str, folder: Path, include: str, data: str, boundary: str = "s s s"
) -> dict[str, float]:
    """Energies of a single step, eV, by thermo keyword; forces go to ``forces``."""
    keywords = "pe ebond eangle edihed eimp evdwl ecoul elong etail vol"
    (folder / "forcefield.lmp").write_text(include)
    (folder / "system.data").write_text(data)
    (folder / "in.lmp").write_text(
        f"units real\natom_style full\nboundary {boundary}\nread_data system.data\n"
        "include forcefield.lmp\n"
        f"thermo_style custom step {keywords}\nthermo_modify format float %.15g\n"
        "dump forces all custom 1 forces id fx fy fz\n"
        "dump_modify forces sort id format float %.15g\nrun 0\n"
    )
    done = subprocess.run(
        [lmp, "-in", "in.lmp", "-log", "log", "-echo", "none"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    values = lines[next(i for i, line in enumerate(lines) if line.split()[:1] == ["Step"]) + 1]
    found = dict(zip(keywords.split(), map(float, values.split()[1:]), strict=True))
    return {name: value * (1 if name == "vol" else KCAL) for name, value in found.items()}


def forces(folder: Path) -> Array:
    return np.loadtxt(folder / "forces", skiprows=9)[:, 1:] * KCAL


def in_vacuum(counts: tuple[int, ...], *molecules: Array) -> Box:
    return Box(counts, np.concatenate(molecules) + EDGE / 2, np.full(3, EDGE))


def two_molecules(x: Array, other: Array, contact: float) -> tuple[Array, Array]:
    """Two molecules, the second turned and moved until atoms are ``contact`` (Å) apart."""
    x, other = x - x.mean(axis=0), other - other.mean(axis=0)
    turned = Rotation.from_euler("xyz", [40, 70, 10], degrees=True).apply(other)
    direction = np.array([0.9, 0.4, 0.2])
    for distance in np.arange(0, 20, 0.05):
        moved = turned + distance * direction
        if np.linalg.norm(x[:, None] - moved, axis=-1).min() >= contact:
            break
    return x, moved


def test_single_molecule(lmp: str, tmp_path: Path, pure: Case) -> None:
    system, field = pure
    (name,), (species,) = system.names, system.species
    rng = np.random.default_rng(1)
    x = species.conformers[0] + rng.normal(scale=0.1, size=species.conformers[0].shape)
    energy, gradient = molecule_energies(field, system, name, x[None])
    include = write_force_field(field, system, cutoff=100, periodic=False)
    found = run(lmp, tmp_path, include, write_data(field, system, in_vacuum((1,), x)))
    assert found["pe"] == pytest.approx(energy[0], rel=1e-6)
    np.testing.assert_allclose(-forces(tmp_path), gradient[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("contact", [1.8, 3.0])
def test_dimer(lmp: str, tmp_path: Path, pure: Case, contact: float) -> None:
    system, field = pure
    (name,), (species,) = system.names, system.species
    x = two_molecules(species.conformers[0], species.conformers[0], contact)
    apart = molecule_energies(field, system, name, np.stack(x))[0].sum()
    dimer = np.concatenate(x)[None]
    expected = interaction_energies(field, system, (name, name), dimer, "liquid")[0]
    include = write_force_field(field, system, cutoff=100, periodic=False)
    found = run(lmp, tmp_path, include, write_data(field, system, in_vacuum((2,), *x)))
    assert found["pe"] - apart == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("contact", [1.8, 3.0])
@pytest.mark.parametrize("second", ["methanol", "Li"])
def test_dimer_of_two_species(lmp: str, tmp_path: Path, second: str, contact: float) -> None:
    smiles = {"EC": "C1COC(=O)O1", "methanol": "CO", "Li": "[Li+]"}
    system, field = build(smiles, FORMS, {})
    names = ("EC", second)
    x = two_molecules(*(system.of_name(name).conformers[0] for name in names), contact)
    pairs = zip(names, x, strict=True)
    apart = sum(molecule_energies(field, system, name, part[None])[0][0] for name, part in pairs)
    dimer = np.concatenate(x)[None]
    expected = interaction_energies(field, system, names, dimer, "liquid")[0]
    include = write_force_field(field, system, cutoff=100, periodic=False)
    counts = tuple(int(name in names) for name in system.names)
    found = run(lmp, tmp_path, include, write_data(field, system, in_vacuum(counts, *x)))
    assert found["pe"] - apart == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_wall_changes_neither_energy_nor_tail(lmp: str, tmp_path: Path, pure: Case) -> None:
    """Against the plain style, without hybrid, whose tail correction is beyond doubt."""
    system, field = pure
    include = write_force_field(field, system, cutoff=9.0, kspace_accuracy=1e-6)
    assert "lj/cut" in include
    plain = re.sub(r".* lj/cut .*\n", "", include.replace(" lj/cut 9\n", "\n"))
    plain = plain.replace("hybrid/overlay ", "").replace(
        "pair_modify pair buck/coul/long", "pair_modify"
    )
    plain = re.sub(r"(pair_coeff \d+ \d+) buck/coul/long", r"\1", plain)
    data = write_data(field, system, liquid(system, 24.0))
    guarded, bare = (run(lmp, tmp_path, text, data, boundary="p p p") for text in (include, plain))
    assert bare["etail"] < 0
    assert guarded["etail"] == pytest.approx(bare["etail"], rel=1e-12)
    for name in ("pe", "evdwl", "ecoul", "elong"):
        assert guarded[name] == pytest.approx(bare[name], rel=1e-10)


def test_tail_is_the_integral_beyond_the_cutoff(lmp: str, tmp_path: Path, methanol: Case) -> None:
    system, field = methanol
    include = write_force_field(field, system, cutoff=9.0)
    data = write_data(field, system, liquid(system, 24.0))
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    types = system.types_of("methanol")
    C6 = np.array([field.term(f"nonbonded {name}").parameters["C6"] for name in types])
    total = (27 * np.sqrt(C6).sum()) ** 2
    assert found["etail"] == pytest.approx(-2 * np.pi * total / (3 * 9.0**3 * 24.0**3), rel=1e-4)


def test_wall_holds_what_would_collapse(lmp: str, tmp_path: Path, methanol: Case) -> None:
    system, field = methanol
    include = write_force_field(field, system, cutoff=100, periodic=False)
    box = overlapping(system)
    found = run(lmp, tmp_path, include, write_data(field, system, box))
    names = ("methanol", "methanol")
    assert interaction_energies(field, system, names, box.positions[None], "liquid")[0] < -1e6
    assert found["pe"] > 0


def test_uncharged_molecules_need_no_kspace(lmp: str, tmp_path: Path, methanol: Case) -> None:
    system, field = methanol
    none = dict.fromkeys(system.type_names, 0.0)
    field = replace(field, electrostatics=FixedCharges(none, none))
    include = write_force_field(field, system, cutoff=9.0)
    data = write_data(field, system, liquid(system, 24.0))
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    assert found["ecoul"] == found["elong"] == 0
    assert found["etail"] < 0
