"""Fixtures of the command-line tests."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from aiida_forcefield.cli import main
from tests.unit.study.conftest import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
    hydrogen,
    launched,
    mixture,
    profile,
    study,
    table,
)


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Call the command as a shell would."""
    return lambda *arguments: CliRunner().invoke(main, [str(item) for item in arguments])
