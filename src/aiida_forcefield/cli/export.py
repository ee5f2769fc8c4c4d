"""``aiida-forcefield export``: the force field as files for an MD program."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.profile import find_study, load

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

FORMATS = ("lammps",)
EXAMPLE_BOX = 40.0  # Å; wide enough for twice any cutoff
EXAMPLE = """\
# The energy of one molecule: lmp -in example.lmp
units real
atom_style full
read_data molecule.data
include forcefield.lmp
run 0
"""


@click.command()
@click.argument("pk", type=int)
@click.option("--format", "program", default="lammps", show_default=True, help="MD program.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder.")
@click.pass_obj
def export(profile: str, pk: int, program: str, output: Path) -> None:
    """Write the force field of study PK to a folder.

    For LAMMPS: forcefield.lmp, to be included after read_data, and as an example molecule.data
    with one molecule and example.lmp, which reads both.
    """
    if program not in FORMATS:
        raise InputError(f"--format: {program!r} is unknown; allowed: {', '.join(FORMATS)}")
    load(profile)
    study = find_study(pk)
    if "force_field" not in study.outputs:
        raise InputError(f"PK {pk}: this study has no force field yet; see `status {pk}`")
    for path in write_lammps(study, output):
        click.echo(path)


def write_lammps(study: "ProcessNode", folder: Path) -> tuple[Path, ...]:
    """Write include file and example of a study that has a force field; returns the paths."""
    import numpy as np

    from aiida_forcefield.potentials.lammps import write_data, write_force_field

    field, topology = study.outputs.force_field.value, study.outputs.topology.value
    molecule = topology.conformers[0] - topology.conformers[0].mean(axis=0) + EXAMPLE_BOX / 2
    contents = {
        "forcefield.lmp": write_force_field(field, topology),
        "molecule.data": write_data(field, topology, molecule[None], np.full(3, EXAMPLE_BOX)),
        "example.lmp": EXAMPLE,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise InputError(f"--output: cannot write to {folder}: {error.strerror}") from None
    return tuple(folder / name for name in contents)
