"""``aiida-forcefield adopt``: reuse calculations that were done elsewhere."""

import time
from pathlib import Path

import click

POLL_SECONDS = 5.0


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--qm", default="compute@localhost", show_default=True, help="Code for QM jobs.")
@click.option("--md", default="lammps@localhost", show_default=True, help="Code for MD jobs.")
@click.option("--openmm", help="Code for MD jobs of OpenMM. [default: none of them are adopted]")
@click.option("--fit", default="forcefield@localhost", show_default=True, help="Code for fits.")
@click.option(
    "--wait",
    type=click.IntRange(0),
    metavar="MINUTES",
    default=0,
    show_default=True,
    help="For so long at most, until what runs in a profile on SQLite has ended.",
)
@click.pass_obj
def adopt(profile: str, /, archive: Path, wait: int, **labels: str | None) -> None:
    """Import ARCHIVE and let studies reuse its finished calculations.

    It is for you to know that the archive was made with programs like your own; the versions
    stand in each of its points. Nothing is imported into a profile on SQLite while a study runs in
    it.
    """
    from aiida_forcefield.study.adoption import adopt_archive, in_the_way
    from aiida_forcefield.study.aiida_profile import PLUGINS, find_code, load

    load(profile)
    codes = {PLUGINS[role]: find_code(role, label) for role, label in labels.items() if label}
    end = time.monotonic() + 60 * wait
    if wait and (what := in_the_way(archive)):
        click.echo(f"waiting until {what} has ended, {wait} minutes at most")
    while time.monotonic() < end and in_the_way(archive):
        time.sleep(POLL_SECONDS)
    count = adopt_archive(archive, codes)
    click.echo(f"adopted {count} calculations of {archive}")
