"""``aiida-forcefield status``: where a study or a campaign stands."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aiida.orm import ProcessNode


@click.command()
@click.argument("study", metavar="PK|CAMPAIGN")
@click.pass_obj
def status(profile: str, study: str) -> None:
    """Show the stage of a study, its counts and the time of its last event.

    Of a campaign, a line on each study, with the density that it found.
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
        said = "; ".join(filter(None, [_density(node), progress.message])) or progress.summary()
        click.echo(f"{progress.pk:6d}  {node.label:24s}  {progress.state:9s}  {said}")


def _density(study: "ProcessNode") -> str:
    """The density that a study found, or "" as long as there is none."""
    from aiida_forcefield.data.outputs import outputs_of

    found = outputs_of(study).get("density")
    if found is None:
        return ""
    error = found.get("uncertainty", found["standard_error"])
    return f"density {found['value']:.3f} ± {error:.3f} {found['unit']}"
