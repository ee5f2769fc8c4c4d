"""Every WorkChain has a builder with valid inputs from each protocol.

What each protocol means is kept beside this file, as plain values: a change of a default is seen.
Where it is meant, ``pytest --force-regen`` writes them anew.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiida.engine import ProcessBuilder, WorkChain
from aiida.orm import AbstractCode, ArrayData, Data, Dict, InstalledCode, List
from pytest_regressions.data_regression import DataRegressionFixture

from aiida_forcefield.data import PointsData, ScanData, SpeciesData, StructuresData, SystemData
from aiida_forcefield.data.dataclass import DataclassData
from aiida_forcefield.properties import Gas, Liquid, Task, read_properties
from aiida_forcefield.scans import Coordinate, Points, Scan, Structures
from aiida_forcefield.scans.coordinate import Kind
from aiida_forcefield.serial import assemble
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.topology.mixture import Mixture, Salt
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.material import MaterialWorkChain
from aiida_forcefield.workflows.protocols import get_protocol, protocol_names
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.sampling import SamplingWorkChain
from aiida_forcefield.workflows.scan import ScanWorkChain
from aiida_forcefield.workflows.simulation import SimulationWorkChain

from ..calculations.systems import nodes
from .conftest import LIQUID, STATE, Submitted
from .test_fit_workchain import make_fit  # noqa: F401

HYDROGEN = {"hydrogen": {"smiles": "[H][H]"}}
PURE = Mixture({"hydrogen": 1.0})
ELECTROLYTE = {
    "EC": {"smiles": "C1COC(=O)O1"},
    "DMC": {"smiles": "COC(=O)OC"},
    "Li": {"smiles": "[Li+]"},
    "PF6": {"smiles": "F[P-](F)(F)(F)(F)F"},
}
LIPF6 = Mixture(
    {"EC": 1.0, "DMC": 1.0}, "mass", {"LiPF6": Salt({"Li": 1, "PF6": 1}, 1.0, "molality")}
)
Codes = dict[str, InstalledCode]

every_protocol = pytest.mark.parametrize("protocol", protocol_names())


def assert_valid(builder: Any) -> None:
    ports = builder.process_class.spec().inputs
    error = ports.validate(ports.pre_process(builder._inputs(prune=True)))
    assert error is None, error


def content(value: Any) -> Any:
    """Inputs as plain values: of nodes what they hold, of data of the science their label."""
    match value:
        case Dict():
            return content(value.get_dict())
        case List():
            return content(value.get_list())
        case AbstractCode():
            return f"code {value.label}"
        case DataclassData():
            return f"{type(value).__name__} {value.label}".strip()
        case ArrayData():
            return f"arrays {', '.join(sorted(value.get_arraynames()))}"
        case Data():
            return value.value
        case Mapping():
            return {str(key): content(each) for key, each in value.items()}
        case list() | tuple():
            return [content(each) for each in value]
    return value


def thawed(inputs: Any) -> Any:
    """Inputs whose namespaces may be filled."""
    named = isinstance(inputs, Mapping) and not isinstance(inputs, Data)
    return {key: thawed(value) for key, value in inputs.items()} if named else inputs


@pytest.fixture
def kept(data_regression: DataRegressionFixture) -> Callable[[Any], None]:
    """Check inputs against those that are kept."""
    return lambda inputs: data_regression.check(content(inputs))


def material(codes: Codes, protocol: str, *properties: str, **changes: Any) -> ProcessBuilder:
    builder: ProcessBuilder = MaterialWorkChain.get_builder_from_protocol(
        **{
            "title": "hydrogen",
            "species": HYDROGEN,
            "mixture": PURE,
            "codes": codes,
            "protocol": protocol,
            "properties": [{name: STATE} for name in properties],
        }
        | changes
    )
    return builder


@every_protocol
def test_material(codes: Codes, protocol: str, kept: Callable[[Any], None]) -> None:
    builder = material(codes, protocol, "density", reference={"density": {"value": 1.0}})
    assert_valid(builder)
    kept(builder._inputs(prune=True))
    settings = get_protocol(protocol)
    assert builder.fit.parameters.dimers.get_dict() == settings["dimers"]
    assert builder.fit.learning.pairs.get_dict() == settings["learning"]["pairs"]
    assert builder.fit.liquid.settings.get_dict() == settings["liquid"]
    assert builder.fit.max_concurrent == settings["max_concurrent"]
    liquid = {key: value for key, value in settings["simulation"].items() if key != "gas"}
    assert builder.simulations["liquid_0"]["settings"].get_dict() == liquid
    assert builder.simulations["liquid_0"]["simulation"].get_dict() == STATE | {"phase": "liquid"}


@every_protocol
def test_fit(
    codes: Codes,
    protocol: str,
    system: SystemData,
    species: SpeciesData,
    kept: Callable[[Any], None],
) -> None:
    builder = FitWorkChain.get_builder_from_protocol(codes, protocol, LIQUID, system=system)
    builder.species = {"hydrogen": species}
    assert_valid(builder)
    kept(builder._inputs(prune=True))


@every_protocol
@pytest.mark.parametrize("phase", ["liquid", "gas"])
def test_simulation(codes: Codes, protocol: str, phase: str, kept: Callable[[Any], None]) -> None:
    (density,) = read_properties([{"density": STATE}])
    (heat,) = read_properties([{"heat_of_vaporization": STATE}])
    simulation: Liquid | Gas = LIQUID if phase == "liquid" else Gas(298.15, "water")
    tasks = [Task(heat, phase), *([Task(density, "liquid")] if phase == "liquid" else [])]
    builder = SimulationWorkChain.get_builder_from_protocol(
        codes,
        protocol,
        simulation,
        tasks,
        **{name: node for name, node in nodes().items() if name in ("force_field", "system")},
    )
    builder.references = nodes()["references"]
    assert_valid(builder)
    kept(builder._inputs(prune=True))


def scan(
    codes: Codes, kind: Kind, protocol: str, hydrogen: Structures, make_points: Any
) -> ProcessBuilder:
    molecule = from_smiles("[H][H]")
    keys = (molecule.key,) * (2 if kind == "pair" else 1)
    what = ScanData(Scan(keys, Coordinate(kind, ("H1", "H1"), (0, 1)), 0.6, 1.1))
    builder: ProcessBuilder = ScanWorkChain.get_builder_from_protocol(
        codes["qm"],
        what,
        StructuresData(hydrogen),
        {"H2": SpeciesData(molecule)},
        {"H2": PointsData(make_points("ok"))},
        protocol,
    )
    return builder


@every_protocol
@pytest.mark.parametrize(("kind", "part"), [("bond", "molecule"), ("pair", "dimers")])
def test_scan(
    codes: Codes,
    protocol: str,
    kind: Kind,
    part: str,
    hydrogen: Structures,
    make_points: Callable[..., Points],
    kept: Callable[[Any], None],
) -> None:
    builder = scan(codes, kind, protocol, hydrogen, make_points)
    assert_valid(builder)
    kept(builder._inputs(prune=True))
    assert builder.qm.parameters.get_dict() == get_protocol(protocol)[part]


@every_protocol
def test_what_a_fit_asks_of_qm(
    make_fit: Any,  # noqa: F811
    protocol: str,
    submitted: Submitted,
    kept: Callable[[Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Inputs of `QmWorkChain` and of `SamplingWorkChain`, which only fits submit."""
    process = make_fit(protocol)
    monkeypatch.setattr(process, "to_context", lambda **_: None)
    process.compute_references()
    process.sample()
    processes = {label: process for label, (process, _) in submitted.items()}
    assert processes == {"reference_hydrogen": QmWorkChain, "begin": SamplingWorkChain}
    for label, chain in processes.items():
        ports, inputs = chain.spec().inputs, thawed(submitted[label][1])
        error = ports.validate(ports.pre_process(inputs))
        assert error is None, error
    kept({label: inputs for label, (_, inputs) in submitted.items()})


def test_an_electrolyte(codes: Codes, kept: Callable[[Any], None]) -> None:
    builder = material(codes, "fast", "density", species=ELECTROLYTE, mixture=LIPF6)
    assert_valid(builder)
    assert assemble(Mixture, builder.mixture.get_dict(), {}) == LIPF6
    assert list(builder.species) == list(ELECTROLYTE)
    inputs = builder._inputs(prune=True)
    kept({name: inputs[name] for name in ("title", "species", "mixture", "simulations")})


def test_an_ion_without_properties(codes: Codes) -> None:
    builder = material(
        codes, "fast", species={"Li": {"smiles": "[Li+]"}}, mixture=Mixture({"Li": 1.0})
    )
    assert_valid(builder)
    inputs = builder._inputs(prune=True)
    assert {"simulations", "simulation", "spread"}.isdisjoint(inputs)
    assert {"liquid", "variations"}.isdisjoint(inputs["fit"])


def test_properties_share_simulations(codes: Codes) -> None:
    names = ("density", "compressibility", "heat_of_vaporization", "thermal_expansion")
    builder = material(codes, "fast", *names)
    assert_valid(builder)
    told = {
        label: (each["simulation"]["phase"], set(each["tasks"]))
        for label, each in builder.simulations.items()
    }
    same = [tasks for phase, tasks in told.values() if phase == "liquid" and "density" in tasks]
    assert len(same) == 1
    assert {"density", "compressibility", "heat_of_vaporization"} <= same[0]
    gases = [tasks for phase, tasks in told.values() if phase == "gas"]
    assert gases == [{"heat_of_vaporization"}]
    # What they are asked for again has a label of its own, and a simulation only where it needs it.
    other = STATE | {"temperature": 320.0}
    twice = material(codes, "fast", properties=[{"density": STATE}, {"density": other}])
    assert [set(each["tasks"]) for each in twice.simulations.values()] == [
        {"density"},
        {"density_2"},
    ]


def test_other_choices_are_simulated_for_a_shorter_time(codes: Codes) -> None:
    builder = material(codes, "fast", "density")
    spread = get_protocol("fast")["spread"]
    own, shorter = builder.simulations["liquid_0"], builder.spread["liquid_0"]
    assert shorter["settings"].get_dict() == {
        **own["settings"].get_dict(),
        **spread,
        "max_legs": 1,
    }
    assert set(builder.fit.variations) == {"dimers", "weights", "electrostatics"}
    without = material(codes, "draft", "density")
    assert "spread" not in without._inputs(prune=True)
    assert "variations" not in without.fit._inputs(prune=True)


def test_overrides_reach_their_place(codes: Codes) -> None:
    overrides = {"simulation": {"atoms": 3001}, "liquid": {"atoms": 2001}, "max_concurrent": 7}
    builder = material(codes, "draft", "density", overrides=overrides)
    assert builder.simulations["liquid_0"]["settings"]["atoms"] == 3001
    assert builder.fit.liquid.settings["atoms"] == 2001
    assert builder.fit.max_concurrent == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"properties": [{"viscosty": {}}]}, "property 'viscosty' is unknown; allowed: compress"),
        ({"properties": [{"density": {}}]}, "density.temperature is missing"),
        ({"species": {"hydrogen": {"smiles": "C("}}}, "SMILES 'C\\('"),
        ({"mixture": Mixture({"helium": 1.0})}, "species "),
        ({"protocol": "quick"}, "protocol 'quick' is unknown"),
        ({"overrides": {"sampling": {"random": "many"}}}, "sampling.random: 'many'"),
    ],
)
def test_bad_input_is_refused(codes: Codes, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        material(codes, **{"protocol": "draft"} | changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "process", [ScanWorkChain, FitWorkChain, SimulationWorkChain, MaterialWorkChain]
)
def test_exit_codes_say_whether_it_helps_to_try_again(process: type[WorkChain]) -> None:
    own = [code for code in process.exit_codes.values() if code.status >= 100]
    assert own
    for code in own:
        assert code.status // 100 in (2, 3, 4), code
        assert code.message
