"""What a study hands from its fit to its liquids."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aiida.orm import ArrayData, CalcJobNode, Data, Dict, InstalledCode

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.potentials.forcefield import Term
from aiida_forcefield.scans import Points
from aiida_forcefield.workflows.material import MaterialWorkChain

Ended = Callable[..., CalcJobNode]
Told = dict[str, Data]

MEASURE = "aiida_forcefield.workflows.material.measure_many_body"


def field(charge: float) -> ForceFieldData:
    term = Term("nonbonded", "nonbonded H1", "exp6", {"A": 1.0, "rho": 1.0, "C6": 1.0})
    charges = {"H1": charge}
    return ForceFieldData(ForceField((term,), charges, charges, covariance=np.eye(3)))


@pytest.fixture
def material(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    make_points: Callable[..., Points],
    ended: Ended,
) -> Any:
    builder = MaterialWorkChain.get_builder_from_protocol(
        {"name": "hydrogen", "smiles": "[H][H]"},
        codes,
        "fast",
        [{"density": {"temperature": 298.15, "pressure": 1.0}}],
    )
    process = start(MaterialWorkChain, **builder._inputs(prune=True))
    process.ctx.species = species
    process.ctx.fit = ended(
        0,
        force_field=field(0.0),
        reference=PointsData(make_points("ok")),
        properties=ArrayData({"c6": np.ones((2, 2))}),
        frames=ArrayData({"positions": np.zeros((2, 4, 2, 3)), "box": np.full((2, 3), 8.0)}),
        polarizability=ArrayData({"polarizability": np.eye(3)[None]}),
    )
    return process


@pytest.fixture
def submitted(material: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    """What each liquid is told, by its label."""
    found: dict[str, Told] = {}

    def submit(label: str, force_field: ForceFieldData, **told: Data) -> CalcJobNode:
        found[label] = told
        return CalcJobNode()

    monkeypatch.setattr(material, "_submit_density", submit)
    monkeypatch.setattr(material, "to_context", lambda **processes: None)
    return found


def test_a_liquid_is_told_of_the_preliminary_one_and_by_what_to_tell_its_own(
    material: Any, submitted: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Dict({"induction": {}})
    monkeypatch.setattr(MEASURE, lambda force_field, **inputs: told)
    material.predict()
    assert submitted["density"]["many_body"] is told
    assert submitted["density"]["polarizability"] == material.ctx.fit.outputs.polarizability


def test_without_induction_dispersion_is_told(
    material: Any, submitted: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    dispersion = Dict({"three_body_dispersion": {}})

    def measure(force_field: ForceFieldData, **inputs: Data) -> Dict:
        if "polarizability" in inputs:
            raise ValueError("the dipoles do not settle")
        return dispersion

    monkeypatch.setattr(MEASURE, measure)
    material.predict()
    assert submitted["density"] == {"many_body": dispersion}


def test_only_other_charges_are_told_anew(
    material: Any,
    submitted: dict[str, Told],
    ended: Ended,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, told = Dict({"induction": {}}).store(), Dict({"charges": {}})
    density = Dict({"value": 0.8}).store()
    material.ctx.density = ended(0, many_body=own, density=density)
    assert material.inspect_density() is None
    assert material.outputs["many_body"].uuid == own.uuid
    outputs = material.ctx.fit.outputs
    variations = {"charges": field(0.1), "weights": field(0.0)}
    monkeypatch.setattr(
        "aiida_forcefield.workflows.material.outputs_of",
        lambda node: {
            k: outputs[k] for k in ("reference", "properties", "frames", "polarizability")
        },
    )
    monkeypatch.setattr(MEASURE, lambda force_field, **inputs: told)
    varied = SimpleNamespace(variations=variations, force_field=outputs.force_field)
    material.ctx.fit = SimpleNamespace(outputs=varied)
    material.predict_otherwise()
    assert submitted["density_weights"]["many_body"].uuid == own.uuid
    assert "polarizability" not in submitted["density_weights"]
    assert submitted["density_charges"]["many_body"] is told
    assert "polarizability" in submitted["density_charges"]


def test_a_liquid_that_failed_leaves_what_acted_on_it(material: Any, ended: Ended) -> None:
    own = Dict({"induction": {}}).store()
    material.ctx.density = ended(341, many_body=own)
    assert material.inspect_density().status == 331
    assert material.outputs["many_body"].uuid == own.uuid
