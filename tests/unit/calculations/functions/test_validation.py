"""A force field against points that it was not fitted to, through the provenance graph."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.validation import validate_force_field
from aiida_forcefield.data import ForceFieldData, PointsData, SystemData
from aiida_forcefield.fitting import Settings, field_errors
from aiida_forcefield.potentials import DataError
from aiida_forcefield.scans import (
    Cluster,
    Origin,
    Points,
    Structures,
    liquid_dimers,
    liquid_molecules,
)
from aiida_forcefield.scans.liquid import grouped
from aiida_forcefield.serial import assemble

from ..systems import FIELD, MIXTURE, SYSTEM, computed, dimers_of, lattice_liquid

pytestmark = pytest.mark.usefixtures("storage")

LIQUID = lattice_liquid(SYSTEM, 15.0)


def new_points() -> dict[str, Points]:
    """Of a round: dimers of each two species, molecules of each; the second of each fails."""
    found = {}
    for pair, positions in grouped(liquid_dimers(SYSTEM, LIQUID, 40, 1)).items():
        dimers = dimers_of(MIXTURE, pair, Origin("liquid", round=0), positions)
        found[f"liquid_0_{'_'.join(pair)}"] = computed(MIXTURE, dimers, failed=(1,))
    for (name, species), molecules in zip(SYSTEM, LIQUID.molecules(SYSTEM), strict=True):
        alone = Structures.rigid(
            Origin("thermal", round=0), Cluster.of(species), liquid_molecules(molecules, 20, 1)
        )
        found[f"thermal_0_{name}"] = computed(MIXTURE, alone, failed=(1,))
    return found


def off(points: dict[str, Points]) -> dict[str, Points]:
    """Dimers that bind otherwise than the force field has it."""
    return {
        label: replace(each, energies=1.1 * each.energies) if label.startswith("liquid") else each
        for label, each in points.items()
    }


def validate(points: dict[str, Points]) -> dict[str, Any]:
    found: dict[str, Any] = validate_force_field(
        SystemData(SYSTEM),
        ForceFieldData(FIELD),
        Dict({}),
        **{label: PointsData(each) for label, each in points.items()},
    ).get_dict()
    return found


def test_what_is_foreseen_has_no_error_and_what_is_not_has_its_own() -> None:
    points = new_points()
    found = validate(points)
    assert found["points"] == sum(each.ok.sum() for each in points.values()) == 40 - 3 + 2 * 19
    assert found["liquid"] < 1e-9
    assert max(error["fitted"] for error in found["errors"]) < 1e-9
    wrong = off(points)
    found = validate(wrong)
    expected = field_errors(FIELD, SYSTEM, list(wrong.values()), Settings())
    assert found["liquid"] > 1e-3
    read = [assemble(DataError, error, {}) for error in found["errors"]]
    for one, other in zip(read, expected, strict=True):
        assert one == replace(other, fitted=pytest.approx(other.fitted, abs=1e-12))


def test_the_error_of_a_liquid_is_that_of_all_its_pairs() -> None:
    found = validate(off(new_points()))
    drawn = [error for error in found["errors"] if error["kind"] == "interaction"]
    assert len({tuple(error["species"]) for error in drawn}) == 3
    counts = [error["points"] for error in drawn]
    mean = np.average([error["fitted"] ** 2 for error in drawn], weights=counts)
    assert found["liquid"] == pytest.approx(np.sqrt(mean))


def test_pairs_that_were_moved_apart_are_left_out() -> None:
    points = new_points()
    liquid = points["liquid_0_water_MeOH"]
    far = replace(liquid, origin=Origin("moved_apart", round=0), energies=liquid.energies + 1.0)
    assert validate({**points, "moved_apart_0": far}) == validate(points)


def test_without_pairs_of_a_liquid_it_has_no_error() -> None:
    alone = {k: each for k, each in new_points().items() if k.startswith("thermal")}
    found = validate(alone)
    assert found["liquid"] is None
    assert found["points"] == 2 * 19
