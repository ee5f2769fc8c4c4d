"""``aiida-forcefield compare``: a force field from elsewhere beside that of a study."""

from pathlib import Path

import click

from aiida_forcefield.cli.errors import InputError, contents
from aiida_forcefield.cli.profile import find_study, load


@click.command()
@click.argument("pk", type=int)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def compare(profile: str, pk: int, files: tuple[Path, ...]) -> None:
    """Compare another force field with that of study PK, on the study's QM points.

    FILES is an OpenMM force field (.xml), or a LAMMPS data file and then the input files that go
    with it. Prints the errors of both, and the parameters of the other in the study's units.
    """
    from rich.console import Console

    from aiida_forcefield.calculations.calibration import counterpoise_of
    from aiida_forcefield.calculations.dimers import STRETCHED
    from aiida_forcefield.cli.results import force_field_results
    from aiida_forcefield.cli.table import print_comparison, print_force_field
    from aiida_forcefield.data import PointsData
    from aiida_forcefield.potentials import Settings, field_errors, read_files
    from aiida_forcefield.scans import calibrated

    load(profile)
    study = find_study(pk)
    if "force_field" not in study.outputs:
        raise InputError(f"PK {pk}: this study has no force field yet; see `status {pk}`")
    species, own = study.outputs.species.value, study.outputs.force_field
    texts = contents(files)
    try:
        other = read_files(texts, species)
    except ValueError as error:
        raise InputError(str(error)) from None
    fit = own.creator
    incoming = fit.base.links.get_incoming(node_class=PointsData)
    counterpoise = counterpoise_of(fit.inputs.calibration if "calibration" in fit.inputs else None)
    points = [
        calibrated(entry.node.value, species, counterpoise)
        for entry in incoming.all()
        if STRETCHED not in entry.link_label  # fitted is not their energy, but how it changed
    ]
    settings = Settings(**fit.inputs.settings.get_dict())
    errors = (field_errors(field, species, points, settings) for field in (own.value, other))
    console = Console()
    print_comparison(*errors, files[0].name, console)
    print_force_field(force_field_results(other), console)
