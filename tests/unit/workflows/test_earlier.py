"""A fit of points that another study computed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.orm import ArrayData, CalcFunctionNode, Data, Dict, InstalledCode, WorkChainNode
from aiida_forcefield.workflows.known import known_of

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import ForceField
from aiida_forcefield.scans import Points
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows import fit as fit_module
from aiida_forcefield.workflows.fit import FitWorkChain

from .conftest import STATE

MakePoints = Callable[..., Points]


@pytest.fixture
def inputs(species: SpeciesData, make_points: MakePoints) -> dict[str, Data]:
    """Of the last fit of a study."""
    return {
        "species": species,
        "reference": PointsData(make_points("ok")),
        "properties": ArrayData({"hessian": np.eye(6), "c6": np.ones((2, 2))}),
        "charges": Dict({"gas": {"H1": 0.0}, "liquid": {"H1": 0.0}}),
        "settings": Dict({}),
        "calibration": Dict({"weak": 0.6}),
        "frames_0": ArrayData({"box": np.ones((1, 3))}),
        "frames_1": ArrayData({"box": np.ones((1, 3))}),
        "points_bond_H1_H1_round_00": PointsData(make_points("ok", "ok")),
        "points_liquid_0_00": PointsData(make_points("ok", split=1)),
    }


@pytest.fixture
def force_field(inputs: dict[str, Data]) -> ForceFieldData:
    """Fitted by a study that had a polarizability computed."""
    study = WorkChainNode(process_type="aiida.workflows:forcefield.fit").store()
    fit = CalcFunctionNode()
    for label, node in inputs.items():
        fit.base.links.add_incoming(node.store(), LinkType.INPUT_CALC, label)
    fit.base.links.add_incoming(study, LinkType.CALL_CALC, "fit")
    fit.set_process_label("fit_force_field")
    fit.store()
    field = ForceFieldData(ForceField((), {"H1": 0.0}, {"H1": 0.0}, np.zeros((0, 0))))
    field.base.links.add_incoming(fit, LinkType.CREATE, "result")
    tensor = ArrayData({"polarizability": np.eye(3)[None]}).store()
    tensor.base.links.add_incoming(study, LinkType.RETURN, "polarizability")
    return field.store()


def test_all_that_a_field_was_fitted_to_is_known(
    force_field: ForceFieldData, inputs: dict[str, Data]
) -> None:
    known = known_of(force_field)
    assert known.reference.uuid == inputs["reference"].uuid
    assert {name: node.uuid for name, node in known.points.items()} == {
        name: inputs[f"points_{name}"].uuid for name in ("bond_H1_H1_round_00", "liquid_0_00")
    }
    assert sorted(known.frames) == ["frames_0", "frames_1"]
    assert known.calibration["weak"] == 0.6
    assert known.polarizability.get_array("polarizability").shape == (1, 3, 3)


def test_a_field_from_elsewhere_has_no_points(storage: Any) -> None:
    field = ForceFieldData(ForceField((), {"H1": 0.0}, {"H1": 0.0}, np.zeros((0, 0)))).store()
    with pytest.raises(ValueError, match=f"{field.pk} was not fitted by a study"):
        known_of(field)


def ready(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    force_field: ForceFieldData,
) -> Any:
    builder = FitWorkChain.get_builder_from_protocol(
        codes, "draft", STATE, species=species, known=force_field
    )
    return start(FitWorkChain, **builder._inputs(prune=True))


def test_the_points_are_fitted_without_qm(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    species: SpeciesData,
    force_field: ForceFieldData,
    inputs: dict[str, Data],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, Data] = {}
    monkeypatch.setattr(fit_module, "derive_charges", lambda *_: inputs["charges"])
    monkeypatch.setattr(fit_module, "fit_force_field", lambda **data: seen.update(data))
    process = ready(start, codes, species, force_field)
    assert process.has_points()
    assert process.take_points() is None
    assert process.fit() is None
    assert {label: node.uuid for label, node in seen.items() if label != "settings"} == {
        label: node.uuid for label, node in inputs.items() if label != "settings"
    }
    assert {"calibration", "polarizability"} <= {*process.outputs}


def test_points_of_another_molecule_are_refused(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    force_field: ForceFieldData,
) -> None:
    other = SpeciesData(from_smiles("CO"))
    code = ready(start, codes, other, force_field).take_points()
    assert code.status == 220
    assert "another molecule" in code.message
