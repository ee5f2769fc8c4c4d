"""``aiida-forcefield launch``: check studies and run them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.data import ForceFieldData
    from aiida_forcefield.study.campaign import Campaign
    from aiida_forcefield.study.file import StudyFile

POLL_SECONDS = 5.0
REPEAT_SECONDS = 30.0


@click.command()
@click.argument("studies", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="CSV file with a molecule a row (columns name, smiles, ...); STUDIES is its template.",
)
@click.option("--campaign", help="Name of several studies. [default: of the first file]")
@click.option(
    "--at-a-time",
    type=click.IntRange(1),
    help="Studies that may run. [default: as many as the computer takes jobs of]",
)
@click.option("--protocol", help="Protocol in place of the one in the study.")
@click.option(
    "--points-of",
    type=int,
    metavar="PK",
    help="Fit the points of finished study PK by the forms and weights of STUDIES, without QM.",
)
@click.option("--yes", is_flag=True, help="Launch also what is asked about.")
@click.option("--dry-run", is_flag=True, help="Check, print the plan, submit nothing.")
@click.option(
    "--wait/--no-wait", default=False, show_default=True, help="Show progress to the end."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for what was found. [default: results/NAME, NAME being the material]",
)
@click.pass_obj
def launch(
    profile: str,
    studies: tuple[Path, ...],
    table: Path | None,
    campaign: str | None,
    at_a_time: int | None,
    protocol: str | None,
    points_of: int | None,
    yes: bool,
    dry_run: bool,
    wait: bool,
    output: Path | None,
) -> None:
    """Check STUDIES, YAML files, and run them through the AiiDA daemon.

    Several make a campaign: launched again it takes up only what is missing.
    """
    from aiida_forcefield.study.errors import InputError
    from aiida_forcefield.study.plan import describe_plan
    from aiida_forcefield.study.questions import notes, questions
    from aiida_forcefield.study.table import load_studies

    files = load_studies(studies, table, protocol)
    single, earlier = len(files) == 1 and table is None, None
    name = campaign or (table or studies[0]).stem
    if not single and name.isdecimal():
        raise InputError(f"--campaign: {name!r} would be taken for a PK; give another name")
    if points_of is not None and not single:
        raise InputError("--points-of: allowed for one study at a time")
    if points_of is not None:
        from aiida_forcefield.study.aiida_profile import load
        from aiida_forcefield.study.submission import find_points

        load(profile)
        earlier = find_points(points_of, files[0])
    if single and (at_a_time is not None or campaign is not None):
        option = "--at-a-time" if campaign is None else "--campaign"
        raise InputError(f"{option}: allowed for several studies")
    if output is not None and not (single and wait):
        raise InputError("--output: allowed for one study, with --wait; later `export PK -o`")
    plans = [list(describe_plan(file, points_of)) for file in files]
    asked = [question for file in files for question in questions(file)]
    for note in (note for file in files for note in notes(file)):
        click.echo(f"note: {note}", err=True)
    if dry_run:
        click.echo("\n\n".join("\n".join(plan) for plan in plans))
        for question in asked:
            click.echo(f"is it meant? {question}", err=True)
    elif asked and not yes:
        raise InputError("\n".join([*asked, "nothing was submitted; --yes launches it as it is"]))
    elif single:
        _launch_one(profile, files[0], earlier, wait, output)
    else:
        from aiida_forcefield.study.aiida_profile import load
        from aiida_forcefield.study.campaign import Campaign

        load(profile)
        _launch_campaign(Campaign(profile, name, files, at_a_time), wait)


def _launch_one(
    profile: str,
    file: "StudyFile",
    points_of: "ForceFieldData | None",
    wait: bool,
    output: Path | None,
) -> None:
    from aiida_forcefield.study.launched import alone, fingerprint, latest
    from aiida_forcefield.study.submission import find_codes, submit_study

    find_codes(profile, file)
    with alone(profile):
        node = latest(fingerprint(file, points_of))
        runs = node is not None and not node.is_terminated
        if node is None or not runs:
            node = submit_study(profile, file, points_of)
    said = "is the same and has not ended" if runs else "submitted"
    click.echo(f"study {node.pk} {said}; `aiida-forcefield -p {profile} status {node.pk}`")
    if wait:
        _follow(node)
        _conclude(node, output or Path("results") / file.title.replace(" ", "_"))


def _launch_campaign(campaign: "Campaign", wait: bool) -> None:
    """Launch what is missing; with `wait`, until all have ended."""

    from aiida_forcefield.study.aiida_profile import NoDaemonError

    def look() -> tuple[str, bool]:
        try:
            for line in campaign.top_up():
                click.echo(line)
        except NoDaemonError as error:
            if not campaign.launched:
                raise
            return f"waiting: {error.message}", False  # as while it is restarted
        standing = campaign.standing()
        counts = ", ".join(f"{count} {state}" for state, count in sorted(standing.items()))
        return f"campaign {campaign.name}: {counts}", not standing.keys() & {"waiting", "running"}

    if not wait:
        summary, over = look()
        click.echo(summary)
        if not over:
            click.echo("launch it again, or with --wait, for the others to follow")
        return
    _watch(look, "launch it again to go on")
    failed = campaign.standing()["failed"]
    click.echo(look()[0])
    if failed:
        raise click.ClickException(
            f"{failed} studies failed; `aiida-forcefield status {campaign.name}` tells which"
        )


def _follow(node: "ProcessNode") -> None:
    """Show progress until the study ends; an interrupt leaves the study running."""
    from aiida_forcefield.study.progress import snapshot

    def look() -> tuple[str, bool]:
        progress = snapshot(node)
        return "; ".join([progress.summary(), *progress.advice()]), progress.over

    _watch(look, f"`aiida-forcefield status {node.pk}` shows where it is")


def _watch(look: Callable[[], tuple[str, bool]], advice: str) -> None:
    """Show a summary until it says that all is over."""
    from rich.console import Console

    console = Console()
    try:
        with console.status("") as spinner:
            shown_at = -REPEAT_SECONDS
            while True:
                summary, over = look()
                if over:
                    return
                if console.is_terminal:
                    spinner.update(summary)
                elif time.monotonic() - shown_at > REPEAT_SECONDS:
                    click.echo(summary)
                    shown_at = time.monotonic()
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo(f"\nwhat was submitted goes on; {advice}")
        raise SystemExit(130) from None


def _conclude(node: "ProcessNode", folder: Path) -> None:
    """Print the results, and write them with force field and pictures to a folder."""
    from rich.console import Console

    from aiida_forcefield.cli.files.folder import write_folder
    from aiida_forcefield.cli.terminal.results import print_results
    from aiida_forcefield.study.aiida_profile import verdi
    from aiida_forcefield.study.launched import has_result
    from aiida_forcefield.study.results import collect_results

    results = collect_results(node)
    print_results(results, Console())
    if "force_field" in node.outputs:
        click.echo("files:")
        for line in write_folder(node, results, folder, "lammps"):
            click.echo(line)
    if not has_result(node):
        message = f"study {node.pk} failed; `{verdi()} process report {node.pk}` tells more"
        raise click.ClickException(message)
