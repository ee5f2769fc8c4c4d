"""``aiida-forcefield status``: where a study or a campaign stands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aiida.orm import ProcessNode


@click.command()
@click.argument("study", metavar="PK|CAMPAIGN")
@click.pass_obj
def status(profile: str, study: str) -> None:
    """Show the stage of a study, its counts and the time of its last event.

    Of a campaign, a line on each study, with the properties that it found.
    """
    from aiida_forcefield.study.aiida_profile import find_study, load
    from aiida_forcefield.study.campaign import studies_of
    from aiida_forcefield.study.progress import snapshot

    load(profile)
    if study.isdecimal():
        for line in snapshot(find_study(int(study))).lines():
            click.echo(line)
        return
    for node in studies_of(study):
        progress = snapshot(node)
        said = "; ".join([*_properties(node), *filter(None, [progress.message])])
        said = said or progress.summary()
        click.echo(f"{progress.pk:6d}  {node.label:24s}  {progress.state:9s}  {said}")


def _properties(study: "ProcessNode") -> Iterator[str]:
    """What a study found of each of its properties."""
    from aiida_forcefield.data.outputs import outputs_of
    from aiida_forcefield.study.rounding import with_error

    for label, found in outputs_of(study).get("properties", {}).items():
        error = found.get("uncertainty", found["standard_error"])
        name = label.replace("_", " ")
        yield f"{name} {with_error(found['value'], error)} {found['unit']}"
