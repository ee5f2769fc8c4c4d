"""Every WorkChain has a builder with valid inputs from each protocol."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida.engine import WorkChain
from aiida.orm import Dict, InstalledCode
from aiida_forcefield.workflows.density import DensityWorkChain

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData, StructuresData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.scans import Points, Structures
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.material import MaterialWorkChain
from aiida_forcefield.workflows.protocols import get_protocol, protocol_names
from aiida_forcefield.workflows.scan import ScanWorkChain

STATE = {"temperature": 298.15, "pressure": 1.0}
MATERIAL = {"name": "hydrogen", "smiles": "[H][H]"}
Codes = dict[str, InstalledCode]

every_protocol = pytest.mark.parametrize("protocol", protocol_names())


def assert_valid(builder: Any) -> None:
    ports = builder.process_class.spec().inputs
    error = ports.validate(ports.pre_process(builder._inputs(prune=True)))
    assert error is None, error


@every_protocol
def test_material(codes: Codes, protocol: str) -> None:
    builder = MaterialWorkChain.get_builder_from_protocol(
        MATERIAL, codes, protocol, [{"density": STATE}], reference={"density": {"value": 1.0}}
    )
    assert_valid(builder)
    settings = get_protocol(protocol)
    assert builder.fit.parameters.dimers.get_dict() == settings["dimers"]
    assert builder.fit.learning.pairs.get_dict() == settings["learning"]["pairs"]
    assert builder.fit.liquid.settings.get_dict() == settings["liquid"] | STATE
    assert builder.density.settings.get_dict() == settings["density"] | STATE
    assert builder.fit.max_concurrent == settings["max_concurrent"]


def test_overrides_reach_their_place(codes: Codes) -> None:
    overrides = {"density": {"atoms": 3001}, "liquid": {"atoms": 2001}, "max_concurrent": 7}
    builder = MaterialWorkChain.get_builder_from_protocol(
        MATERIAL, codes, "draft", [{"density": STATE}], overrides
    )
    assert builder.density.settings["atoms"] == 3001
    assert builder.fit.liquid.settings["atoms"] == 2001
    assert builder.fit.max_concurrent == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"properties": [{"viscosity": {}}]}, "properties must be one density"),
        ({"properties": []}, "properties must be one density"),
        ({"material": {"name": "a", "smiles": "C("}}, "SMILES 'C\\('"),
        ({"material": {"name": "a", "smiles": "[CH3]"}}, "only multiplicity 1 is allowed"),
        ({"protocol": "quick"}, "protocol 'quick' is unknown"),
        ({"overrides": {"sampling": {"random": "many"}}}, "sampling.random: 'many'"),
    ],
)
def test_bad_input_is_refused(codes: Codes, changes: dict[str, Any], expected: str) -> None:
    good = {"material": MATERIAL, "protocol": "draft", "properties": [{"density": STATE}]}
    with pytest.raises(ValueError, match=expected):
        MaterialWorkChain.get_builder_from_protocol(codes=codes, **{**good, **changes})


def test_fit(codes: Codes, species: SpeciesData) -> None:
    assert_valid(FitWorkChain.get_builder_from_protocol(codes, "fast", STATE, species=species))


def test_density(codes: Codes, species: SpeciesData, make_points: Callable[..., Points]) -> None:
    terms = (Term("nonbonded", "nonbonded H1", "exp6", {"A": 1.0, "rho": 1.0, "C6": 1.0}),)
    field = ForceField(terms, {"H1": 0.0}, {"H1": 0.0}, covariance=np.eye(3))
    builder = DensityWorkChain.get_builder_from_protocol(
        codes,
        "fast",
        STATE,
        force_field=ForceFieldData(field),
        species=species,
        reference=PointsData(make_points("ok")),
    )
    assert_valid(builder)


@every_protocol
@pytest.mark.parametrize(("kind", "part"), [("bond", "molecule"), ("pair", "dimers")])
def test_scan(
    codes: Codes,
    protocol: str,
    kind: str,
    part: str,
    species: SpeciesData,
    hydrogen: Structures,
    make_points: Callable[..., Points],
) -> None:
    reference, begin = PointsData(make_points("ok")), StructuresData(hydrogen)
    builder = ScanWorkChain.get_builder_from_protocol(
        codes["qm"], Dict({"kind": kind}), begin, species, reference, protocol
    )
    assert_valid(builder)
    assert builder.qm.parameters.get_dict() == get_protocol(protocol)[part]


@pytest.mark.parametrize(
    "process", [ScanWorkChain, FitWorkChain, DensityWorkChain, MaterialWorkChain]
)
def test_exit_codes_say_whether_it_helps_to_try_again(process: type[WorkChain]) -> None:
    own = [code for code in process.exit_codes.values() if code.status >= 100]
    assert own
    for code in own:
        assert code.status // 100 in (2, 3, 4), code
        assert code.message
