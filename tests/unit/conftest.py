"""An AiiDA profile for tests of nodes and processes, and small objects to work on."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from aiida.manage.configuration import Profile
from aiida.orm import Computer, InstalledCode
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
)

from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points, Structures
from aiida_forcefield.topology import from_smiles

HYDROGEN = Cluster.of(from_smiles("[H][H]"))
STRETCH = Origin("scan", Coordinate("bond", ("H1", "H1"), (0, 1)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that share the one profile before those that load another, which closes it."""
    items.sort(key=lambda item: "storage" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def storage(
    tmp_path_factory: pytest.TempPathFactory,
    aiida_config_factory: Callable[..., Any],  # noqa: F811
    aiida_profile_factory: Callable[..., Any],  # noqa: F811
) -> Iterator[Profile]:
    """A profile with no services, for all tests, which only add to it."""
    with (
        aiida_config_factory(tmp_path_factory.mktemp("aiida")) as config,
        aiida_profile_factory(config, storage_backend="core.sqlite_temp") as profile,
    ):
        yield profile


@pytest.fixture(scope="session")
def codes(storage: Profile, tmp_path_factory: pytest.TempPathFactory) -> dict[str, InstalledCode]:
    """Codes that are never run."""
    folder = str(tmp_path_factory.mktemp("scratch"))
    computer = Computer("here", "localhost", "", "core.local", "core.direct", folder).store()
    computer.configure()
    return {
        role: InstalledCode(computer, "/bin/true", label=role).store()
        for role in ("qm", "md", "openmm", "fit")
    }


@pytest.fixture
def hydrogen() -> Structures:
    """Three hydrogen molecules, stretched to given bond lengths."""
    values = np.array([0.7, 0.8, 0.9])
    positions = np.zeros((3, 2, 3))
    positions[:, 1, 0] = values
    return Structures(STRETCH, HYDROGEN, positions, (0, 1), values)


@pytest.fixture
def make_points() -> Callable[..., Points]:
    """Points of a hydrogen bond with given statuses, at bond lengths from 0.6 to 1.1 Å."""

    def make(*statuses: str, origin: Origin = STRETCH, cluster: Cluster = HYDROGEN) -> Points:
        count = len(statuses)
        ok = np.array([status == "ok" for status in statuses])
        x = np.linspace(0.6, 1.1, count)
        positions = np.zeros((count, 2, 3))
        positions[:, 1, 0] = x
        return Points(
            origin=origin,
            cluster=cluster,
            positions=positions,
            requested=x,
            energies=np.where(ok, 18.0 * (x - 0.74) ** 2, np.nan),
            gradients=np.full((count, 2, 3), np.nan),
            slopes=np.where(ok, 36.0 * (x - 0.74), np.nan),
            statuses=statuses,
            messages=tuple("" if status == "ok" else "because" for status in statuses),
            cpu_seconds=np.ones(count),
            versions={"pyscf": "2.14.0", "numpy": "2"},
        )

    return make
