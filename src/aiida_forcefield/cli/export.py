"""``aiida-forcefield export``: force field, results and pictures of a study as files."""

from pathlib import Path

import click

from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.profile import find_study, load

FORMATS = ("lammps",)


@click.command()
@click.argument("pk", type=int)
@click.option("--format", "program", default="lammps", show_default=True, help="MD program.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder.")
@click.pass_obj
def export(profile: str, pk: int, program: str, output: Path) -> None:
    """Write the force field of study PK, its results and pictures to a folder.

    For LAMMPS: forcefield.lmp, to be included after read_data, and as an example system.data with
    one molecule and in.lammps, which runs both.
    """
    from aiida_forcefield.cli.folder import write_folder
    from aiida_forcefield.cli.results import collect_results

    if program not in FORMATS:
        raise InputError(f"--format: {program!r} is unknown; allowed: {', '.join(FORMATS)}")
    load(profile)
    study = find_study(pk)
    if "force_field" not in study.outputs:
        raise InputError(f"PK {pk}: this study has no force field yet; see `status {pk}`")
    for line in write_folder(study, collect_results(study), output):
        click.echo(line)
