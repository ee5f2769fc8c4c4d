"""A profile, a study file and a table of molecules; studies as the engine keeps them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.manage.configuration.config import Config
from aiida.orm import CalcJobNode, Dict, WorkChainNode
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
)

from aiida_forcefield.study.file import StudyFile
from aiida_forcefield.study.table import load_studies
from aiida_forcefield.topology import Box
from tests.unit.study.nodes import (
    DENSITY,
    HYDROGEN,
    MEASURED,
    PRESSURE,
    begin_study,
    called,
    force_field,
    perceived,
    points,
    pretend,
    returned,
    simulated,
)

STUDY = """\
material: {name: methanol, smiles: CO}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
"""

MIXTURE = """\
system:
  name: both
  species:
    - {name: water, smiles: O}
    - {name: methanol, smiles: CO}
  solvent: {mole: {water: 1, methanol: 1}}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
"""

TABLE = """\
name,smiles,temperature
methanol,CO,
ethanol,CCO,300
water,O,310.5
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A valid study."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture
def mixture(tmp_path: Path) -> Path:
    """A valid study of two species."""
    path = tmp_path / "mixture.yaml"
    path.write_text(MIXTURE)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "molecules.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def files(study: Path, table: Path) -> list[StudyFile]:
    return load_studies([study], table, None)


@pytest.fixture
def profile(
    aiida_config_tmp: Config,  # noqa: F811
    aiida_profile_factory: Callable[..., Iterator[Profile]],  # noqa: F811
) -> Iterator[Profile]:
    """A temporary profile with the broker of AiiDA itself, whose daemon does not run."""
    with aiida_profile_factory(aiida_config_tmp, broker_backend="core.zeromq") as made:
        yield made


@pytest.fixture
def launched(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the studies that were submitted, of which none runs for real."""
    names: list[str] = []

    def submit(_: str, file: StudyFile, points_of: object = None) -> WorkChainNode:
        names.append(file.title)
        return pretend(file)

    monkeypatch.setattr("aiida_forcefield.study.submission.submit_study", submit)
    monkeypatch.setattr("aiida_forcefield.study.submission.find_codes", lambda *_: {})
    monkeypatch.setattr("aiida_forcefield.study.submission.capacity", lambda *_: 2)
    return names


@pytest.fixture
def hydrogen(profile: Profile) -> WorkChainNode:
    """A study with two QM jobs, one failed point, and one job from the cache."""
    liquid = {"phase": "liquid", "temperature": 298.15, "pressure": 1.01325}
    node = begin_study(
        "hydrogen",
        {"hydrogen": "[H][H]"},
        reference=Dict(MEASURED),
        simulations__liquid_0__simulation=Dict(liquid),
    )
    scan = called(node, "scan", "scan")
    for statuses, cached in ((("ok", "scf_not_converged"), False), (("ok",), True)):
        batch = called(scan, "qm", f"round_{cached:d}")
        job = CalcJobNode(process_type="aiida.calculations:forcefield.qm")
        job.base.links.add_incoming(batch, LinkType.CALL_CALC, "iteration_01")
        job.store()
        if cached:
            job.base.extras.set("_aiida_cached_from", "a uuid")
        result = points(statuses, 2.5)
        result.base.links.add_incoming(job, LinkType.CREATE, "points")
        result.store().base.links.add_incoming(batch, LinkType.RETURN, "points")
        for process in (job, batch):
            process.set_process_state("finished")
            process.set_exit_status(0)
    simulated(node, "liquid_0", liquid, Box((2,), np.zeros((4, 3)), np.full(3, 20.0)))
    perceived(node, HYDROGEN)
    returned(
        node,
        force_field=force_field(),
        properties__density=Dict(DENSITY),
        pressure=Dict(PRESSURE),
    )
    return node
