"""A fit of points that another study computed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from aiida.common.links import LinkType
from aiida.orm import ArrayData, CalcJobNode, Data, Dict, InstalledCode, WorkChainNode

from aiida_forcefield.data import ForceFieldData, FramesData, PointsData, SpeciesData, SystemData
from aiida_forcefield.potentials import FixedCharges, ForceField
from aiida_forcefield.scans import Cluster, Origin, Points
from aiida_forcefield.topology import Frames, System, from_smiles
from aiida_forcefield.workflows.earlier import earlier_of
from aiida_forcefield.workflows.fit import FitWorkChain

from .conftest import LIQUID, Submitted

MakePoints = Callable[..., Points]
HYDROGEN = from_smiles("[H][H]")
Inputs = dict[str, Any]


def field() -> ForceFieldData:
    charges = {"hydrogen:H1": 0.0}
    return ForceFieldData(ForceField((), (), FixedCharges(charges, charges), np.zeros((0, 0))))


@pytest.fixture
def inputs(system: SystemData, make_points: MakePoints) -> Inputs:
    """Of the last fit of a study."""
    frames = Frames((1,), np.zeros((1, 2, 3)), np.ones((1, 3)))
    dimer = Cluster.of(HYDROGEN, HYDROGEN)
    return {
        "system": system,
        "references": {"hydrogen": PointsData(make_points("ok"))},
        "properties": {"hydrogen": ArrayData({"hessian": np.eye(6), "c6": np.ones((2, 2))})},
        "electrostatics": {"hydrogen": Dict({"gas": {"H1": 0.0}, "liquid": {"H1": 0.0}})},
        "settings": Dict({}),
        "mode": Dict({}),
        "frames": {f"round_{turn:03d}": FramesData(frames) for turn in range(2)},
        "points": {
            "bond_H1_H1_round_00": PointsData(make_points("ok", "ok")),
            "liquid_0": PointsData(
                make_points("ok", origin=Origin("liquid", round=0), cluster=dimer)
            ),
        },
    }


def flat(inputs: Mapping[str, Any], prefix: str = "") -> dict[str, Data]:
    found: dict[str, Data] = {}
    for label, value in inputs.items():
        within = {prefix + label: value} if isinstance(value, Data) else None
        found |= within or flat(value, f"{prefix}{label}__")
    return found


@pytest.fixture
def force_field(inputs: Inputs) -> ForceFieldData:
    """Fitted by a study that had a polarizability computed."""
    study = WorkChainNode(process_type="aiida.workflows:forcefield.fit").store()
    chain = WorkChainNode(process_type="aiida.workflows:forcefield.fit_job")
    chain.base.links.add_incoming(study, LinkType.CALL_WORK, "fit_002")
    chain.store()
    job = CalcJobNode(process_type="aiida.calculations:forcefield.fit_force_field")
    for label, node in flat(inputs).items():
        job.base.links.add_incoming(node.store(), LinkType.INPUT_CALC, label)
    job.base.links.add_incoming(chain, LinkType.CALL_CALC, "iteration_01")
    job.store()
    found = field()
    found.base.links.add_incoming(job, LinkType.CREATE, "force_field")
    tensor = ArrayData({"polarizability": np.eye(3)[None]}).store()
    tensor.base.links.add_incoming(study, LinkType.RETURN, "polarizability__hydrogen")
    return found.store()


def uuids(nodes: Mapping[str, Data]) -> dict[str, str]:
    return {label: node.uuid for label, node in nodes.items()}


def test_all_that_a_field_was_fitted_to_is_known(
    force_field: ForceFieldData, inputs: Inputs
) -> None:
    earlier = earlier_of(force_field)
    assert earlier.system.uuid == inputs["system"].uuid
    for name in ("references", "properties", "points", "frames"):
        assert uuids(getattr(earlier, name)) == uuids(inputs[name])
    assert earlier.profiles == {}
    tensor = earlier.polarizability["hydrogen"].get_array("polarizability")
    assert tensor.shape == (1, 3, 3)


def test_only_names_and_species_tell_whether_it_is_of_a_system(
    force_field: ForceFieldData,
) -> None:
    earlier, methanol = earlier_of(force_field), from_smiles("CO")
    assert earlier.is_of(System(("hydrogen",), (HYDROGEN,), (7.0,)))
    assert not earlier.is_of(System.pure("H2", HYDROGEN))
    assert not earlier.is_of(System.pure("hydrogen", methanol))
    assert not earlier.is_of(System(("hydrogen", "MeOH"), (HYDROGEN, methanol), (1.0, 1.0)))


def test_a_field_from_elsewhere_has_no_points(storage: Any) -> None:
    alone = field().store()
    with pytest.raises(ValueError, match=f"{alone.pk} was not fitted by a study"):
        earlier_of(alone)


def ready(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    system: System,
    force_field: ForceFieldData,
) -> Any:
    builder = FitWorkChain.get_builder_from_protocol(
        codes, "draft", LIQUID, system=SystemData(system), points_of=force_field
    )
    builder.species = {name: SpeciesData(species) for name, species in system}
    process = start(FitWorkChain, **builder._inputs(prune=True))
    process.begin()
    return process


def test_the_points_are_fitted_without_qm(
    start: Callable[..., Any],
    codes: dict[str, InstalledCode],
    force_field: ForceFieldData,
    inputs: Inputs,
    submitted: Submitted,
) -> None:
    process = ready(start, codes, System.pure("hydrogen", HYDROGEN), force_field)
    assert process.has_points()
    assert process.take_points() is None
    assert process.ctx.round == 2
    process.choose_forms()
    (label,) = submitted
    assert label == "fit_002_choose"
    job = submitted[label][1]["job"]
    for name in ("references", "properties", "points", "frames"):
        assert uuids(job[name]) == uuids(inputs[name])
    handed: dict[str, Any] = {}
    process.out = handed.__setitem__
    process.ctx.force_field, process.ctx.variations = force_field, {}
    process.conclude()
    assert {"frames", "monomers"} <= {*handed}
    assert list(handed["polarizability"]) == ["hydrogen"]


def test_points_of_another_molecule_are_refused(
    start: Callable[..., Any], codes: dict[str, InstalledCode], force_field: ForceFieldData
) -> None:
    other = System.pure("hydrogen", from_smiles("CO"))
    code = ready(start, codes, other, force_field).take_points()
    assert code.status == 220
    assert "other species" in code.message


def test_a_field_that_no_study_fitted_is_refused(
    start: Callable[..., Any], codes: dict[str, InstalledCode], storage: Any
) -> None:
    process = ready(start, codes, System.pure("hydrogen", HYDROGEN), field().store())
    assert process.take_points().status == 220
