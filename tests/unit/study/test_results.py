"""Results and progress as the provenance graph tells them."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from aiida.common import timezone
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import CalcFunctionNode, CalcJobNode, Dict, Str, WorkChainNode
from rich.console import Console

from aiida_forcefield.cli.terminal.results import print_results
from aiida_forcefield.data import ForceFieldData, PointsData
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.scans import Points
from aiida_forcefield.study.progress import STALL_SECONDS, snapshot
from aiida_forcefield.study.results import collect_results, deviation, level
from aiida_forcefield.units import KCAL_PER_MOL
from aiida_forcefield.workflows.density import DensityWorkChain

DENSITY = {
    "value": 0.80,
    "standard_error": 0.004,
    "changes": {},
    "pair_pressure": 0.03,
    "beyond_pairs_error": 25.2,
    "many_body_pressure": 0.002,
    "uncertainty": 0.0303,
    "beyond_pairs": {"three_body_dispersion": 312.4, "induction": -95.2},
    "unit": "g/cm3",
    "temperature": 298.15,
    "pressure": 1.01325,
}
PRESSURE = {"bias": -120.0, "error": 400.0, "target": 250.0, "pairs": 40, "wanted": 63}
ERRORS = {
    "rmse_interaction": 0.25 * KCAL_PER_MOL,
    "rmse_interaction_start": 0.5 * KCAL_PER_MOL,
    "rmse_interaction pair H1-H1": 0.35 * KCAL_PER_MOL,
    "rmse_interaction pair H1-H1_start": 0.75 * KCAL_PER_MOL,
}
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
MEASURED = {"density": {"value": 0.7863, "unit": "g/cm3", "source": "a handbook"}}


def points(statuses: tuple[str, ...], cpu_seconds: float) -> PointsData:
    count = len(statuses)
    return PointsData(
        Points(
            label="bond H1-H1",
            symbols=("H", "H"),
            split=0,
            positions=np.zeros((count, 2, 3)),
            requested=np.ones(count),
            energies=np.zeros(count),
            gradients=np.zeros((count, 2, 3)),
            slopes=np.zeros(count),
            statuses=statuses,
            messages=("",) * count,
            cpu_seconds=np.full(count, cpu_seconds),
            versions={},
        )
    )


def force_field() -> ForceFieldData:
    bond = Term(
        kind="bond",
        name="bond H1-H1",
        form="morse",
        parameters={"D": 4.7, "alpha": 1.9, "r0": 0.74},
        standard_errors={"D": 0.1, "alpha": 0.05, "r0": 0.001},
        flags=("D: at upper bound", "alpha: as uncertain as its prior"),
    )
    return ForceFieldData(
        ForceField((bond,), {"H1": 0.0}, {"H1": 0.0}, covariance=np.eye(3), diagnostics=ERRORS)
    )


@pytest.fixture
def study(profile: Profile) -> WorkChainNode:
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


def test_results_of_a_running_study(study: WorkChainNode) -> None:
    study.set_process_state("waiting")
    results = collect_results(study)
    assert results["status"] == "waiting"
    assert results["qm"] == {
        "points": 3,
        "failed_points": 1,
        "failures": {"scf_not_converged": 1},
        "cached_points": 1,
        "cpu_seconds": 5.0,
    }
    assert results["properties"]["density"] == DENSITY
    assert results["reference"] == MEASURED
    assert results["force_field"]["terms"][0]["parameters"]["r0"] == 0.74
    assert results["force_field"]["terms"][0]["units"]["r0"] == "Å"
    assert results["force_field"]["charges"] == [{"type": "H1", "liquid": 0.0, "gas": 0.0}]
    assert deviation(results) == pytest.approx(0.80 / 0.7863 - 1)


@pytest.mark.parametrize("own", [True, False])
def test_whose_pressure_beyond_pairs_is_told(study: WorkChainNode, own: bool) -> None:
    caller = WorkChainNode(process_type="aiida.workflows:forcefield.density" if own else "another")
    caller.store()
    measured = CalcFunctionNode()
    measured.base.links.add_incoming(caller, LinkType.CALL_CALC, "measure")
    measured.store()
    many_body = Dict({"induction": {}})
    many_body.base.links.add_incoming(measured, LinkType.CREATE, "result")
    many_body.store().base.links.add_incoming(study, LinkType.RETURN, "many_body")
    results = collect_results(study)
    assert results["many_body_settled"] is own
    assert any("preliminary liquid" in doubt for doubt in results["doubts"]) is not own


def test_failed_study_says_why(study: WorkChainNode) -> None:
    study.set_process_state("finished")
    study.set_exit_status(330)
    study.set_exit_message("no fit")
    assert collect_results(study)["status"] == "failed: no fit"


def test_imprecise_study_has_finished(study: WorkChainNode) -> None:
    study.set_process_state("finished")
    study.set_exit_status(430)
    study.set_exit_message("less precise than asked for")
    assert collect_results(study)["status"] == "finished: less precise than asked for"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (XTB, "GFN2-xTB"),
        (
            {
                "engine": "pyscf",
                "mean_field": {"method": "RKS", "xc": "pbe0", "disp": "d3bj"},
                "structure": {"basis": "def2-svp"},
                "relaxation": {"engine": "tblite", "method": "GFN2-xTB"},
            },
            "PBE0-D3BJ/def2-svp // GFN2-xTB",
        ),
        (
            {
                "engine": "pyscf",
                "mean_field": {"method": "RHF"},
                "structure": {"basis": "aug-cc-pvdz"},
                "correlation": "mp2",
            },
            "MP2/aug-cc-pvdz",
        ),
    ],
)
def test_name_of_a_level(parameters: dict[str, Any], name: str) -> None:
    assert level(parameters) == name


def test_table_shows_errors_flags_and_deviation(study: WorkChainNode) -> None:
    console = Console(width=80, record=True, file=StringIO())
    print_results(collect_results(study), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    words = [" ".join(line.split()) for line in text.splitlines()]
    assert "H1-H1 4.70 ± 0.10 1.900 ± 0.050* 0.7400 ± 0.0010" in words
    assert "bond H1-H1, D: at upper bound" in words
    assert any(line.startswith("1 scf_not_converged: The electronic") for line in words)
    assert "* as uncertain as its prior: the data do not determine it" in words
    assert "dimers: all 0.50 0.25 kcal/mol" in words
    assert "dimers: worst scan, pair H1-H1 0.75 0.35 kcal/mol" in words
    assert "predicted 0.8000 ± 0.0303" in words
    assert "of which statistics ± 0.0040" in words
    assert "with the pressure of pairs known to 400 bar from 40 of them ± 0.0300" in words
    assert "with the pressure beyond pairs known to 25 bar ± 0.0020" in words
    assert "with +312 bar outwards from three-body dispersion" in words
    assert "with -95 bar outwards from induction beyond pairs" in words
    assert "measured (a handbook) 0.7863" in words
    assert "deviation +1.7%" in words
    be_careful = words.index("Be careful")
    assert words[be_careful + 1] == "- 1 of 3 QM points failed."
    assert words[be_careful + 2].startswith("- The pressure of pairs is known to 400 bar, not")


def test_progress_counts_and_notices_a_stall(study: WorkChainNode) -> None:
    study.set_process_state("waiting")
    progress = snapshot(study)
    assert not progress.over
    assert not progress.stalled
    assert (progress.points, progress.cached_points) == (3, 1)
    assert progress.done == {"forcefield.qm": 2}
    assert not replace(progress, idle_seconds=STALL_SECONDS + 1).stalled  # a long job
    quiet = replace(progress, silent_seconds=STALL_SECONDS + 1)
    assert quiet.stalled
    assert "STALLED" in quiet.summary()
    assert not replace(quiet, state="finished").stalled


def test_imprecise_density_has_not_failed(study: WorkChainNode) -> None:
    codes = DensityWorkChain.exit_codes
    for code in (codes.ERROR_IMPRECISE, codes.ERROR_PACKING):
        density = WorkChainNode(process_type="aiida.workflows:forcefield.density")
        density.base.links.add_incoming(study, LinkType.CALL_WORK, f"ended_with_{code.status}")
        density.store().set_process_state("finished")
        density.set_exit_status(code.status)
    progress = snapshot(study)
    assert progress.done["forcefield.density"] == 1
    assert progress.failed == {"forcefield.density": 1}


def test_progress_says_what_only_the_user_can_do(study: WorkChainNode, profile: Profile) -> None:
    study.set_process_state("waiting")
    assert snapshot(study).advice() == []
    study.pause()
    progress = snapshot(study)
    assert progress.paused == 1
    advice = f"`verdi -p {profile.name} process play --all`"
    assert any(advice in line for line in progress.lines())
    assert "process repair" in replace(progress, paused=0, unborn=2).advice()[0]
    early = replace(progress, paused=0, ahead_seconds=3600)
    assert early.advice()[0].startswith("last event 60 min 0 s in the future")
    assert replace(early, state="finished").advice() == []


def test_progress_sees_that_a_study_was_never_begun(study: WorkChainNode) -> None:
    study.set_process_state("created")
    assert snapshot(study).unborn == 0
    later = timezone.now() + timedelta(minutes=3)
    with patch("aiida.common.timezone.now", return_value=later):
        assert snapshot(study).unborn == 1


def test_progress_sees_that_the_clock_was_set_back(study: WorkChainNode) -> None:
    study.set_process_state("waiting")
    before = timezone.now() - timedelta(hours=1)
    with patch("aiida.common.timezone.now", return_value=before):
        assert snapshot(study).ahead_seconds == pytest.approx(3600, abs=60)


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        (None, "bond H1-H1: uncertain by 14% of its window, after 16 points"),
        ("the energy jumps", "bond H1-H1: the energy jumps, after 16 points"),
    ],
)
def test_table_says_why_a_scan_has_not_converged(
    study: WorkChainNode, flaw: str | None, expected: str
) -> None:
    scan = {"name": "bond H1-H1", "status": "unmet", "error_estimate": 0.137, "points": 16}
    results = collect_results(study) | {"scans": [{**scan, "flaw": flaw}]}
    console = Console(width=80, record=True, file=StringIO())
    print_results(results, console)
    text = console.export_text()
    assert "1 scans, 0 converged" in text
    assert expected in text
