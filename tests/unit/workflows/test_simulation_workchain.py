"""When another leg is run, what is measured, and how a simulation ends."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pytest
from aiida.orm import CalcJobNode, Data, Dict, InstalledCode, SinglefileData

from aiida_forcefield.data import BoxData, FramesData, ThermoData
from aiida_forcefield.dynamics import Thermo
from aiida_forcefield.properties import Gas, Liquid, plan_simulations, read_properties
from aiida_forcefield.topology import Box, Frames
from aiida_forcefield.workflows.simulation import SimulationWorkChain

from ..calculations.systems import SYSTEM, nodes

STATE = {"temperature": 298.15, "pressure": 1.0}
LIMITS = {
    "simulation": {"max_legs": 2, "seeds": [1, 2]},
    "properties": {"density": {"target_error": 0.01}},
}
MODULE = "aiida_forcefield.workflows.simulation"

Ended = Callable[..., CalcJobNode]
Make = Callable[..., Any]

POSITIONS = np.arange(27.0).reshape(9, 3)
BOX = Box((1, 1), POSITIONS, np.full(3, 12.0))


def measured(**changes: Any) -> Dict:
    content = {"value": 0.8, "standard_error": 0.005, "target_error": 0.01, "unit": "g/cm3"}
    return Dict({**content, "halves_agree": True, "seeds_agree": True, **changes})


@pytest.fixture
def make(start: Make, codes: dict[str, InstalledCode]) -> Make:
    """A simulation of the liquid from which the density and the compressibility are measured."""

    def build(
        simulation: Liquid | Gas = Liquid(298.15, 1.0),  # noqa: B008
        properties: tuple[str, ...] = ("density", "compressibility"),
        **more: Data,
    ) -> Any:
        wanted = read_properties([{name: STATE} for name in properties])
        tasks = plan_simulations(wanted, SYSTEM).get(simulation, ())
        builder = SimulationWorkChain.get_builder_from_protocol(
            codes, "draft", simulation, tasks, LIMITS
        )
        known = ("force_field", "system", "references")
        inputs = builder._inputs(prune=True) | {name: nodes()[name] for name in known} | more
        process = start(SimulationWorkChain, **inputs)
        process.ctx.box = BoxData(BOX).store()
        process.ctx.results, process.ctx.thermo, process.ctx.frames = {}, {}, {}
        process.ctx.leg = 0
        return process

    return build


def test_inputs_from_a_protocol(make: Make) -> None:
    liquid = make()
    assert liquid.inputs.settings["max_legs"] == 2
    assert "gas" not in liquid.inputs.settings.get_dict()
    assert liquid.inputs.simulation.get_dict() == {"phase": "liquid", **STATE}
    assert {*liquid.inputs.tasks} == {"density", "compressibility"}
    assert liquid.inputs.tasks.density.get_dict() == {
        "name": "density",
        "request": STATE,
        "part": "liquid",
        "target": {"target_error": 0.01},
    }
    gas = make(Gas(298.15, "water"), ())
    assert gas.inputs.settings["production"] == 100.0
    assert "tasks" not in gas.inputs or not gas.inputs.tasks


@pytest.mark.usefixtures("storage")
def test_a_simulation_that_is_none_is_refused() -> None:
    validate = SimulationWorkChain.spec().inputs["simulation"].validator
    assert validate(Dict({"phase": "gas", "temperature": 300.0, "species": "water"}), None) is None
    assert "phase" in validate(Dict({"phase": "solid", **STATE}), None)
    assert "pressure" in validate(Dict({"phase": "liquid", "temperature": 300.0}), None)


@pytest.mark.parametrize(
    ("results", "legs", "expected"),
    [
        ([], 0, True),
        ([], 1, False),
        ([{"standard_error": 0.02}], 1, True),
        ([{"standard_error": 0.02}], 2, False),
        ([{}], 1, False),
        ([{}, {"standard_error": 0.02}], 1, True),
        ([{"halves_agree": False}], 1, True),
        ([{"seeds_agree": False}], 1, True),
        ([{"seeds_agree": False}], 2, False),
    ],
)
def test_wants_leg(make: Make, results: list[dict[str, Any]], legs: int, expected: bool) -> None:
    simulation = make()
    simulation.ctx.leg = legs
    simulation.ctx.results = {str(i): measured(**each) for i, each in enumerate(results)}
    assert simulation.wants_leg() is expected


def test_the_engine_decides_what_runs_a_leg(
    make: Make, codes: dict[str, InstalledCode], ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[tuple[str, dict[str, Any]]] = []

    def submit(_: Any, process: type, **inputs: Any) -> CalcJobNode:
        submitted.append((process.__name__, inputs["job"]))
        return ended(0)

    monkeypatch.setattr(f"{MODULE}.submit_once", submit)
    own: dict[str, Any] = {"max_wallclock_seconds": 60}
    builder = SimulationWorkChain.get_builder_from_protocol(
        codes,
        "draft",
        Liquid(298.15, 1.0),
        (),
        {"simulation": {"engine": "openmm"}},
        {"openmm": own, "md": {"max_wallclock_seconds": 1}},
    )
    assert builder.md_code == codes["openmm"]
    assert builder.options.md["max_wallclock_seconds"] == 60
    liquid = make(settings=builder.settings, md_code=builder.md_code)
    monkeypatch.setattr(liquid, "to_context", lambda **_: None)
    assert liquid.equilibrate() is None
    ((process, job), *_) = submitted
    assert process == "OpenmmWorkChain"
    assert {*job["files"]} == {"force_field", "molecules", "system"}
    assert job["filenames"].get_dict() == {"system": "state.json"}
    assert job["code"] == codes["openmm"]


def test_packing_that_failed(make: Make, ended: Ended) -> None:
    simulation = make()
    simulation.ctx.packing = ended(310)
    code = simulation.inspect_packing()
    assert code.status == 340
    assert "what went wrong" in code.message


def test_unstable_leg_ends_it(make: Make, ended: Ended) -> None:
    simulation = make()
    simulation.ctx.legs = [ended(0), ended(312)]
    code = simulation.inspect_legs()
    assert code.status == 341
    assert "what went wrong" in code.message
    simulation.ctx.legs = [ended(0), ended(0)]
    assert simulation.inspect_legs() is None


def test_what_the_legs_before_one_that_failed_told_is_kept(make: Make, ended: Ended) -> None:
    simulation = make()
    simulation.ctx.leg, simulation.ctx.legs = 2, [ended(0), ended(312)]
    simulation.ctx.results = {"density": measured().store()}
    code = simulation.inspect_legs()
    assert code.status == 441
    assert "What 2 legs told is kept" in code.message
    assert "what went wrong" in code.message
    assert simulation.outputs["properties"]["density"]["value"] == 0.8


def test_input_that_cannot_be_written_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Data, **__: Data) -> None:
        raise ValueError("LAMMPS has no such form")

    monkeypatch.setattr(f"{MODULE}.prepare_simulation", refuse)
    simulation = make()
    code = simulation.equilibrate()
    assert code.status == 341
    assert "LAMMPS has no such form" in code.message


def leg(ended: Ended, number: int, samples: int = 60) -> CalcJobNode:
    columns = dict.fromkeys(Thermo.__dataclass_fields__, np.zeros(samples))
    columns |= {"time": 0.1 * np.arange(samples), "density": np.full(samples, 0.8 + 0.01 * number)}
    frames = Frames((1, 1), POSITIONS[None], np.full((1, 3), 12.0))
    return ended(
        0,
        thermo=ThermoData(Thermo(**columns)),
        frames=FramesData(frames),
        final=SinglefileData(StringIO("state"), filename="final.data"),
    )


def test_each_property_is_measured_over_all_legs(
    make: Make, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def measure(*args: Data, **kwargs: Any) -> Dict:
        calls.append((args[5]["name"], kwargs))
        return measured()

    monkeypatch.setattr(f"{MODULE}.measure_property", measure)
    simulation = make()
    for number in (0, 1):
        simulation.ctx.legs = [leg(ended, number), leg(ended, number)]
        assert simulation.measure() is None
    assert [name for name, _ in calls] == ["density", "compressibility"] * 2
    thermo = calls[-1][1]["thermo"]
    assert {seed: [*legs] for seed, legs in thermo.items()} == {
        f"seed_{seed}": ["leg_00", "leg_01"] for seed in (1, 2)
    }
    assert "frames" not in calls[-1][1]
    assert simulation.conclude() is None
    assert {*simulation.outputs["properties"]} == {"density", "compressibility"}
    assert simulation.outputs["frames"].value.counts == (1, 1)
    assert simulation.outputs["thermo"]["seed_2"]["leg_01"].value.density[0] == 0.81


def test_wrong_tail_correction_is_told(
    make: Make, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Data, **__: Any) -> None:
        raise ValueError("tail correction: LAMMPS added 0")

    monkeypatch.setattr(f"{MODULE}.measure_property", refuse)
    simulation = make()
    simulation.ctx.legs = [leg(ended, 0)] * 2
    code = simulation.measure()
    assert code.status == 341
    assert "tail correction: LAMMPS added 0" in code.message


def test_imprecise_properties_are_handed_out_and_named(make: Make, ended: Ended) -> None:
    simulation = make()
    simulation.ctx.leg, simulation.ctx.legs = 2, [ended(0)]
    simulation.ctx.results = {
        "density": measured().store(),
        "compressibility": measured(value=1.2, standard_error=0.3, unit="1/GPa").store(),
    }
    code = simulation.conclude()
    assert code.status == 440
    assert "compressibility 1.2 ± 0.3 1/GPa, target 0.01; the values are kept" in code.message
    assert "density" not in code.message
    assert simulation.outputs["properties"]["density"]["value"] == 0.8


MANY_BODY = {"energy": 0.01, "pressure": 300.0, "volume": 70.0}


def test_three_body_dispersion_acts_in_the_liquid(make: Make) -> None:
    push = f"-({300 / 1.01325:.10g})"
    for more, expected in (({"many_body": Dict(MANY_BODY)}, True), ({}, False)):
        simulation = make(**more)
        simulation.prepare_legs()
        assert (push in simulation.ctx.script.get_content()) is expected


def test_a_gas_has_a_script_for_each_leg_of_each_seed(
    make: Make, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[dict[str, Any]] = []

    def submit(_: Any, __: Any, **inputs: Any) -> CalcJobNode:
        submitted.append(inputs)
        return ended(0)

    monkeypatch.setattr(f"{MODULE}.submit_once", submit)
    gas = make(Gas(298.15, "MeOH"), ())
    monkeypatch.setattr(gas, "to_context", lambda **_: None)
    assert gas.is_gas()
    gas.place()
    assert gas.ctx.box.value.counts == (0, 1)
    assert gas.equilibrate() is None
    gas.prepare_legs()
    for number in (0, 1):
        gas.ctx.leg, gas.ctx.legs = number, [leg(ended, 0), leg(ended, 0)]
        gas.produce()
    labels = [each["metadata"]["call_link_label"] for each in submitted]
    assert labels[:2] == ["equilibration_1", "equilibration_2"]
    assert labels[2:] == [f"seed_{seed}_leg_{n:02d}" for n in (0, 1) for seed in (1, 2)]
    scripts = {each["job"]["script"].get_content() for each in submitted[2:]}
    assert len(scripts) == 4
