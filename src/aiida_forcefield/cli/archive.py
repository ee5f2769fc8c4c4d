"""``aiida-forcefield archive``: a study with its whole graph in one file."""

from pathlib import Path

import click

from aiida_forcefield.study.aiida_profile import find_study, load
from aiida_forcefield.study.errors import InputError


@click.command()
@click.argument("pk", type=int)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File, by custom with the suffix .aiida; replaced where it exists.",
)
@click.pass_obj
def archive(profile: str, pk: int, output: Path) -> None:
    """Write study PK with all that it computed to one file.

    Elsewhere `aiida-forcefield adopt` imports it and lets studies reuse its calculations;
    `verdi archive import` imports the graph alone.
    """
    from aiida.common.log import override_log_level
    from aiida.tools.archive import create_archive

    load(profile)
    study = find_study(pk)
    if not study.is_sealed:
        raise InputError(f"PK {pk}: this study has not ended yet; see `status {pk}`")
    if not output.parent.is_dir():
        raise InputError(f"--output: there is no folder {output.parent}")
    with override_log_level():
        create_archive([study], filename=output, overwrite=True)
    click.echo(f"wrote {output} ({output.stat().st_size / 1e6:.1f} MB)")
