"""``aiida-forcefield status``: where a study stands."""

import click


@click.command()
@click.argument("pk", type=int)
@click.pass_obj
def status(profile: str, pk: int) -> None:
    """Show the stage of study PK, its counts and the time of its last event."""
    from aiida_forcefield.cli.profile import find_study, load
    from aiida_forcefield.cli.progress import snapshot

    load(profile)
    progress = snapshot(find_study(pk))
    for line in progress.lines():
        click.echo(line)
