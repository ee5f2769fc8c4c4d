"""The decisions of a fit: what is asked for, what is kept, and when it is enough."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import ArrayData, CalcJobNode, Dict, InstalledCode, List

from aiida_forcefield.calculations.functions.count import count_qm
from aiida_forcefield.data import ForceFieldData, FramesData, PointsData, SpeciesData, SystemData
from aiida_forcefield.potentials import FixedCharges, ForceField, Term
from aiida_forcefield.scans import Cluster, Origin, Points
from aiida_forcefield.topology import Frames, from_smiles
from aiida_forcefield.topology.system import AtomType
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.job import FitJobWorkChain
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.sampling import SamplingWorkChain
from aiida_forcefield.workflows.simulation import SimulationWorkChain

from .conftest import LIQUID, Submitted, ended_chain

Ended = Callable[..., CalcJobNode]
MakePoints = Callable[..., Points]
MakeFit = Callable[..., Any]

HYDROGEN = from_smiles("[H][H]")
DIMER = Cluster.of(HYDROGEN, HYDROGEN)
FRAMES = Frames((2,), np.zeros((2, 4, 3)), np.full((2, 3), 20.0))


def field(charge: float = 0.0) -> ForceFieldData:
    types = (AtomType("hydrogen", "H", "H1"),)
    term = Term("nonbonded", ("hydrogen:H1",), "exp6", {"A": 1.0, "rho": 1.0, "C6": 1.0})
    charges = {"hydrogen:H1": charge}
    return ForceFieldData(ForceField(types, (term,), FixedCharges(charges, charges), np.eye(3)))


@pytest.fixture
def dimers(make_points: MakePoints) -> Callable[..., PointsData]:
    """Points of dimers that a sampling asked for, with given statuses."""

    def make(sampling: Any, *statuses: str, turn: int | None = None) -> PointsData:
        points = make_points(*statuses)
        pairs = np.concatenate([points.positions, points.positions + 3.0], axis=1)
        origin = Origin(sampling, round=turn)
        gradients = np.full(pairs.shape, np.nan)
        return PointsData(
            replace(points, origin=origin, cluster=DIMER, positions=pairs, gradients=gradients)
        )

    return make


@pytest.fixture
def make_fit(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    system: SystemData,
    species: SpeciesData,
    make_points: MakePoints,
) -> MakeFit:
    """A fit whose references are there."""

    def make(
        protocol: str = "fast",
        overrides: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        **inputs: Any,
    ) -> Any:
        builder = FitWorkChain.get_builder_from_protocol(
            codes, protocol, LIQUID, overrides, options, system=system
        )
        builder.species = {"hydrogen": species}
        process = start(FitWorkChain, **builder._inputs(prune=True) | inputs)
        process.begin()
        arrays = {"hessian": np.eye(6), "c6": np.ones((2, 2))}
        process.ctx.references["hydrogen"] = PointsData(make_points("ok")).store()
        process.ctx.properties["hydrogen"] = ArrayData(arrays).store()
        charges = {state: {"H1": 0.0} for state in ("gas", "solvated", "liquid")}
        process.ctx.electrostatics["hydrogen"] = Dict(charges).store()
        return process

    return make


@pytest.fixture
def fit(make_fit: MakeFit) -> Any:
    return make_fit()


def handed_out(process: Any) -> dict[str, Any]:
    """What a process hands out from now on, by label."""
    found: dict[str, Any] = {}
    process.out = found.__setitem__
    return found


def test_each_species_has_its_reference(
    fit: Any, submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "to_context", lambda **_: None)
    fit.compute_references()
    process, given = submitted["reference_hydrogen"]
    assert process is QmWorkChain
    assert given["qm"]["parameters"].uuid == fit.inputs.parameters.reference.uuid
    assert given["qm"]["structures"].value.origin == Origin("conformers")


def test_no_reference_no_force_field(fit: Any, ended: Ended) -> None:
    fit.ctx.reference_hydrogen = ended(120)
    code = fit.inspect_references()
    assert code.status == 320
    assert code.message == "The reference geometry of hydrogen failed: what went wrong"


def test_a_species_at_rest_is_a_reference(fit: Any, make_points: MakePoints) -> None:
    points, arrays = PointsData(make_points("ok")), ArrayData({"hessian": np.eye(6)})
    fit.ctx.reference_hydrogen = ended_chain(points=points, reference=arrays)
    assert fit.inspect_references() is None
    assert fit.ctx.references["hydrogen"].uuid == points.uuid
    assert fit.ctx.properties["hydrogen"].uuid == arrays.uuid


def test_each_species_has_its_polarizability(
    fit: Any,
    submitted: Submitted,
    ended: Ended,
    make_points: MakePoints,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fit.is_polarizable()
    monkeypatch.setattr(fit, "to_context", lambda **_: None)
    fit.compute_polarizabilities()
    process, given = submitted["polarizability_hydrogen"]
    assert process is QmWorkChain
    assert given["qm"]["parameters"].uuid == fit.inputs.parameters.polarizability.uuid
    assert given["qm"]["structures"].value.origin == Origin("polarizability")

    points = PointsData(make_points("ok"))
    tensor = ArrayData({"polarizability": np.eye(3)[None]})
    fit.ctx.polarizability_hydrogen = ended_chain(points=points, properties={"x": tensor})
    assert fit.inspect_polarizabilities() is None
    assert fit.ctx.polarizability["hydrogen"].uuid == tensor.uuid
    assert list(fit.ctx.apart) == ["polarizability_hydrogen"]  # it is no data of the fit

    fit.ctx.polarizability_hydrogen = ended(300)
    code = fit.inspect_polarizabilities()
    assert code.status == 323
    assert code.message == "The polarizability of hydrogen failed: what went wrong"


@pytest.mark.parametrize("kind", ["fixed", "polarizable"])
def test_electrostatics_are_derived_from_what_they_need(
    make_fit: MakeFit, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    process = make_fit("fast", {"electrostatics": kind})
    assert process.is_polarizable() is (kind == "polarizable")
    process.ctx.polarizability["hydrogen"] = ArrayData({"polarizability": np.eye(3)[None]})
    where = "aiida_forcefield.workflows.fit"
    monkeypatch.setattr(f"{where}.derive_charges", lambda *nodes: ("fixed", len(nodes)))
    monkeypatch.setattr(f"{where}.derive_polarizable", lambda *nodes: ("polarizable", len(nodes)))
    process.derive_electrostatics()
    assert process.ctx.electrostatics["hydrogen"] == (kind, 3 if kind == "fixed" else 4)


def sampled(fit: Any, submitted: Submitted, label: str = "begin") -> dict[str, Any]:
    process, given = submitted[label]
    assert process is SamplingWorkChain
    assert given["max_concurrent"] == fit.inputs.max_concurrent
    return given


def test_everything_but_the_liquid_is_asked_for_at_once(fit: Any, submitted: Submitted) -> None:
    fit.sample()
    given = sampled(fit, submitted)
    assert set(given["batches"]) == {"dimers"}
    assert {"random_hydrogen_hydrogen_000", "squeezed_hydrogen_hydrogen_000"} <= {
        *given["batches"]["dimers"]
    }
    assert list(given["scans"]["molecule"]) == ["hydrogen_bond_H1_H1"]
    assert list(given["scans"]["dimers"]) == ["pair_H1_H1_hydrogen_hydrogen"]
    assert set(given["parameters"]) == {"dimers", "molecule"}
    for level, node in given["parameters"].items():
        assert node.uuid == fit.inputs.parameters[level].uuid


def test_no_more_scans_of_pairs_than_allowed(make_fit: MakeFit, submitted: Submitted) -> None:
    process = make_fit("fast", {"sampling": {"pair_scans": 0}})
    process.sample()
    assert sampled(process, submitted)["scans"]["dimers"] == {}


def test_only_what_is_new_is_new(fit: Any, dimers: Callable[..., PointsData]) -> None:
    for label in ("random_000", "liquid_0_000"):
        fit.ctx.sampling = ended_chain(points={label: dimers("random", "ok")})
        fit.collect()
    assert list(fit.ctx.points) == ["random_000", "liquid_0_000"]
    assert list(fit.ctx.new) == ["liquid_0_000"]


def test_fit_needs_dimers(
    fit: Any, make_points: MakePoints, dimers: Callable[..., PointsData]
) -> None:
    fit.ctx.points = {
        "bond_H1_H1_round_00": PointsData(make_points("ok")),
        "random_000": dimers("random", "error"),
    }
    assert fit.fit().status == 321


def test_a_fit_is_to_all_that_could_be_computed(
    fit: Any, make_points: MakePoints, dimers: Callable[..., PointsData], submitted: Submitted
) -> None:
    fit.ctx.points = {
        "bond_H1_H1_round_00": PointsData(make_points("ok", "error")),
        "random_000": dimers("random", "ok"),
        "random_001": dimers("random", "error", "error"),
    }
    fit.ctx.frames = {"round_000": FramesData(FRAMES)}
    fit.fit()
    process, given = submitted["fit_000"]
    job = given["job"]
    assert process is FitJobWorkChain
    assert list(job["points"]) == ["bond_H1_H1_round_00", "random_000"]
    assert job["mode"].get_dict() == {}
    assert list(job["frames"]) == ["round_000"]
    assert job["references"] == fit.ctx.references
    assert "forms" not in job
    fit.ctx.forms = {"forms": Dict({"forms": {}})}
    fit.choose_forms()
    job = submitted["fit_000_choose"][1]["job"]
    assert job["mode"].get_dict() == {"choose": True}
    assert job["forms"] is fit.ctx.forms["forms"]


def test_what_cannot_be_fitted_is_told(fit: Any, ended: Ended) -> None:
    fit.ctx.fit = ended(320)
    code = fit.inspect_fit()
    assert code.status == 324
    assert "what went wrong" in code.message


def test_chosen_forms_are_those_of_later_fits(fit: Any) -> None:
    forms, force_field = Dict({"forms": {"bond": "morse"}}), field()
    fit.ctx.fit = ended_chain(force_field=force_field, forms=forms)
    assert fit.inspect_fit() is None
    assert fit.ctx.force_field.uuid == force_field.uuid
    assert fit.ctx.forms["forms"].uuid == forms.uuid


def test_all_qm_is_counted(make_points: MakePoints, dimers: Callable[..., PointsData]) -> None:
    parts = {"reference": PointsData(make_points("ok")), "random": dimers("random", "ok", "error")}
    seconds = sum(part.value.cpu_seconds.sum() for part in parts.values())
    counted = count_qm(**parts)
    assert counted.get_dict() == {"points": 3, "failed": 1, "cpu_seconds": seconds}


def test_the_liquid_of_a_round_is_that_of_the_force_field_so_far(
    fit: Any, submitted: Submitted
) -> None:
    fit.ctx.force_field, fit.ctx.round = field(), 1
    fit.simulate_liquid()
    process, given = submitted["liquid_001"]
    assert process is SimulationWorkChain
    assert given["force_field"] is fit.ctx.force_field
    assert given["system"].uuid == fit.inputs.system.uuid
    assert given["simulation"].get_dict()["phase"] == "liquid"


def test_no_frames_no_dimers(fit: Any, ended: Ended) -> None:
    fit.ctx.liquid = ended(341)
    code = fit.sample_liquid()
    assert code.status == 322
    assert "what went wrong" in code.message


def apart() -> Frames:
    """Two molecules that do not see each other."""
    positions = np.zeros((1, 4, 3))
    positions[0, [1, 3], 0] = 0.74
    positions[0, 2:] += 10.0
    return replace(FRAMES, positions=positions, edges=FRAMES.edges[:1])


def test_frames_without_contacts_are_no_liquid(fit: Any) -> None:
    fit.ctx.force_field = field().store()
    fit.ctx.liquid = ended_chain(frames=FramesData(apart()))
    code = fit.sample_liquid()
    assert code.status == 322
    assert "no two molecules in contact" in code.message


def touching() -> Frames:
    frames = apart()
    positions = frames.positions.copy()
    positions[0, 2:] -= np.array([10.0, 7.0, 10.0])
    return replace(frames, positions=positions)


def test_what_a_liquid_has_is_computed(fit: Any, submitted: Submitted) -> None:
    fit.ctx.force_field, frames = field().store(), FramesData(touching())
    fit.ctx.liquid, fit.ctx.round = ended_chain(frames=frames), 1
    fit.sample_liquid()
    assert {label: node.uuid for label, node in fit.ctx.frames.items()} == {
        "round_001": frames.uuid
    }
    given = sampled(fit, submitted, "sampling_001")
    assert set(given["batches"]) == {"dimers", "thermal"}
    assert list(given["batches"]["thermal"]) == ["thermal_1_hydrogen"]
    assert "liquid_1_hydrogen_hydrogen_000" in given["batches"]["dimers"]
    # Molecules of a liquid keep their geometry.
    assert "relaxation" in fit.inputs.parameters.molecule.get_dict()
    assert "relaxation" not in given["parameters"]["thermal"].get_dict()


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
    fit: Any, done: int, error: float | str | None, pressure: float | None, expected: bool
) -> None:
    fit.ctx.round = done
    fit.ctx.pressure = Dict({"error": pressure}) if pressure else None
    known = error if isinstance(error, float) else None
    fit.ctx.validation = None if error is None else Dict({"points": 30, "liquid": known})
    assert fit.wants_round() is expected


def test_without_a_liquid_there_are_no_rounds(make_fit: MakeFit) -> None:
    none = make_fit("fast", {"sampling": {"rounds": 0}})
    assert not none.wants_round()


def test_a_round_is_counted_once_it_was_tested(fit: Any, make_points: MakePoints) -> None:
    handed = handed_out(fit)
    fit.ctx.force_field = field()
    fit.ctx.new = {"random_000": PointsData(make_points("error"))}
    fit.validate()
    assert list(handed) == ["validation.round_000"]
    assert fit.ctx.validation.get_dict() == {"errors": [], "points": 0, "liquid": None}
    assert fit.ctx.round == 1


def test_a_pressure_of_which_nothing_is_known_ends_nothing(
    fit: Any, dimers: Callable[..., PointsData], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(fit, "report", told.append)
    fit.ctx.force_field = field()
    fit.ctx.frames = {"round_000": FramesData(FRAMES)}
    fit.ctx.points = {"liquid_0": dimers("liquid", "error", turn=0)}
    fit.ctx.pressure = Dict({"error": 100.0})  # of the round before
    fit.assess()
    (message,) = told
    assert message.startswith("pressure of pairs: ")
    assert fit.ctx.pressure is None


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
    make_fit: MakeFit,
    make_points: MakePoints,
    dimers: Callable[..., PointsData],
    seconds: float | None,
    options: dict[str, Any],
    expected: int,
) -> None:
    process = make_fit("draft", {"max_concurrent": 2}, {"qm": options})
    alone = replace(make_points("ok"), cpu_seconds=np.array([7000.0]))
    process.ctx.points = {"thermal": PointsData(alone)}  # it tells nothing of dimers
    if seconds:
        each = replace(dimers("random", "ok", "ok").value, cpu_seconds=np.array([1.0, seconds]))
        process.ctx.points |= {"a": PointsData(each), "b": dimers("random", "ok")}
    assert process._sized(30)["batch"] == expected


def test_other_choices_are_fitted_side_by_side(
    make_fit: MakeFit, dimers: Callable[..., PointsData], submitted: Submitted
) -> None:
    names = ["dimers", "weights", "electrostatics"]
    process = make_fit(variations=List(names))
    process.ctx.points = {"random_000": dimers("random", "ok")}
    process.fit_otherwise()
    modes = [given["job"]["mode"].get_dict()["variation"] for _, given in submitted.values()]
    assert modes == names
    assert list(process.ctx.variations) == names


def test_a_choice_that_cannot_be_fitted_costs_itself_only(
    make_fit: MakeFit, monkeypatch: pytest.MonkeyPatch, ended: Ended
) -> None:
    process, told = make_fit(), []
    monkeypatch.setattr(process, "report", told.append)
    handed = handed_out(process)
    usual, other = field().store(), field(0.1)
    process.ctx.force_field = usual
    process.ctx.forms = {"forms": Dict({"forms": {}})}
    process.ctx.variations = {"weights": "other_weights", "electrostatics": "other_electrostatics"}
    process.ctx.other_weights = ended(320)
    process.ctx.other_electrostatics = ended_chain(force_field=other)
    process.ctx.frames = {f"round_{turn:03d}": FramesData(FRAMES).store() for turn in range(2)}
    process.ctx.apart = {"polarizability_hydrogen": process.ctx.references["hydrogen"]}
    process.conclude()
    assert told == ["fit with other weights: what went wrong"]
    assert handed["variations.electrostatics"].uuid == other.uuid
    assert "variations.weights" not in handed
    assert handed["force_field"] is usual
    assert handed["frames"] is process.ctx.frames["round_001"]
    assert handed["references"] == process.ctx.references
    assert handed["monomers"] == process.ctx.properties
    assert handed["qm_count"]["points"] == 2  # the reference, and its polarizability
    assert "pressure" not in handed


def test_without_variations_none_are_fitted(fit: Any) -> None:
    assert fit.fit_otherwise() is None
    assert fit.ctx.variations == {}


def test_children_have_labels_of_their_own(
    make_fit: MakeFit,
    dimers: Callable[..., PointsData],
    submitted: Submitted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or one would be taken for the other: `submitted` refuses the second of a label."""
    process = make_fit(variations=List(["dimers", "electrostatics"]))
    monkeypatch.setattr(process, "to_context", lambda **_: None)
    process.compute_references()
    process.sample()
    process.ctx.points = {"random_000": dimers("random", "ok")}
    process.fit()
    for turn in range(3):
        process.ctx.round, process.ctx.force_field = turn, field().store()
        process.simulate_liquid()
        process.ctx.liquid = ended_chain(frames=FramesData(touching()))
        process.sample_liquid()
        process.ctx.round += 1
        process.fit()
    process.choose_forms()
    process.fit_otherwise()
    assert len(submitted) == 1 + 1 + 1 + 3 * 3 + 1 + 2
