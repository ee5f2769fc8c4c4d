"""The QM job: what it accepts, and what it puts into its folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from aiida.common.folders import SandboxFolder
from aiida.common.links import LinkType
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import CalcJobNode, Dict, InstalledCode, WorkChainNode
from aiida_pyscf.calculations.base import PyscfCalculation

from aiida_forcefield.calculations.functions.remaining import remaining_structures
from aiida_forcefield.calculations.jobs.qm import QmCalculation, job_description
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.runner.job_file import read_job
from aiida_forcefield.scans import Cluster, Origin, Points, Structures
from aiida_forcefield.topology import from_smiles

FinishedJob = Callable[..., CalcJobNode]
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}, "gradient": True}
PBE0 = {
    "engine": "pyscf",
    "mean_field": {"method": "RKS", "xc": "pbe0"},
    "structure": {"basis": "def2-svp"},
}


def test_ports() -> None:
    spec = QmCalculation.spec()
    assert issubclass(QmCalculation, PyscfCalculation)
    assert {"structure", "checkpoint"}.isdisjoint(spec.inputs)
    assert {"model", "checkpoint", "fcidump", "cubegen"}.isdisjoint(spec.outputs)
    assert spec.inputs["parameters"].required
    assert spec.outputs["points"].required
    assert spec.inputs["metadata"]["options"]["parser_name"].default == "forcefield.qm"


@pytest.fixture
def finished(codes: dict[str, InstalledCode], make_points: Callable[..., Points]) -> FinishedJob:
    """Makes a job that ended with these statuses of its points, of a batch or by itself."""

    def make(
        exit_status: int,
        statuses: tuple[str, ...],
        batch: WorkChainNode | None = None,
        structures: StructuresData | None = None,
    ) -> CalcJobNode:
        job = CalcJobNode(
            computer=codes["qm"].computer, process_type="aiida.calculations:forcefield.qm"
        )
        if batch:
            job.base.links.add_incoming(batch, LinkType.CALL_CALC, f"iteration_{job.uuid[:8]}")
        if structures:
            job.base.links.add_incoming(structures.store(), LinkType.INPUT_CALC, "structures")
        job.store()
        if statuses:
            points = PointsData(make_points(*statuses))
            points.base.links.add_incoming(job, LinkType.CREATE, "points")
            points.store()
        job.set_process_state("finished")
        job.set_exit_status(exit_status)
        job.seal()
        return job

    return make


@pytest.mark.parametrize(
    ("exit_status", "statuses", "cached"),
    [
        (0, ("ok", "scf_not_converged"), True),
        (310, (), False),
        (311, ("relaxation_not_converged", "bonds_changed"), True),
        (311, ("relaxation_not_converged", "error"), False),
        (311, ("out_of_memory",), False),
        (120, ("ok", "out_of_time"), True),
        (120, ("out_of_time", "missing"), False),
        (411, ("ok", "interrupted", "missing"), True),
        (411, ("missing",), False),
        (411, (), False),
    ],
)
def test_what_the_machine_may_be_the_reason_for_is_computed_again(
    finished: FinishedJob, exit_status: int, statuses: tuple[str, ...], cached: bool
) -> None:
    assert finished(exit_status, statuses).base.caching.is_valid_cache == cached


def test_job_without_a_point_is_taken_where_others_of_its_batch_went_on(
    finished: FinishedJob, hydrogen: Structures
) -> None:
    batch = WorkChainNode().store()
    whole, rest, last = (
        StructuresData(
            replace(hydrogen, positions=hydrogen.positions[i], values=hydrogen.values[i])
        )
        for i in ([0, 1, 2], [1, 2], [0])
    )
    jobs = [
        finished(411, ("interrupted", "missing", "missing"), batch, whole),
        finished(411, ("ok", "interrupted"), batch, rest),
        finished(411, ("interrupted",), batch, last),
        finished(0, ("ok",), batch, last),
        finished(411, ("interrupted",), batch, rest),
    ]
    valid = [job.base.caching.is_valid_cache for job in jobs]
    # The third has the points of the fourth, which came to them; after the last none went on.
    assert valid == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (PBE0 | {"mean_feild": {}}, "did you mean 'mean_field'"),
        (PBE0 | {"mean_field": {"method": "RSK"}}, "'RSK' is not one of RHF, UHF, RKS, UKS"),
        (XTB | {"tblite": {"method": "xtb"}}, "'xtb' is not one of GFN1-xTB"),
        (XTB | {"results": {"pickle_model": True}}, "unknown key 'results'"),
        ({}, "engine"),
        (
            {"engine": "ase", "ase": {"calculator": "gpwa"}},
            "no calculator of ASE; did you mean 'gp",
        ),
    ],
)
@pytest.mark.usefixtures("storage")
def test_wrong_parameters_are_refused(parameters: dict[str, Any], expected: str) -> None:
    builder = QmCalculation.get_builder()
    with pytest.raises(ValueError, match=expected):
        builder.parameters = Dict(parameters)


@pytest.fixture
def prepared(
    codes: dict[str, InstalledCode], hydrogen: Structures
) -> Callable[[], tuple[Any, SandboxFolder]]:
    def prepare() -> tuple[Any, SandboxFolder]:
        process = instantiate_process(
            get_manager().get_runner(),
            QmCalculation,
            code=codes["qm"],
            structures=StructuresData(hydrogen),
            parameters=Dict(XTB),
        )
        folder = SandboxFolder()
        return process.prepare_for_submission(folder), folder

    return prepare


def test_folder_of_a_job(
    prepared: Callable[[], tuple[Any, SandboxFolder]], hydrogen: Structures, tmp_path: Any
) -> None:
    info, folder = prepared()
    path = tmp_path / "job.json"
    with folder.open("job.json") as handle:
        path.write_text(handle.read())
    job = read_job(path)
    assert job.symbols == hydrogen.cluster.symbols
    assert (job.charge, job.multiplicity) == (0, 1)
    assert job.parameters == XTB
    assert job.constraint is not None
    assert job.constraint.atoms == (0, 1)
    assert job.constraint.values == (0.7, 0.8, 0.9)
    assert job.bonds == ((0, 1),)
    assert job.fragments == ()
    np.testing.assert_array_equal(job.positions, hydrogen.positions)

    with folder.open("runner.pyz", "rb") as handle, ZipFile(handle) as archive:
        names = set(archive.namelist())
    modules = {"__init__", "__main__", "batch", "job", "engines/tblite", "engines/pyscf/crystal"}
    assert {"__main__.py", *(f"runner/{name}.py" for name in modules)} <= names
    assert all(name.endswith(".py") for name in names)

    assert info.provenance_exclude_list == ["job.json"]
    assert info.retrieve_list == [QmCalculation.FILENAME_STDOUT]
    assert info.retrieve_temporary_list == ["results.jsonl"]
    (code,) = info.codes_info
    assert code.cmdline_params == ["-E", "runner.pyz", "job.json"]


@pytest.mark.usefixtures("storage")
def test_dimers_have_fragments_and_no_constraint(hydrogen: Structures) -> None:
    ions = Cluster.of(from_smiles("[Li+]"), from_smiles("[F-]"))
    dimers = Structures.rigid(Origin("random"), ions, hydrogen.positions)
    job = job_description(StructuresData(dimers), Dict(XTB))
    assert job["fragments"] == [
        {"atoms": 1, "charge": charge, "multiplicity": 1} for charge in (1, -1)
    ]
    assert job["charge"] == 0
    assert job["constraint"] is None
    json.dumps(job, allow_nan=False)


@pytest.mark.usefixtures("storage")
def test_only_what_is_missing_remains(
    hydrogen: Structures, make_points: Callable[..., Points]
) -> None:
    points = make_points("ok", "missing", "scf_not_converged")
    rest = remaining_structures(StructuresData(hydrogen), part_01=PointsData(points))
    assert rest.value.values.tolist() == [0.8]
    np.testing.assert_array_equal(rest.value.positions, hydrogen.positions[1:2])
    assert rest.value.constraint == hydrogen.constraint
    assert rest.creator is not None


@pytest.mark.usefixtures("storage")
def test_what_a_job_ended_at_remains_after_what_was_never_tried(
    hydrogen: Structures, make_points: Callable[..., Points]
) -> None:
    structures = StructuresData(hydrogen)
    first = PointsData(make_points("out_of_time", "ok", "missing"))
    rest = remaining_structures(structures, part_01=first)
    assert rest.value.values.tolist() == [0.9]
    second = PointsData(make_points("ok"))
    rest = remaining_structures(structures, part_01=first, part_02=second)
    assert rest.value.values.tolist() == [0.7]
