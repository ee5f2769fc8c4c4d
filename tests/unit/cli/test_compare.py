"""`aiida-forcefield compare`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import Dict
from click.testing import Result

from aiida_forcefield.cli.files.programs import program_files
from aiida_forcefield.data import ForceFieldData, PointsData
from aiida_forcefield.potentials import (
    ForceField,
    interaction_energies,
    molecule_energies,
    write_data,
    write_force_field,
    write_openmm,
)
from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points
from aiida_forcefield.topology import Box, System
from tests.fields import build
from tests.unit.study.nodes import begin_study, job, perceived, returned

Invoke = Callable[..., Result]
OPLS = Path(__file__).parents[2] / "opls"


@pytest.fixture(scope="module")
def case() -> tuple[System, ForceField]:
    """Methanol with any force field."""
    return build({"MeOH": "CO"}, "morse harmonic_angle threefold tang_toennies", {})


def points_of(system: System, field: ForceField, origin: Origin, molecules: int) -> PointsData:
    """What QM would give if the field were it, and a failed point."""
    (name,), (species,) = system.names, system.species
    shaken = np.random.default_rng(0).normal(scale=0.03, size=(4, molecules * 6, 3))
    positions = np.tile(species.conformers[0], (molecules, 1)) + shaken
    positions[:, 6:] += [0.0, 0.0, 4.5]
    gradients = np.full(positions.shape, np.nan)
    if molecules == 2:
        energies = interaction_energies(field, system, (name, name), positions)
    else:
        energies, gradients = molecule_energies(field, system, name, positions)
    return PointsData(
        Points(
            origin=origin,
            cluster=Cluster.of(*molecules * (species,)),
            positions=positions,
            requested=np.zeros(4),
            energies=np.where(np.arange(4) == 1, np.nan, energies),
            gradients=gradients,
            slopes=np.zeros(4),
            statuses=("ok", "error", "ok", "ok"),
            messages=("",) * 4,
            cpu_seconds=np.ones(4),
            versions={},
        )
    )


@pytest.fixture
def study(profile: Profile, case: tuple[System, ForceField]) -> int:
    """PK of a study of methanol whose force field is exact."""
    system, field = case
    stretch = Origin("scan", Coordinate("bond", ("C1", "O1"), (0, 1)))
    inputs = {
        "settings": Dict({}),
        "points__one": points_of(system, field, stretch, 1),
        "points__two": points_of(system, field, Origin("random"), 2),
        "points__three": points_of(system, field, Origin("moved_apart"), 2),
    }
    node = begin_study("methanol", {"MeOH": "CO"})
    fit = job(node, "fit_force_field", "fit", **inputs)
    made = ForceFieldData(field)
    made.base.links.add_incoming(fit, LinkType.CREATE, "force_field")
    made.store()
    perceived(node, system)
    returned(node, force_field=made)
    return int(node.pk)


@pytest.fixture
def compare(profile: Profile, study: int, invoke: Invoke) -> Invoke:
    return lambda *files: invoke("-p", profile.name, "compare", study, *files)


def rows(result: Result) -> dict[str, list[str]]:
    assert result.exit_code == 0, result.output
    words = [line.split() for line in result.output.splitlines()]
    return {" ".join(row[:2]): row[2:] for row in words if len(row) > 2}


def test_own_files_and_those_of_others(
    compare: Invoke, tmp_path: Path, case: tuple[System, ForceField]
) -> None:
    system, field = case
    (species,) = system.species
    box = Box((1,), species.conformers[0], np.full(3, 30.0))
    xml, data, script = (tmp_path / name for name in ("ff.xml", "system.data", "ff.lmp"))
    xml.write_text(write_openmm(field, system))
    data.write_text(write_data(field, system, box))
    script.write_text(write_force_field(field, system))
    for files in ((xml,), (data, script)):
        found = rows(compare(*files))
        assert found["molecule: energies"][:2] == ["0.00", "0.00"]
        # Charges are the liquid's in files, and between molecules the gas phase's in fits.
        assert found["dimers: random"][0] == "0.00"
        assert float(found["dimers: random"][1]) > 0
    opls = rows(compare(OPLS / "methanol.xml"))
    assert float(opls["molecule: energies"][1]) > 0.1
    assert opls["O1 0.0073719"] == ["3.12"]


@pytest.fixture
def exported(case: tuple[System, ForceField], tmp_path: Path) -> Path:
    """The folder of `export` with the files of LAMMPS and of OpenMM."""
    system, field = case
    for program in ("lammps", "openmm"):
        for name, text in program_files(program, field, system, {}).items():
            (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "names",
    [
        ["forcefield.xml"],
        ["system.data", "in.lammps"],
        ["system.data", "forcefield.lmp"],
        ["system.data", "in.lammps", "forcefield.lmp"],  # which the one before includes
    ],
)
def test_own_export_is_equal(compare: Invoke, exported: Path, names: list[str]) -> None:
    found = rows(compare(*(exported / name for name in names)))
    assert found["molecule: energies"][:2] == found["molecule: gradients"][:2] == ["0.00", "0.00"]
    alike = rows(compare(exported / "forcefield.xml"))
    assert found["dimers: random"] == alike["dimers: random"]


LAMMPS = ("system.data", "in.lammps")


@pytest.mark.parametrize(
    ("changed", "old", "new", "message"),
    [
        ("forcefield.lmp", "bond_style morse", "bond_style fene", "forcefield.lmp, line 2: bond_s"),
        ("forcefield.lmp", "bond_coeff 1 ", "bond_coeff 1 x", "forcefield.lmp, line "),
        (
            "in.lammps",
            "units real",
            "units lj",
            "in.lammps, line 3: units lj: allowed: real, metal",
        ),
        (
            "in.lammps",
            "thermo 200",
            "set type 1 charge 0",
            "in.lammps, line 8: set type 1 charge 0",
        ),
        (
            "in.lammps",
            "include ",
            "include ../",
            "in.lammps, line 6: include ../forcefield.lmp: not",
        ),
        (
            "in.lammps",
            "include forcefield",
            "include none",
            "none.lmp: cannot be read: no such file",
        ),
        ("system.data", "\nBonds", "\nOthers", "system.data: Others: this section is not read"),
        ("system.data", "# full", "# charge", "system.data: atom_style charge: allowed: full"),
        ("system.data", "Atoms", "Stars", "system.data: Atoms: the data file has no such section"),
    ],
)
def test_the_file_with_the_mistake_is_named(
    compare: Invoke, exported: Path, changed: str, old: str, new: str, message: str
) -> None:
    path = exported / changed
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    result = compare(*(exported / name for name in LAMMPS))
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1


def test_mistakes_are_named(compare: Invoke, tmp_path: Path) -> None:
    bare = tmp_path / "bare.in"
    bare.write_text("units real\n")
    for files, message in (
        ((tmp_path / "none.xml",), "none.xml: cannot be read: no such file"),
        ((OPLS / "README.md",), "README.md: neither XML nor a data file"),
        ((OPLS / "methanol.in",), "methanol.in: an input file of LAMMPS in the place of the data"),
        ((OPLS / "methanol.data",), "units: no input file says them"),
        ((OPLS / "methanol.data", bare), "bond_style is missing; allowed: harmonic"),
    ):
        result = compare(*files)
        assert result.exit_code == 2
        assert message in result.output
