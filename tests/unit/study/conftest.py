"""A profile, a study file and a table of molecules; studies as the engine keeps them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.manage.configuration.config import Config
from aiida.orm import CalcJobNode, Dict, Str, WorkChainNode
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
)

from aiida_forcefield.study.file import StudyFile
from aiida_forcefield.study.table import load_studies
from tests.unit.study.nodes import DENSITY, MEASURED, PRESSURE, XTB, force_field, points, pretend

STUDY = """\
material: {name: methanol, smiles: CO}
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

    def submit(_: str, file: StudyFile, known: object = None) -> WorkChainNode:
        names.append(file.study.material.name)
        return pretend(file)

    monkeypatch.setattr("aiida_forcefield.study.submission.submit_study", submit)
    monkeypatch.setattr("aiida_forcefield.study.submission.find_codes", lambda *_: {})
    monkeypatch.setattr("aiida_forcefield.study.submission.capacity", lambda *_: 2)
    return names


@pytest.fixture
def hydrogen(profile: Profile) -> WorkChainNode:
    """A study with two QM jobs, one failed point, and one job from the cache."""
    node = WorkChainNode(process_type="aiida.workflows:forcefield.material")
    material = Dict({"name": "hydrogen", "smiles": "[H][H]"}).store()
    comparison = Dict(MEASURED).store()
    node.base.links.add_incoming(material, LinkType.INPUT_WORK, "material")
    node.base.links.add_incoming(comparison, LinkType.INPUT_WORK, "reference")
    node.base.links.add_incoming(Str("draft").store(), LinkType.INPUT_WORK, "protocol")
    for part in ("reference", "molecule", "dimers", "polarizability"):
        parameters = Dict(XTB).store()
        label = f"fit__parameters__{part}"
        node.base.links.add_incoming(parameters, LinkType.INPUT_WORK, label)
    sampling = Dict({"target_error": 0.013}).store()
    node.base.links.add_incoming(sampling, LinkType.INPUT_WORK, "fit__sampling")
    node.store()
    scan = WorkChainNode(process_type="aiida.workflows:forcefield.scan")
    scan.base.links.add_incoming(node, LinkType.CALL_WORK, "scan")
    scan.store()
    for statuses, cached in ((("ok", "scf_not_converged"), False), (("ok",), True)):
        batch = WorkChainNode(process_type="aiida.workflows:forcefield.qm")
        batch.base.links.add_incoming(scan, LinkType.CALL_WORK, f"round_{cached:d}")
        batch.store()
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
    outputs = {
        "force_field": force_field(),
        "density": Dict(DENSITY),
        "pressure": Dict(PRESSURE),
    }
    for label, data in outputs.items():
        data.store().base.links.add_incoming(node, LinkType.RETURN, label)
    return node
