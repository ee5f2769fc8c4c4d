"""``aiida-forcefield export``: force field, results and pictures of a study as files."""

from pathlib import Path

import click

from aiida_forcefield.cli.files.programs import PROGRAM_HELP, check_program
from aiida_forcefield.study.aiida_profile import find_study, load
from aiida_forcefield.study.errors import InputError


@click.command()
@click.argument("pk", type=int)
@click.option(
    "--to",
    "program",
    default="lammps",
    show_default=True,
    help=PROGRAM_HELP,
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder.")
@click.pass_obj
def export(profile: str, pk: int, program: str, output: Path) -> None:
    """Write the force field of study PK, its results and pictures to a folder.

    Beside the force field there is an example that runs one molecule. What the program cannot say
    is refused, with the nearest form that it can.
    """
    from aiida_forcefield.cli.files.folder import write_folder
    from aiida_forcefield.study.results import collect_results

    check_program(program)
    load(profile)
    study = find_study(pk)
    if "force_field" not in study.outputs:
        raise InputError(f"PK {pk}: this study has no force field yet; see `status {pk}`")
    for line in write_folder(study, collect_results(study), output, program):
        click.echo(line)
