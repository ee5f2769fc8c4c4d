"""Results and progress as the provenance graph tells them."""

from typing import Any

import pytest
from aiida.common.links import LinkType
from aiida.orm import CalcFunctionNode, Dict, WorkChainNode

from aiida_forcefield.study.results import collect_results, deviation, level
from tests.unit.study.nodes import DENSITY, MEASURED, XTB


def test_results_of_a_running_study(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("waiting")
    results = collect_results(hydrogen)
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
def test_whose_pressure_beyond_pairs_is_told(hydrogen: WorkChainNode, own: bool) -> None:
    caller = WorkChainNode(process_type="aiida.workflows:forcefield.density" if own else "another")
    caller.store()
    measured = CalcFunctionNode()
    measured.base.links.add_incoming(caller, LinkType.CALL_CALC, "measure")
    measured.store()
    many_body = Dict({"induction": {}})
    many_body.base.links.add_incoming(measured, LinkType.CREATE, "result")
    many_body.store().base.links.add_incoming(hydrogen, LinkType.RETURN, "many_body")
    results = collect_results(hydrogen)
    assert results["many_body_settled"] is own
    assert any("preliminary liquid" in doubt for doubt in results["doubts"]) is not own


def test_failed_study_says_why(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("finished")
    hydrogen.set_exit_status(330)
    hydrogen.set_exit_message("no fit")
    assert collect_results(hydrogen)["status"] == "failed: no fit"


def test_imprecise_study_has_finished(hydrogen: WorkChainNode) -> None:
    hydrogen.set_process_state("finished")
    hydrogen.set_exit_status(430)
    hydrogen.set_exit_message("less precise than asked for")
    assert collect_results(hydrogen)["status"] == "finished: less precise than asked for"


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
