"""``aiida-forcefield status``: where a study or a campaign stands."""

import click


@click.command()
@click.argument("study", metavar="PK|CAMPAIGN")
@click.pass_obj
def status(profile: str, study: str) -> None:
    """Show the stage of a study, its counts and the time of its last event.

    Of a campaign, a line on each study.
    """
    from aiida_forcefield.cli.campaign import studies_of
    from aiida_forcefield.cli.profile import find_study, load
    from aiida_forcefield.cli.progress import snapshot

    load(profile)
    if study.isdecimal():
        for line in snapshot(find_study(int(study))).lines():
            click.echo(line)
        return
    for node in studies_of(study):
        progress = snapshot(node)
        said = progress.message or progress.summary()
        click.echo(f"{progress.pk:6d}  {node.label:24s}  {progress.state:9s}  {said}")
