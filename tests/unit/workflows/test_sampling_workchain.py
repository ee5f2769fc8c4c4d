"""Many scans and batches: the order of work, and that nothing that was computed is lost."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from aiida.orm import CalcJobNode, Dict, InstalledCode, Int

from aiida_forcefield.data import PointsData, ScanData, SpeciesData, StructuresData
from aiida_forcefield.scans import Cluster, Coordinate, Origin, Points, Scan, Structures
from aiida_forcefield.scans.coordinate import Kind
from aiida_forcefield.surrogate import Settings
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.sampling import LEVELS, SamplingWorkChain
from aiida_forcefield.workflows.scan import ScanWorkChain

from .conftest import Submitted, ended_chain

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]

HYDROGEN, WATER = from_smiles("[H][H]"), from_smiles("O")
METHODS = {level: f"GFN{1 + place % 2}-xTB" for place, level in enumerate(LEVELS)}


def work(kind: Kind, species: tuple[str, ...], structures: Structures) -> dict[str, Any]:
    coordinate = Coordinate(kind, ("H1", "H1"), (0, 1))
    scan = Scan(species, coordinate, 0.6, 1.1)
    return {"scan": ScanData(scan), "structures": StructuresData(structures)}


@pytest.fixture
def inputs(
    codes: dict[str, InstalledCode], hydrogen: Structures, make_points: MakePoints
) -> dict[str, Any]:
    """Two batches and six scans, among them one of a pair of unlike species."""
    parameters = {
        level: Dict({"engine": "tblite", "tblite": {"method": method}})
        for level, method in METHODS.items()
    }
    h2, unlike = (HYDROGEN.key,), (HYDROGEN.key, WATER.key)
    kinds: tuple[Kind, ...] = ("angle", "bond", "dihedral", "improper")
    scans = {
        "molecule": {f"hydrogen_{kind}": work(kind, h2, hydrogen) for kind in kinds},
        "dimers": {
            "pair_like": work("pair", (*h2, *h2), hydrogen),
            "pair_unlike": work("pair", unlike, hydrogen),
        },
    }
    batches = {
        "dimers": {f"random_{i:03d}": StructuresData(hydrogen) for i in range(2)},
        "thermal": {"thermal_0_hydrogen": StructuresData(hydrogen)},
    }
    learning = Dict(asdict(Settings(tolerance=0.02)))
    return {
        "qm": {"code": codes["qm"]},
        "parameters": parameters,
        "batches": batches,
        "scans": scans,
        "species": {"hydrogen": SpeciesData(HYDROGEN), "water": SpeciesData(WATER)},
        "references": {
            "hydrogen": PointsData(make_points("ok")),
            "water": PointsData(
                make_points("ok", cluster=Cluster.of(HYDROGEN), origin=Origin("conformers"))
            ),
        },
        "learning": {"molecule": learning, "pairs": Dict(asdict(Settings(tolerance=0.05)))},
        "max_concurrent": Int(3),
    }


@pytest.fixture
def sampling(start: Callable[..., Any], inputs: dict[str, Any]) -> Any:
    process = start(SamplingWorkChain, **inputs)
    process.begin()
    return process


def test_the_most_expensive_work_comes_first(sampling: Any) -> None:
    assert [label for *_, label in sampling.ctx.queue] == [
        *("random_000", "random_001", "pair_like", "pair_unlike"),
        *("hydrogen_dihedral", "hydrogen_improper", "hydrogen_angle", "hydrogen_bond"),
        "thermal_0_hydrogen",
    ]


def collect(sampling: Any, **processes: Any) -> None:
    """As if these were the wave that has ended."""
    sampling.ctx.wave = [("batches", "dimers", label) for label in processes]
    for label, process in processes.items():
        sampling.ctx[f"work_{label}"] = process
    sampling.collect_work()


def test_no_more_run_at_a_time_than_allowed(
    sampling: Any, submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "to_context", lambda **work: sampling.ctx.update(work))
    waves = []
    while sampling.has_work():
        before = set(submitted)
        sampling.submit_work()
        waves.append(len(set(submitted) - before))
        for _, _, label in sampling.ctx.wave:
            sampling.ctx[f"work_{label}"] = ended_chain()
        sampling.collect_work()
    assert waves == [3, 3, 3]
    assert [*submitted][:4] == ["random_000", "random_001", "pair_like", "pair_unlike"]


@pytest.fixture
def everything(sampling: Any, submitted: Submitted, monkeypatch: pytest.MonkeyPatch) -> Submitted:
    monkeypatch.setattr(sampling, "to_context", lambda **_: None)
    while sampling.has_work():
        sampling.submit_work()
    return submitted


def test_a_batch_is_computed_at_its_level(everything: Submitted, inputs: dict[str, Any]) -> None:
    for label, level in (("random_000", "dimers"), ("thermal_0_hydrogen", "thermal")):
        process, given = everything[label]
        assert process is QmWorkChain
        assert given["qm"]["parameters"].get_dict()["tblite"]["method"] == METHODS[level]
        assert given["qm"]["structures"].uuid == inputs["batches"][level][label].uuid


def test_a_scan_gets_what_it_is_of(everything: Submitted, inputs: dict[str, Any]) -> None:
    process, given = everything["hydrogen_bond"]
    assert process is ScanWorkChain
    assert list(given["species"]) == list(given["references"]) == ["hydrogen"]
    assert given["learning"]["tolerance"] == 0.02
    assert given["qm"]["parameters"].get_dict()["tblite"]["method"] == METHODS["molecule"]
    _, given = everything["pair_like"]
    assert list(given["species"]) == ["hydrogen"]
    assert given["learning"]["tolerance"] == 0.05
    _, given = everything["pair_unlike"]
    assert set(given["species"]) == set(given["references"]) == {"hydrogen", "water"}
    assert given["species"]["water"].uuid == inputs["species"]["water"].uuid
    assert given["references"]["water"].uuid == inputs["references"]["water"].uuid


def test_points_of_a_scan_that_gave_up_are_kept(sampling: Any, make_points: MakePoints) -> None:
    points = PointsData(make_points("ok"))
    collect(sampling, bond_H1_H1=ended_chain(410, points={"round_00": points}))
    assert sampling.ctx.points["bond_H1_H1_round_00"].uuid == points.uuid
    assert sampling.ctx.profiles == {}


def test_what_left_nothing_is_dropped_and_told(
    sampling: Any, make_points: MakePoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sampling, "report", told.append)
    points = PointsData(make_points("ok"))
    collect(sampling, bond_H1_H1=ended_chain(310), random_000=ended_chain(0, points=points))
    assert told == ["bond_H1_H1: what went wrong"]
    assert {label: node.uuid for label, node in sampling.ctx.points.items()} == {
        "random_000": points.uuid
    }


def test_points_of_a_batch_that_was_given_up_are_kept(
    sampling: Any, ended: Ended, make_points: MakePoints
) -> None:
    points = PointsData(make_points("ok", "missing", "missing"))
    collect(sampling, random_000=ended(411, points=points), random_001=ended(310))
    assert sampling.ctx.points == {"random_000": points}


def test_all_that_was_found_is_handed_out(sampling: Any, make_points: MakePoints) -> None:
    sampling.ctx.queue = []
    points = [PointsData(make_points("ok")) for _ in range(2)]
    profile = ScanData(Scan((HYDROGEN.key,), Coordinate("bond"), 0.6, 1.1))  # any node will do
    collect(
        sampling,
        random_000=ended_chain(points=points[0]),
        bond=ended_chain(points={"round_00": points[1]}, profile=profile),
    )
    assert not sampling.has_work()
    handed: dict[str, Any] = {}
    sampling.out = handed.__setitem__
    sampling.end()
    assert {label: node.uuid for label, node in handed["points"].items()} == {
        "random_000": points[0].uuid,
        "bond_round_00": points[1].uuid,
    }
    assert handed["profiles"]["bond"].uuid == profile.uuid


def test_without_work_it_ends_at_once(start: Callable[..., Any], inputs: dict[str, Any]) -> None:
    process = start(SamplingWorkChain, **inputs | {"batches": {}, "scans": {}})
    process.begin()
    assert not process.has_work()
    process.end()


def test_settings_are_checked_before_anything_runs(
    start: Callable[..., Any], inputs: dict[str, Any]
) -> None:
    wrong = inputs["parameters"] | {"dimers": Dict({"engine": "gauss"})}
    with pytest.raises(ValueError, match=r"dimers: parameters.engine: 'gauss'"):
        start(SamplingWorkChain, **inputs | {"parameters": wrong})
