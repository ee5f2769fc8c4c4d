"""What a study hands from its fit to its simulations, and from these to its properties."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida.engine import ProcessBuilder
from aiida.orm import ArrayData, CalcJobNode, Dict, InstalledCode

from aiida_forcefield.data import ForceFieldData, FramesData, PointsData
from aiida_forcefield.scans import Points
from aiida_forcefield.topology import Frames
from aiida_forcefield.topology.mixture import Mixture
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.job import ManyBodyWorkChain
from aiida_forcefield.workflows.material import MaterialWorkChain
from aiida_forcefield.workflows.simulation import SimulationWorkChain

from .conftest import STATE, Submitted, ended_chain
from .test_fit_workchain import field

Ended = Callable[..., CalcJobNode]

RESULT = {
    "property": "density",
    "value": 0.8,
    "standard_error": 0.001,
    "unit": "g/cm³",
    "compressibility": 1e-4,
    "three_body_pressure": 0.0,
    "halves_agree": True,
    "seeds_agree": True,
    "production": [30.0],
}


def builder_of(
    codes: dict[str, InstalledCode], properties: tuple[str, ...], protocol: str
) -> ProcessBuilder:
    builder: ProcessBuilder = MaterialWorkChain.get_builder_from_protocol(
        "hydrogen",
        {"hydrogen": {"smiles": "[H][H]"}},
        Mixture({"hydrogen": 1.0}),
        codes,
        protocol,
        [{name: STATE} for name in properties],
    )
    return builder


@pytest.fixture
def make_material(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    make_points: Callable[..., Points],
) -> Callable[..., Any]:
    """A study whose fit is done."""

    def make(
        properties: tuple[str, ...] = ("density",), protocol: str = "fast", **found: Any
    ) -> Any:
        builder = builder_of(codes, properties, protocol)
        process = start(MaterialWorkChain, **builder._inputs(prune=True))
        assert process.perceive() is None
        frames = Frames((4,), np.zeros((2, 8, 3)), np.full((2, 3), 8.0))
        outputs = {
            "force_field": field(),
            "forms": Dict({"forms": {}}),
            "qm_count": Dict({"points": 1}),
            "references": {"hydrogen": PointsData(make_points("ok"))},
            "monomers": {"hydrogen": ArrayData({"c6": np.ones((2, 2))})},
            "frames": FramesData(frames),
        }
        process.ctx.fit = ended_chain(**outputs | found)
        assert process.inspect_fit() is None
        return process

    return make


def test_species_become_a_system(make_material: Callable[..., Any]) -> None:
    process = make_material()
    assert process.outputs["system"].value.names == ("hydrogen",)
    assert process.outputs["species"]["hydrogen"].value.smiles == "[H][H]"


def test_what_cannot_be_treated_is_told(
    start: Callable[..., Any], codes: dict[str, InstalledCode]
) -> None:
    builder = builder_of(codes, (), "fast")
    builder.species = {"hydrogen": Dict({"smiles": "C("})}
    code = start(MaterialWorkChain, **builder._inputs(prune=True)).perceive()
    assert code.status == 230
    assert "C(" in code.message


def test_the_fit_is_of_the_system(make_material: Any, submitted: Submitted) -> None:
    process = make_material()
    process.fit()
    chain, given = submitted["fit"]
    assert chain is FitWorkChain
    assert given["system"].uuid == process.ctx.system.uuid
    assert list(given["species"]) == ["hydrogen"]


def test_no_force_field_no_properties(make_material: Any, ended: Ended) -> None:
    process = make_material()
    process.ctx.fit = ended(324)
    code = process.inspect_fit()
    assert (code.status, code.message) == (
        330,
        "The force field could not be fitted: what went wrong",
    )


MANY_BODY = {"energy": 0.01, "pressure": 300.0, "volume": 70.0}


def test_three_body_dispersion_of_the_preliminary_liquid_acts_in_all(
    make_material: Any, submitted: Submitted
) -> None:
    variations = {"charges": field(0.1), "weights": field(0.0)}
    process = make_material(variations=variations)
    process.measure_many_body()
    chain, given = submitted["many_body"]
    assert chain is ManyBodyWorkChain
    found = process.ctx.found
    assert given["job"]["frames"].uuid == found["frames"].uuid
    assert given["job"]["properties"] == found["monomers"]
    told = Dict(MANY_BODY)
    process.ctx.many_body = ended_chain(many_body=told)
    process.inspect_many_body()
    assert process.outputs["many_body"].uuid == told.uuid
    process.simulate()
    assert process.has_variations()
    process.simulate_otherwise()
    assert set(submitted) == {"many_body", "liquid_0", "liquid_0_charges", "liquid_0_weights"}
    chain, given = submitted["liquid_0"]
    assert chain is SimulationWorkChain
    assert given["many_body"].uuid == told.uuid
    assert given["tasks"]["density"]["name"] == "density"
    for name, variation in variations.items():
        _, given = submitted[f"liquid_0_{name}"]
        assert given["many_body"].uuid == told.uuid
        assert given["force_field"].uuid == variation.uuid
        assert given["settings"]["max_legs"] == 1


def test_without_a_preliminary_liquid_there_is_none(
    make_material: Any, submitted: Submitted
) -> None:
    process = make_material()
    del process.ctx.found["frames"]
    assert process.measure_many_body() is None
    process.inspect_many_body()
    process.simulate()
    assert list(submitted) == ["liquid_0"]
    assert "many_body" not in submitted["liquid_0"][1]


def test_that_it_could_not_be_measured_is_reported(
    make_material: Any, submitted: Submitted, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, said = make_material(), []
    monkeypatch.setattr(process, "report", said.append)
    process.ctx.many_body = ended(320)
    process.inspect_many_body()
    process.simulate()
    assert "many_body" not in submitted["liquid_0"][1]
    assert said == ["three-body dispersion is missing: what went wrong"]


def simulated(process: Any, exit_status: int = 0) -> None:
    """As if all simulations had ended."""
    for label, own in process.inputs.simulations.items():
        results = {name: Dict({**RESULT, "property": name}) for name in own["tasks"]}
        process.ctx[label] = ended_chain(exit_status, properties=results)


def test_a_simulation_without_a_result_ends_the_study(make_material: Any, ended: Ended) -> None:
    process = make_material()
    process.ctx.liquid_0 = ended(341)
    code = process.inspect_simulations()
    assert code.status == 331
    assert "what went wrong" in code.message


def test_an_imprecise_result_is_handed_out_and_told(make_material: Any) -> None:
    process = make_material()
    simulated(process, exit_status=440)
    assert process.inspect_simulations() is None
    code = process.conclude()
    assert (code.status, code.message) == (430, "what went wrong")
    assert process.outputs["properties"]["density"]["value"] == 0.8


def test_what_other_choices_tell_is_uncertain(
    make_material: Any, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    variations = {"charges": field(0.1), "weights": field(0.0)}
    pressure = Dict({"bias": 0.0, "error": 100.0, "level": 0.0})
    process, said = make_material(variations=variations, pressure=pressure), []
    monkeypatch.setattr(process, "report", said.append)
    simulated(process)
    assert process.inspect_simulations() is None
    other = Dict({**RESULT, "value": 0.83, "standard_error": 0.0})
    process.ctx.liquid_0_charges = ended_chain(properties={"density": other})
    process.ctx.liquid_0_weights = ended(341)
    assert process.conclude() is None
    found = process.outputs["properties"]["density"].get_dict()
    # 0.03 by the charges and 1 % by the pressure of pairs; the other choice costs itself only.
    assert found["uncertainty"] == pytest.approx(np.hypot(0.03, 0.008), rel=0.05)
    assert said == ["liquid_0_weights: what went wrong"]


def test_a_property_of_two_simulations_needs_both(make_material: Any) -> None:
    process = make_material(("heat_of_vaporization",), protocol="draft")
    labels = {own["simulation"]["phase"]: n for n, own in process.inputs.simulations.items()}
    for phase, value in (("liquid", -30.0), ("gas", 10.0)):
        result = Dict({**RESULT, "property": "heat_of_vaporization", "value": value})
        process.ctx[labels[phase]] = ended_chain(properties={"heat_of_vaporization": result})
    assert process.inspect_simulations() is None
    assert process.conclude() is None
    found = process.outputs["properties"]["heat_of_vaporization"]
    assert found["value"] == pytest.approx(40.0 + 8.314462618e-3 * 298.15)


def test_without_properties_the_force_field_is_all(make_material: Any) -> None:
    process = make_material(())
    assert not process.has_simulations()
    assert isinstance(process.outputs["force_field"], ForceFieldData)
