"""The calibration of the counterpoise correction, on energies whose limit is known."""

from dataclasses import replace

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.functions.calibration import (
    calibrate_counterpoise,
    counterpoise_of,
    plan_calibration,
)
from aiida_forcefield.data import PointsData, SpeciesData, StructuresData
from aiida_forcefield.scans import (
    Counterpoise,
    Points,
    Structures,
    dimer_structures,
    hydrogen_bonds,
    random_dimers,
)
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")

METHANOL = from_smiles("CO")
DIMERS = {"engine": "pyscf", "structure": {"basis": "aug-cc-pvdz"}, "interaction": {}}
TRUE = Counterpoise(0.7, 0.4)
MANY = random_dimers(METHANOL, METHANOL.conformers[0], 300, 1)
BONDING = hydrogen_bonds(METHANOL, MANY)
CHOSEN = np.concatenate([MANY[BONDING == 0][:4], MANY[BONDING == 1][:2]])


def points_of(structures: Structures, second: bool) -> Points:
    """Energies of dimers in one of two bases, which lead to the wanted fractions."""
    count = len(structures.positions)
    corrected, plain = np.full(count, -1.0), np.full(count, -1.8)
    limit = corrected + (1 - TRUE.fractions(METHANOL, structures.positions)) * (plain - corrected)
    if second:
        corrected = limit + (corrected - limit) * (2 / 3) ** 2.5
    return Points(
        label=structures.label,
        symbols=structures.symbols,
        split=structures.split,
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
    structures = dimer_structures(METHANOL, "dimers liquid", CHOSEN)
    return {"liquid_0_00": PointsData(points_of(structures, second=False))}


@pytest.fixture(scope="module")
def planned(liquid: dict[str, PointsData]) -> dict[str, StructuresData | Dict]:
    settings = Dict({"basis": "aug-cc-pvtz", "dimers": 2, "batch": 1})
    return plan_calibration(SpeciesData(METHANOL), Dict(DIMERS), settings, **liquid)


def in_second(planned: dict[str, StructuresData | Dict]) -> dict[str, PointsData]:
    return {
        f"second_{label}": PointsData(points_of(batch.value, second=True))
        for label, batch in planned.items()
        if isinstance(batch, StructuresData)
    }


def test_the_basis_is_the_only_difference(
    planned: dict[str, StructuresData | Dict],
) -> None:
    assert planned["second"].get_dict() == DIMERS | {"structure": {"basis": "aug-cc-pvtz"}}
    assert list(planned) == ["second", *(f"calibration_{i:02d}" for i in range(4))]
    assert all(planned[f"calibration_{i:02d}"].value.split == 6 for i in range(4))


def test_the_fractions_that_lead_to_the_limit_are_found(
    planned: dict[str, StructuresData | Dict], liquid: dict[str, PointsData]
) -> None:
    node = calibrate_counterpoise(
        SpeciesData(METHANOL), Dict(DIMERS), planned["second"], **liquid, **in_second(planned)
    )
    found = node.get_dict()
    assert (found["weak"], found["bonded"]) == pytest.approx((TRUE.weak, TRUE.bonded))
    assert counterpoise_of(node).weak == found["weak"]
    assert (found["weak_dimers"], found["bonded_dimers"]) == (2, 2)
    assert found["bases"] == ["aug-cc-pvdz", "aug-cc-pvtz"]
    assert found["rmsd"] == pytest.approx(0.0, abs=1e-12)
    assert found["rmsd_full_correction"] > 0.05


def test_a_dimer_without_both_energies_is_left_out(
    planned: dict[str, StructuresData | Dict], liquid: dict[str, PointsData]
) -> None:
    points = in_second(planned)
    failed = replace(points["second_calibration_03"].value, statuses=("scf_not_converged",))
    points["second_calibration_03"] = PointsData(failed)
    found = calibrate_counterpoise(
        SpeciesData(METHANOL), Dict(DIMERS), planned["second"], **liquid, **points
    )
    assert (found["weak_dimers"], found["bonded_dimers"]) == (2, 1)


def test_nothing_to_calibrate_with(
    planned: dict[str, StructuresData | Dict], liquid: dict[str, PointsData]
) -> None:
    with pytest.raises(ValueError, match="no dimer has its energy"):
        calibrate_counterpoise(SpeciesData(METHANOL), Dict(DIMERS), planned["second"], **liquid)
    settings = Dict({"basis": "aug-cc-pvtz", "dimers": 2, "batch": 1})
    with pytest.raises(ValueError, match="no dimer has its energy"):
        plan_calibration(SpeciesData(METHANOL), Dict(DIMERS), settings)
