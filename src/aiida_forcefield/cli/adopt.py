"""``aiida-forcefield adopt``: reuse calculations that were done elsewhere."""

from pathlib import Path

import click


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--qm", default="compute@localhost", show_default=True, help="Code for QM jobs.")
@click.option("--md", default="lammps@localhost", show_default=True, help="Code for MD jobs.")
@click.option("--fit", default="forcefield@localhost", show_default=True, help="Code for fits.")
@click.pass_obj
def adopt(profile: str, /, archive: Path, **labels: str) -> None:
    """Import ARCHIVE and let studies reuse its finished calculations.

    It is for you to know that the archive was made with programs like your own; the versions
    stand in each of its points.
    """
    from aiida_forcefield.study.adoption import adopt_archive
    from aiida_forcefield.study.aiida_profile import PLUGINS, find_code, load

    load(profile)
    codes = {PLUGINS[role]: find_code(role, label) for role, label in labels.items()}
    count = adopt_archive(archive, codes)
    click.echo(f"adopted {count} calculations of {archive}")
