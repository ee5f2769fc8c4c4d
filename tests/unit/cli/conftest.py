"""Fixtures of the command-line tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiida.manage.configuration import Profile
from aiida.manage.configuration.config import Config
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
)
from click.testing import CliRunner, Result

from aiida_forcefield.cli import main

STUDY = """\
material: {name: methanol, smiles: CO}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A valid study."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Call the command as a shell would."""
    return lambda *arguments: CliRunner().invoke(main, [str(item) for item in arguments])


@pytest.fixture
def profile(
    aiida_config_tmp: Config,  # noqa: F811
    aiida_profile_factory: Callable[..., Iterator[Profile]],  # noqa: F811
) -> Iterator[Profile]:
    """A temporary profile with the broker of AiiDA itself, whose daemon does not run."""
    with aiida_profile_factory(aiida_config_tmp, broker_backend="core.zeromq") as made:
        yield made
