"""Results and progress as the provenance graph tells them."""

from typing import Any

import numpy as np
import pytest
from aiida.manage.configuration import Profile
from aiida.orm import Dict, WorkChainNode

from aiida_forcefield.data import ProfileData, ScanData
from aiida_forcefield.scans import Coordinate, Scan
from aiida_forcefield.study.results import collect_results, deviation, level
from aiida_forcefield.surrogate import LearnedProfile, Observations, Settings, learn
from aiida_forcefield.topology import System, from_smiles
from tests.unit.study.nodes import (
    DENSITY,
    MEASURED,
    XTB,
    begin_study,
    called,
    perceived,
    points,
    returned,
)


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
    assert results["title"] == "hydrogen"
    assert results["species"]["hydrogen"]["atoms"] == 2
    (simulation,) = results["simulations"].values()
    assert (simulation["molecules"], simulation["atoms"]) == ({"hydrogen": 2}, 4)
    assert results["properties"] == {"density": DENSITY}
    assert results["reference"] == MEASURED
    assert results["force_field"]["terms"][0]["parameters"]["r0"] == 0.74
    assert results["force_field"]["terms"][0]["units"]["r0"] == "Å"
    assert results["force_field"]["charges"] == [
        {"type": "hydrogen:H1", "label": "H1", "liquid": 0.0, "gas": 0.0}
    ]
    assert results["force_field"]["terms"][0]["label"] == "H1-H1"
    assert deviation(results, "density") == pytest.approx(0.80 / 0.7863 - 1)


def test_three_body_dispersion_is_told(hydrogen: WorkChainNode) -> None:
    lacking = collect_results(hydrogen)
    found = {"energy": 0.01, "pressure": 300.0, "volume": 70.0}
    returned(hydrogen, many_body=Dict(found))
    results = collect_results(hydrogen)
    assert (lacking["many_body"], results["many_body"]) == (None, found)
    warned = [
        any("three-body dispersion" in warning for warning in each["warnings"])
        for each in (lacking, results)
    ]
    assert warned == [True, False]


def test_scans_are_told_with_their_species(profile: Profile) -> None:
    system = System(("water", "methanol"), (from_smiles("O"), from_smiles("CO")), (1.0, 3.0))
    study = begin_study("both", {"water": "O", "methanol": "CO"})
    perceived(study, system)
    coordinate = Coordinate("pair", ("O1", "H2"), (0, 5))
    scan = Scan(tuple(each.key for each in system.species), coordinate, 1.5, 8.0)
    x = np.array([1.6, 2.0, 2.5, 3.5, 6.0])
    energies = 3.0 * np.exp(-2.0 * x) - 0.2 / x**3
    seen = Observations(x, energies, np.full(5, np.nan), failed=np.array([]))
    learned = LearnedProfile(scan, learn("pair", 1.5, 8.0, seen, Settings()))
    chain = called(study, "scan", "one", scan=ScanData(scan))
    returned(chain, profile=ProfileData(learned), points__round_00=points(("ok",) * 5, 1.0))
    results = collect_results(study)
    (found,) = results["scans"]
    assert found["name"] == "pair O1-H2"
    assert found["species"] == ["water", "methanol"]
    assert (found["kind"], found["points"]) == ("pair", 5)
    assert found["status"] == learned.surrogate.status
    assert results["species"]["methanol"]["fraction"] == 0.75
    assert results["properties"] == {}


def test_dipoles_are_those_of_each_species(hydrogen: WorkChainNode) -> None:
    both = {"gas": 1.0, "solvated": 1.5}
    charges = {"dipole": both, "qm_dipole": {**both, "gas": 1.9}, "potential_error": both}
    returned(hydrogen, electrostatics__hydrogen=Dict(charges))
    results = collect_results(hydrogen)
    assert results["dipoles"]["hydrogen"]["gas"] == {
        "charges": 1.0,
        "qm": 1.9,
        "potential_error": 1.0,
    }
    assert any("dipole of the charges in vacuum is 1.00 D" in each for each in results["warnings"])


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
                "correlation": {"opposite_spin": 0.30, "same_spin": 1.95},
            },
            "SCS-MP2/aug-cc-pvdz",
        ),
    ],
)
def test_name_of_a_level(parameters: dict[str, Any], name: str) -> None:
    assert level(parameters) == name
