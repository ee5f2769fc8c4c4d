"""``aiida-forcefield compare``: a force field from elsewhere beside that of a study."""

from pathlib import Path

import click

from aiida_forcefield.cli.files.read import contents
from aiida_forcefield.study.aiida_profile import find_study, load
from aiida_forcefield.study.errors import InputError


@click.command()
@click.argument("pk", type=int)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def compare(profile: str, pk: int, files: tuple[Path, ...]) -> None:
    """Compare another force field with that of study PK, on the study's QM points.

    FILES is an OpenMM force field (.xml), or a LAMMPS data file and then the input files that go
    with it; what these include from their folder is read, too. Prints the errors of both, and the
    parameters of the other in the study's units.
    """
    from rich.console import Console

    from aiida_forcefield.cli.terminal.errors_of_fit import print_comparison
    from aiida_forcefield.cli.terminal.force_field import print_force_field
    from aiida_forcefield.potentials import read_files
    from aiida_forcefield.study.comparison import errors_of
    from aiida_forcefield.study.results import force_field_results

    load(profile)
    study = find_study(pk)
    if "force_field" not in study.outputs:
        raise InputError(f"PK {pk}: this study has no force field yet; see `status {pk}`")
    texts = contents(files)
    try:
        other = read_files(texts, study.outputs.system.value)
    except ValueError as error:
        raise InputError(str(error)) from None
    console = Console()
    print_comparison(*errors_of(study, other), files[0].name, console)
    print_force_field(force_field_results(other), console)
