"""The joint fit as a job: its task from nodes, its result as nodes, and its variations."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida.engine.utils import instantiate_process
from aiida.manage import get_manager
from aiida.orm import Dict, InstalledCode

from aiida_forcefield.calculations.jobs.fit import FitCalculation
from aiida_forcefield.data import FramesData, PointsData, ProfileData, SystemData
from aiida_forcefield.fitting import VARIATIONS, Choice, three_body_energies
from aiida_forcefield.jobs.__main__ import run
from aiida_forcefield.jobs.files import RESULT, TASK, RefusedError, read, write
from aiida_forcefield.jobs.fit_force_field import FitFound, FitTask, fit_force_field
from aiida_forcefield.potentials import ForceField, interaction_energies
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.scans import (
    Cluster,
    Coordinate,
    Origin,
    Points,
    Scan,
    Structures,
    liquid_molecules,
    liquid_trimers,
    random_dimers,
)
from aiida_forcefield.surrogate import LearnedProfile, Observations, learn
from aiida_forcefield.surrogate import Settings as Learning

from ..systems import POLARIZABLE_WATER, WATER, at_rest, computed, dimers_of, lattice_liquid

pytestmark = pytest.mark.usefixtures("storage")

SYSTEM, FIELD = WATER
SPECIES = SYSTEM.of_name("water")
PAIR = ("water", "water")
LIQUID = lattice_liquid(SYSTEM, 13.0)
MONOMER = (SPECIES, SPECIES.conformers[0])
DIMERS = random_dimers(MONOMER, MONOMER, 60, 1)


def bond_scan() -> tuple[Scan, Points]:
    """Points along the bond, as the true field has them."""
    coordinate = Coordinate("bond", ("H1", "O1"), (1, 0))
    scan = Scan((SPECIES.key,), coordinate, 0.85, 1.15)
    values = np.linspace(0.85, 1.15, 7)
    x = np.repeat(SPECIES.conformers[:1], 7, axis=0)
    along = x[:, 1] - x[:, 0]
    length = np.linalg.norm(along, axis=1, keepdims=True)
    x[:, 1] = x[:, 0] + along / length * values[:, None]
    structures = Structures(scan.origin, Cluster.of(SPECIES), x, (1, 0), values)
    return scan, computed(WATER, structures)


def all_points() -> dict[str, Points]:
    molecules = liquid_molecules(LIQUID.molecules(SYSTEM)[0], 12, 1)
    thermal = Structures.rigid(Origin("thermal", round=0), Cluster.of(SPECIES), molecules)
    found = {
        "bond_round_00": bond_scan()[1],
        "thermal_0_water": computed(WATER, thermal, failed=(1,)),
    }
    for kind, part in (("random", DIMERS[:25]), ("uncertain", DIMERS[25:45])):
        turn = None if kind == "random" else 0
        dimers = dimers_of(WATER, PAIR, Origin(kind, round=turn), part)
        found[kind] = computed(WATER, dimers, failed=(1,))
    return found


def inputs(**changes: Any) -> dict[str, Any]:
    scan, points = bond_scan()
    seen = Observations(points.requested, points.energies, points.slopes)
    profile = LearnedProfile(scan, learn("bond", scan.lower, scan.upper, seen, Learning()))
    return {
        "system": SystemData(SYSTEM),
        **at_rest(WATER),
        "points": {label: PointsData(each) for label, each in all_points().items()},
        "profiles": {"bond": ProfileData(profile)},
        "frames": {"round_000": FramesData(LIQUID)},
        "settings": Dict({}),
        "mode": Dict({}),
    } | changes


def make(codes: dict[str, InstalledCode], **changes: Any) -> FitCalculation:
    options = {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}}
    process = instantiate_process(
        get_manager().get_runner(),
        FitCalculation,
        code=codes["fit"],
        metadata={"options": options},
        **inputs(**changes),
    )
    assert isinstance(process, FitCalculation)
    return process


@pytest.fixture(scope="module")
def task(codes: dict[str, InstalledCode]) -> FitTask:
    return make(codes).task()


@pytest.fixture(scope="module")
def usual(task: FitTask) -> ForceField:
    return fit_force_field(task).field


def error(field: ForceField) -> float:
    """Root mean square error of interaction energies of dimers that no fit has seen, eV."""
    unseen = DIMERS[45:]
    truth = interaction_energies(FIELD, SYSTEM, PAIR, unseen)
    difference = interaction_energies(field, SYSTEM, PAIR, unseen) - truth
    return float(np.sqrt(np.mean(difference[truth < 0] ** 2)))


def test_inputs_become_a_task(task: FitTask) -> None:
    assert [minimum.point.energies.shape for minimum in task.minima] == [(1,)]
    assert [points.origin.sampling for points in task.points] == [
        *("scan", "random", "thermal", "uncertain")
    ]
    for state in ("gas", "liquid"):  # AiiDA rounds the numbers of a Dict
        assert task.electrostatics.charges(state) == pytest.approx(
            FIELD.electrostatics.charges(state)
        )
    assert len(task.profiles) == len(task.frames) == 1
    assert (task.choice, task.choose, task.variation) == (None, False, "")


def test_a_choice_that_was_made_before_stays(codes: dict[str, InstalledCode]) -> None:
    forms = {"forms": {"bond": "quartic_bond"}, "pairs": [["water:H1", "water:O1"]]}
    task = make(codes, forms=Dict(forms), mode=Dict({"variation": "weights"})).task()
    assert task.choice == Choice({"bond": "quartic_bond"}, (("water:H1", "water:O1"),))
    assert task.variation == "weights"
    assert make(codes, mode=Dict({"choose": True})).task().choose


def test_what_was_chosen_is_handed_out(usual: ForceField) -> None:
    assert list(FitCalculation.nodes(FitFound(usual))) == ["force_field"]
    choice = Choice({"bond": "morse"}, (("water:H1", "water:O1"),))
    found = FitCalculation.nodes(FitFound(usual, choice))
    assert found["forms"].get_dict() == {
        "forms": {"bond": "morse"},
        "pairs": [["water:H1", "water:O1"]],
    }


def test_files_hold_all_of_it(task: FitTask, usual: ForceField, tmp_path: Path) -> None:
    write(tmp_path, TASK, task)
    run(fit_force_field, tmp_path)
    found = read(tmp_path, RESULT, FitFound).field
    assert found.parameter_names == usual.parameter_names
    np.testing.assert_allclose(found.vector, usual.vector, rtol=1e-12)
    np.testing.assert_allclose(found.covariance, usual.covariance, rtol=1e-6, atol=1e-15)


def test_dimers_that_no_fit_has_seen_are_foreseen(usual: ForceField) -> None:
    assert error(usual) < 1e-3  # of energies of 9e-3


def test_charges_that_are_not_those_of_the_species_are_refused(
    codes: dict[str, InstalledCode], tmp_path: Path
) -> None:
    wrong = {"O1": -0.4, "H1": 0.3}
    charges = {"water": Dict({"gas": wrong, "liquid": wrong})}
    write(tmp_path, TASK, make(codes, electrostatics=charges).task())
    run(fit_force_field, tmp_path)
    with pytest.raises(RefusedError, match=r"charges: \+0.200 e in all on water; must be \+0"):
        read(tmp_path, RESULT, FitFound)


@pytest.mark.parametrize("name", VARIATIONS)
def test_each_choice_changes_the_field_and_only_its_own_part(
    task: FitTask, usual: ForceField, name: str
) -> None:
    varied = fit_force_field(replace(task, variation=name)).field
    assert (varied.electrostatics != usual.electrostatics) is (name == "electrostatics")
    if name != "electrostatics":
        energies, changed = (
            interaction_energies(field, SYSTEM, PAIR, DIMERS) for field in (usual, varied)
        )
        assert np.abs(changed - energies).max() > 1e-5, name


def with_trimers(damping: float, *statuses: str) -> Points:
    """Trimers of the liquid with the three-body energies of a damping."""
    names, near = ("water",) * 3, lattice_liquid(SYSTEM, 11.0)
    drawn = liquid_trimers(SYSTEM, near, len(statuses), 3)
    x = np.array([each.positions for each in drawn])
    electrostatics = replace(POLARIZABLE_WATER, damping=damping)
    energies = three_body_energies(SYSTEM, electrostatics, names, x)
    ok = np.array([status == "ok" for status in statuses])
    cluster = Cluster.of(SPECIES, SPECIES, SPECIES)
    structures = Structures.rigid(Origin("trimers", round=0), cluster, x)
    return Points(
        origin=structures.origin,
        cluster=cluster,
        positions=x,
        requested=structures.values,
        energies=np.where(ok, energies, np.nan),
        gradients=np.full(x.shape, np.nan),
        slopes=np.full(len(x), np.nan),
        statuses=statuses,
        messages=tuple("" if each else "no" for each in ok),
        cpu_seconds=np.ones(len(x)),
        versions={},
        three_body=np.where(ok, energies, np.nan),
    )


def test_trimers_set_the_damping_of_polarizable_electrostatics(task: FitTask) -> None:
    points = (*task.points, with_trimers(0.25, *["ok"] * 12, "error"))
    polarizable = replace(task, electrostatics=POLARIZABLE_WATER, points=points)
    field = fit_force_field(polarizable).field
    assert isinstance(field.electrostatics, Polarizable)
    assert field.diagnostics
    told = field.diagnostics.three_body
    assert told
    assert told.error < 0.05
    assert field.electrostatics.damping == pytest.approx(0.25, abs=told.error)
    assert (told.damping, told.trimers) == (field.electrostatics.damping, 12)
    assert told.slope == pytest.approx(1.0, abs=0.1)
    varied = fit_force_field(replace(polarizable, variation="electrostatics")).field
    expected = replace(field.electrostatics, damping=told.damping + told.error)
    assert varied.electrostatics == expected
    # Fixed charges have no damping.
    fixed = fit_force_field(replace(task, points=points)).field
    assert fixed.electrostatics == task.electrostatics
    assert fixed.diagnostics
    assert fixed.diagnostics.three_body is None
