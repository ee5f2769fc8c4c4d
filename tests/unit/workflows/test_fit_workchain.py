"""The queue of a fit: nothing that was computed is lost, nothing is computed twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.orm import ArrayData, CalcJobNode, Dict, InstalledCode, WorkChainNode

from aiida_forcefield.calculations.functions.count import count_qm
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Points
from aiida_forcefield.workflows.fit import FitWorkChain

STATE = {"temperature": 298.15, "pressure": 1.0}

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]


@pytest.fixture
def fit(start: Callable[..., Any], codes: dict[str, InstalledCode], species: SpeciesData) -> Any:
    builder = FitWorkChain.get_builder_from_protocol(
        codes, "draft", STATE, {"max_concurrent": 2}, species=species
    )
    process = start(FitWorkChain, **builder._inputs(prune=True))
    process.ctx.points, process.ctx.surrogates, process.ctx.queue = {}, {}, []
    process.ctx.seconds = {}
    return process


def collect(fit: Any, **processes: Any) -> None:
    fit.ctx.wave = [(label, "dimers") for label in processes]
    for label, process in processes.items():
        fit.ctx[f"work_{label}"] = process
    fit.collect_work()


def test_points_of_a_scan_that_gave_up_are_kept(fit: Any, make_points: MakePoints) -> None:
    scan = WorkChainNode().store()
    points = PointsData(make_points("ok")).store()
    points.base.links.add_incoming(scan, LinkType.RETURN, "points__round_00")
    scan.set_process_state("finished")
    scan.set_exit_status(410)
    collect(fit, bond_H1_H1=scan)
    assert fit.ctx.points["bond_H1_H1_round_00"].uuid == points.uuid
    assert fit.ctx.surrogates == {}


def test_scan_that_left_nothing_is_dropped(fit: Any) -> None:
    scan = WorkChainNode().store()
    scan.set_process_state("excepted")
    collect(fit, bond_H1_H1=scan)
    assert fit.ctx.points == {}
    assert not fit.has_work()


def test_points_of_a_batch_that_was_given_up_are_kept(
    fit: Any, ended: Ended, make_points: MakePoints
) -> None:
    points = PointsData(make_points("ok", "missing", "missing"))
    collect(fit, random_00=ended(411, points=points), random_01=ended(310))
    assert fit.ctx.points == {"random_00": points}
    assert not fit.has_work()


def test_a_polarizability_is_kept_apart_from_what_is_fitted(
    fit: Any, make_points: MakePoints
) -> None:
    batch = WorkChainNode().store()
    points = PointsData(make_points("ok")).store()
    tensor = ArrayData({"polarizability": np.eye(3)[None]}).store()
    points.base.links.add_incoming(batch, LinkType.RETURN, "points")
    tensor.base.links.add_incoming(batch, LinkType.RETURN, "properties__part_001")
    batch.set_process_state("finished")
    batch.set_exit_status(0)
    fit.ctx.apart = {}
    fit.ctx.wave = [("polarizability", "polarizability")]
    fit.ctx.work_polarizability = batch
    fit.collect_work()
    assert fit.outputs["polarizability"].uuid == tensor.uuid
    assert fit.ctx.points == {}
    assert list(fit.ctx.apart) == ["polarizability"]


def test_fit_needs_dimers(fit: Any, make_points: MakePoints) -> None:
    fit.ctx.points = {
        "bond_H1_H1_round_00": PointsData(make_points("ok")),
        "random_00": PointsData(make_points("error", split=1)),
    }
    assert fit.fit().status == 321


def test_what_cannot_be_fitted_is_told(
    fit: Any, make_points: MakePoints, species: SpeciesData
) -> None:
    fit.ctx.points = {"random_00": PointsData(make_points("ok", split=1)).store()}
    fit.ctx.reference = PointsData(make_points("ok")).store()
    fit.ctx.properties = ArrayData({"hessian": np.eye(6), "c6": np.ones((2, 2))}).store()
    wrong = {"H1": 0.1}
    fit.ctx.charges = Dict({"gas": wrong, "liquid": wrong}).store()
    fit.ctx.calibration = None
    fit.ctx.frames = {}
    code = fit.fit()
    assert code.status == 324
    assert "charges: +0.200 e in all; must be +0" in code.message


def test_all_qm_is_counted(make_points: MakePoints, storage: Any) -> None:
    parts = {"reference": make_points("ok"), "random_00": make_points("ok", "error", split=1)}
    seconds = sum(part.cpu_seconds.sum() for part in parts.values())
    counted = count_qm(**{label: PointsData(part) for label, part in parts.items()})
    assert counted.get_dict() == {"points": 3, "failed": 1, "cpu_seconds": seconds}


def test_no_reference_no_force_field(fit: Any, ended: Ended) -> None:
    fit.ctx.molecule = ended(120)
    code = fit.inspect_reference()
    assert code.status == 320
    assert "what went wrong" in code.message


def test_no_more_run_at_a_time_than_allowed(
    fit: Any, monkeypatch: pytest.MonkeyPatch, ended: Ended
) -> None:
    monkeypatch.setattr(fit, "_submit_qm", lambda *_: ended())
    monkeypatch.setattr(fit, "to_context", lambda **_: None)
    fit.ctx.queue = [(f"random_{i:02d}", "dimers", object(), None) for i in range(6)]
    fit.submit_work()
    assert fit.ctx.wave == [("random_00", "dimers"), ("random_01", "dimers")]
    assert len(fit.ctx.queue) == 4


def test_no_frames_no_dimers(fit: Any, ended: Ended) -> None:
    fit.ctx.liquid = ended(341)
    code = fit.sample_liquid()
    assert code.status == 322
    assert "what went wrong" in code.message


@pytest.fixture
def fast(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: MakePoints,
) -> Any:
    return plan_fast(start, codes, species, make_points, {})


def plan_fast(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: MakePoints,
    overrides: dict[str, Any],
) -> Any:
    builder = FitWorkChain.get_builder_from_protocol(
        codes, "fast", STATE, overrides, species=species
    )
    process = start(FitWorkChain, **builder._inputs(prune=True))
    process.ctx.parameters = {**process.inputs.parameters}
    process.ctx.reference = PointsData(make_points("ok")).store()
    process.ctx.properties = ArrayData({"hessian": np.eye(6), "c6": np.ones((2, 2))}).store()
    process.ctx.charges = Dict({"gas": {"H1": 0.0}, "liquid": {"H1": 0.0}}).store()
    process.plan()
    return process


def test_everything_but_the_liquid_is_planned_at_once(fast: Any) -> None:
    parts = {label: part for label, part, *_ in fast.ctx.queue}
    assert parts["random_00"] == "dimers"
    assert parts["bond_H1_H1"] == "molecule"
    assert parts["pair_H1_H1"] == "dimers"
    assert parts["polarizability"] == "polarizability"
    assert not any(label.startswith(("liquid", "second")) for label in parts)


@pytest.mark.parametrize(
    "overrides",
    [{"polarizability": None}, {"sampling": {"rounds": 0}, "calibration": None}],
    ids=["not wanted", "no liquid"],
)
def test_no_polarizability_is_planned(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: MakePoints,
    overrides: dict[str, Any],
) -> None:
    process = plan_fast(start, codes, species, make_points, overrides)
    assert "polarizability" not in [label for label, *_ in process.ctx.queue]


def test_no_more_scans_of_pairs_than_allowed(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: MakePoints,
) -> None:
    none = {"sampling": {"pair_scans": 0}}
    process = plan_fast(start, codes, species, make_points, none)
    assert not any(label.startswith("pair") for label, *_ in process.ctx.queue)


def test_dimers_of_the_second_basis_stay_out_of_the_fit(
    fast: Any, make_points: MakePoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def calibrate(*_: object, **points: object) -> Dict:
        seen.update(points)
        return Dict({"weak": 0.7})

    monkeypatch.setattr("aiida_forcefield.workflows.fit.calibrate_counterpoise", calibrate)
    monkeypatch.setattr(fast, "out", lambda *_: None)
    dimers, alone = PointsData(make_points("ok", split=1)), PointsData(make_points("ok"))
    fast.ctx.parameters["second"] = fast.ctx.parameters["dimers"]
    fast.ctx.new = ["liquid_0_00", "thermal_0_00", "uncertain_0_00"]  # the last one failed
    fast.ctx.points = {
        "random_00": dimers,
        "liquid_0_00": dimers,
        "thermal_0_00": alone,
        "second_calibration_00": dimers,
    }
    assert fast.wants_calibration()
    assert fast.calibrate() is None
    assert list(seen) == ["liquid_0_00", "second_calibration_00"]
    assert list(fast.ctx.points) == ["random_00", "liquid_0_00", "thermal_0_00"]
    assert not fast.wants_calibration()


def test_no_calibration_no_force_field(fast: Any) -> None:
    fast.ctx.parameters["second"] = fast.ctx.parameters["dimers"]
    fast.ctx.new = []
    for code in (fast.plan_calibration(), fast.calibrate()):
        assert code.status == 323
        assert "no dimer has its energy" in code.message


def test_a_pressure_of_which_nothing_is_known_ends_nothing(
    fast: Any, make_points: MakePoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(fast, "report", told.append)
    fast.ctx.force_field = ForceFieldData(
        ForceField((), {"H1": 0.0}, {"H1": 0.0}, covariance=np.zeros((0, 0)))
    )
    frames = ArrayData({"positions": np.zeros((1, 2, 2, 3)), "box": np.ones((1, 3))})
    fast.ctx.frames = {"frames_0": frames}
    fast.ctx.points = {"liquid_0_00": PointsData(make_points("error", split=1))}
    fast.ctx.pressure = Dict({"error": 100.0})  # of the round before
    fast.assess()
    assert told == ["pressure of pairs: no pair of a liquid is known that was moved apart"]
    assert fast.ctx.pressure is None


@pytest.mark.parametrize(
    ("done", "error", "pressure", "expected"),
    [
        (0, None, None, True),
        (1, 0.1, 200.0, True),
        (1, 0.001, 200.0, False),
        (1, 0.001, 400.0, True),
        (1, 0.001, None, True),
        (2, 0.1, 400.0, False),
        (1, "failed", 200.0, True),
    ],
)
def test_rounds_end_when_the_liquid_is_foreseen_and_its_pressure_known(
    fast: Any, done: int, error: float | str | None, pressure: float | None, expected: bool
) -> None:
    fast.ctx.round = done
    fast.ctx.pressure = Dict({"error": pressure}) if pressure else None
    known = {"dimers: liquid": error} if isinstance(error, float) else {}
    fast.ctx.validation = None if error is None else Dict({"points": 30, **known})
    assert fast.wants_round() is expected


@pytest.mark.parametrize(
    ("seconds", "options", "expected"),
    [
        (300.0, {}, 40),  # as the protocol says
        (None, {"max_wallclock_seconds": 3600}, 40),
        (300.0, {"max_wallclock_seconds": 3600}, 9),
        (  # threads need not help
            300.0,
            {
                "max_wallclock_seconds": 3600,
                "resources": {
                    "num_machines": 1,
                    "num_mpiprocs_per_machine": 1,
                    "num_cores_per_mpiproc": 2,
                },
            },
            9,
        ),
    ],
)
def test_batches_are_made_to_fit_the_walltime_once_a_dimer_was_measured(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    seconds: float | None,
    options: dict[str, Any],
    expected: int,
) -> None:
    builder = FitWorkChain.get_builder_from_protocol(
        codes, "draft", STATE, {"max_concurrent": 2}, {"qm": options}, species=species
    )
    process = start(FitWorkChain, **builder._inputs(prune=True))
    process.ctx.seconds = {"molecule": 1.0} | ({"dimers": seconds} if seconds else {})
    assert process._sized(30)["batch"] == expected


def test_longest_dimer_counts(fit: Any, ended: Ended, make_points: MakePoints) -> None:
    def batch(*seconds: float) -> CalcJobNode:
        points = replace(make_points("ok", "ok"), cpu_seconds=np.array(seconds))
        return ended(points=PointsData(points))

    collect(fit, random_00=batch(1.0, 7.0), random_01=batch(3.0, 2.0))
    assert fit.ctx.seconds == {"dimers": 7.0}
