"""The command ``aiida-forcefield``.

AiiDA, RDKit and all else that loads slowly is imported inside functions: ``--help`` is instant.
"""

import os
import sys
import warnings
from pathlib import Path

import click

from aiida_forcefield.cli.adopt import adopt
from aiida_forcefield.cli.archive import archive
from aiida_forcefield.cli.compare import compare
from aiida_forcefield.cli.errors import Commands
from aiida_forcefield.cli.export import export
from aiida_forcefield.cli.launch import launch
from aiida_forcefield.cli.replay import replay
from aiida_forcefield.cli.setup import setup
from aiida_forcefield.cli.show import show
from aiida_forcefield.cli.status import status

DEFAULT_PROFILE = "forcefield"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aiida-forcefield")
@click.option(
    "-p",
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    envvar="AIIDA_FORCEFIELD_PROFILE",
    show_envvar=True,
    help="AiiDA profile to work in.",
)
@click.pass_context
def main(context: click.Context, profile: str) -> None:
    """From a structure to a force field and a predicted property, from QM alone."""
    context.obj = profile
    warnings.filterwarnings("ignore", message="Creating AiiDA configuration folder")
    # AiiDA looks for `verdi` on the PATH, where it is not if this environment is not activated.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


for command in (setup, launch, status, show, export, compare, archive, adopt, replay):
    main.add_command(command)
