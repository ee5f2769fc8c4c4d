"""The calibration of the counterpoise correction, on energies whose limit is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.fit_data import counterpoise_of
from aiida_forcefield.calculations.functions.calibration import (
    calibrate_counterpoise,
    plan_calibration,
)
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.scans import (
    Cluster,
    Contacts,
    Counterpoise,
    Origin,
    Points,
    Structures,
    random_dimers,
)
from aiida_forcefield.topology import Species, from_smiles

pytestmark = pytest.mark.usefixtures("storage")

METHANOL, WATER = from_smiles("CO"), from_smiles("O")
DIMERS = {"engine": "pyscf", "structure": {"basis": "aug-cc-pvdz"}, "interaction": {}}
SETTINGS = {"basis": "aug-cc-pvtz", "dimers": 2, "batch": 1}
TRUE = Counterpoise(0.7, 0.4)

Planned = dict[str, Any]


def chosen(one: Species, other: Species) -> Structures:
    """Four dimers without and two with a hydrogen bond."""
    cluster = Cluster.of(one, other)
    many = random_dimers((one, one.conformers[0]), (other, other.conformers[0]), 300, 1)
    bonding = Contacts.of(cluster, many).bonding
    positions = np.concatenate([many[bonding == 0][:4], many[bonding == 1][:2]])
    return Structures.rigid(Origin("liquid", round=0), cluster, positions)


def points_of(structures: Structures, second: bool) -> Points:
    """Energies of dimers in one of two bases, which lead to the wanted fractions."""
    count = len(structures.positions)
    corrected, plain = np.full(count, -1.0), np.full(count, -1.8)
    contacts = Contacts.of(structures.cluster, structures.positions)
    limit = corrected + (1 - TRUE.fractions(contacts)) * (plain - corrected)
    if second:
        corrected = limit + (corrected - limit) * (2 / 3) ** 2.5
    return Points(
        origin=structures.origin,
        cluster=structures.cluster,
        positions=structures.positions,
        requested=structures.values,
        energies=corrected,
        gradients=np.full(structures.positions.shape, np.nan),
        slopes=np.full(count, np.nan),
        statuses=("ok",) * count,
        messages=("",) * count,
        cpu_seconds=np.ones(count),
        versions={},
        corrected=corrected,
        uncorrected=plain,
    )


@pytest.fixture(scope="module")
def liquid(storage: object) -> dict[str, PointsData]:
    return {"liquid_0_000": PointsData(points_of(chosen(METHANOL, METHANOL), second=False))}


@pytest.fixture(scope="module")
def planned(liquid: dict[str, PointsData]) -> Planned:
    found: Planned = plan_calibration(Dict(DIMERS), Dict(SETTINGS), **liquid)
    return found


def in_second(batches: dict[str, StructuresData]) -> dict[str, PointsData]:
    return {
        label: PointsData(points_of(batch.value, second=True)) for label, batch in batches.items()
    }


def test_the_basis_is_the_only_difference(planned: Planned) -> None:
    assert planned["second"].get_dict() == DIMERS | {"structure": {"basis": "aug-cc-pvtz"}}
    assert list(planned["batches"]) == [f"calibration_{i:03d}" for i in range(4)]
    for batch in planned["batches"].values():
        assert batch.value.cluster == Cluster.of(METHANOL, METHANOL)
        assert batch.value.origin == Origin("calibration")


def test_the_fractions_that_lead_to_the_limit_are_found(
    planned: Planned, liquid: dict[str, PointsData]
) -> None:
    node = calibrate_counterpoise(
        Dict(DIMERS), planned["second"], first=liquid, second=in_second(planned["batches"])
    )
    found = node.get_dict()
    assert (found["weak"], found["bonded"]) == pytest.approx((TRUE.weak, TRUE.bonded))
    assert counterpoise_of(node).weak == found["weak"]
    assert (found["weak_dimers"], found["bonded_dimers"]) == (2, 2)
    assert found["bases"] == ["aug-cc-pvdz", "aug-cc-pvtz"]
    assert found["rmsd"] == pytest.approx(0.0, abs=1e-12)
    assert found["rmsd_full_correction"] > 0.05
    assert found["at_bound"] == []


def test_dimers_of_two_compositions_stand_for_all_together(storage: object) -> None:
    pairs = {"a": chosen(METHANOL, METHANOL), "b": chosen(WATER, METHANOL)}
    # What is at stake is larger in the one: more of it stand for all.
    first = {label: PointsData(points_of(each, second=False)) for label, each in pairs.items()}
    planned: Planned = plan_calibration(
        Dict(DIMERS), Dict(SETTINGS | {"dimers": 6, "batch": 2}), **first
    )
    batches = planned["batches"]
    clusters = [batch.value.cluster for batch in batches.values()]
    assert set(clusters) == {each.cluster for each in pairs.values()}
    for batch in batches.values():  # each is found among those that it was taken from
        known = next(p for p in pairs.values() if p.cluster == batch.value.cluster).positions
        assert all((known == x).all(axis=(1, 2)).any() for x in batch.value.positions)
    found = calibrate_counterpoise(
        Dict(DIMERS), planned["second"], first=first, second=in_second(batches)
    ).get_dict()
    assert (found["weak"], found["bonded"]) == pytest.approx((TRUE.weak, TRUE.bonded))
    count = sum(len(batch.value.positions) for batch in batches.values())
    assert found["weak_dimers"] + found["bonded_dimers"] == count


def test_a_dimer_without_both_energies_is_left_out(
    planned: Planned, liquid: dict[str, PointsData]
) -> None:
    points = in_second(planned["batches"])
    failed = replace(points["calibration_003"].value, statuses=("scf_not_converged",))
    points["calibration_003"] = PointsData(failed)
    found = calibrate_counterpoise(Dict(DIMERS), planned["second"], first=liquid, second=points)
    assert (found["weak_dimers"], found["bonded_dimers"]) == (2, 1)


def test_nothing_to_calibrate_with(planned: Planned, liquid: dict[str, PointsData]) -> None:
    failed = {
        label: PointsData(replace(node.value, statuses=("error",)))
        for label, node in in_second(planned["batches"]).items()
    }
    with pytest.raises(ValueError, match="no dimer has its energy"):
        calibrate_counterpoise(Dict(DIMERS), planned["second"], first=liquid, second=failed)
    with pytest.raises(ValueError, match="no dimer has its energy"):
        calibrate_counterpoise(Dict(DIMERS), planned["second"], first=liquid, second={})
    with pytest.raises(ValueError, match="no dimer has its energy"):
        plan_calibration(Dict(DIMERS), Dict(SETTINGS))


def test_counterpoise_of_a_calibration() -> None:
    assert counterpoise_of(None) is None
    found = {"weak": 0.7, "bonded": 0.5, "weak_error": 0.05, "bonded_error": 0.02, "bases": []}
    assert counterpoise_of(Dict(found)) == Counterpoise(0.7, 0.5, 0.05, 0.02)
