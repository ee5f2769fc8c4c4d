"""``aiida-forcefield launch``: check a study and run it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiida_forcefield.cli.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

    from aiida_forcefield.cli.study import StudyFile

POLL_SECONDS = 5.0
REPEAT_SECONDS = 30.0


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--protocol", help="Protocol in place of the one in the study.")
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
    study: Path,
    protocol: str | None,
    dry_run: bool,
    wait: bool,
    output: Path | None,
) -> None:
    """Check STUDY, a YAML file, and run it through the AiiDA daemon."""
    from aiida_forcefield.cli.plan import describe_plan
    from aiida_forcefield.cli.study import load_study

    file = load_study(study, protocol)
    plan = list(describe_plan(file))
    if dry_run:
        for line in plan:
            click.echo(line)
        return
    node = submit_study(profile, file)
    click.echo(f"study {node.pk} submitted; `aiida-forcefield -p {profile} status {node.pk}`")
    if wait:
        _follow(node)
        _conclude(node, output or Path("results") / file.study.material.name.replace(" ", "_"))


def submit_study(profile: str, file: "StudyFile") -> "ProcessNode":
    """Submit a valid study to the daemon of a profile.

    Raises:
        InputError: profile, daemon or a code is missing, or the study does not fit them.
    """
    from aiida.engine import submit

    from aiida_forcefield.cli.profile import find_code, load, require_daemon

    load(profile)
    study = file.study
    codes = {role: find_code(role, label) for role, label in study.codes.model_dump().items()}
    require_daemon(profile)

    from aiida_forcefield.workflows.material import MaterialWorkChain

    try:
        builder = MaterialWorkChain.get_builder_from_protocol(
            material=file.material(),
            codes=codes,
            protocol=study.protocol,
            properties=[item.model_dump() for item in study.properties],
            overrides=study.overrides,
            reference=study.reference.model_dump(exclude_none=True) or None,
        )
    except ValueError as error:
        raise InputError(f"{file.path}: {error}") from None
    builder.metadata.label = study.material.name
    return submit(builder)


def _follow(node: "ProcessNode") -> None:
    """Show progress until the study ends; an interrupt leaves the study running."""
    from rich.console import Console

    from aiida_forcefield.cli.progress import snapshot

    console = Console()
    try:
        with console.status("") as spinner:
            shown_at = -REPEAT_SECONDS
            while not (progress := snapshot(node)).over:
                if console.is_terminal:
                    spinner.update(progress.summary())
                elif time.monotonic() - shown_at > REPEAT_SECONDS:
                    click.echo(progress.summary())
                    shown_at = time.monotonic()
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo(f"\nthe study goes on; `aiida-forcefield status {node.pk}` shows where it is")
        raise SystemExit(130) from None


def _conclude(node: "ProcessNode", folder: Path) -> None:
    """Print the results, and write them with force field and pictures to a folder."""
    from rich.console import Console

    from aiida_forcefield.cli.folder import write_folder
    from aiida_forcefield.cli.results import collect_results
    from aiida_forcefield.cli.table import print_results

    results = collect_results(node)
    print_results(results, Console())
    if "force_field" in node.outputs:
        click.echo("files:")
        for line in write_folder(node, results, folder, "lammps"):
            click.echo(line)
    if not node.is_finished_ok:
        message = f"study {node.pk} failed; `verdi process report {node.pk}` tells more"
        raise click.ClickException(message)
