"""Fixtures that the tests of studies share with those of the command line."""

from tests.unit.cli.conftest import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
    invoke,
    profile,
    study,
)
