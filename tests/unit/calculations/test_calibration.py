"""The calibration of the counterpoise correction, on energies whose limit is known."""

from dataclasses import replace

import numpy as np
import pytest
from aiida.orm import Dict

from aiida_forcefield.calculations.calibration import calibrate_counterpoise, plan_calibration
from aiida_forcefield.data import PointsData, StructuresData, TopologyData
from aiida_forcefield.scans import Points, hydrogen_bonds
from aiida_forcefield.topology import from_smiles

pytestmark = pytest.mark.usefixtures("storage")

METHANOL = from_smiles("CO")
DIMERS = {"engine": "pyscf", "structure": {"basis": "aug-cc-pvdz"}, "interaction": {}}
WEAK, BONDED = 0.7, 0.25


@pytest.fixture(scope="module")
def planned(storage: object) -> dict[str, StructuresData | Dict]:
    monomer = METHANOL.conformers[:1]
    nothing = np.full(1, np.nan)
    reference = Points(
        label="reference",
        symbols=METHANOL.symbols,
        split=0,
        positions=monomer,
        requested=nothing,
        energies=np.zeros(1),
        gradients=np.zeros_like(monomer),
        slopes=nothing,
        statuses=("ok",),
        messages=("",),
        cpu_seconds=np.ones(1),
        versions={},
    )
    return plan_calibration(
        TopologyData(METHANOL),
        PointsData(reference),
        Dict(DIMERS),
        Dict({"basis": "aug-cc-pvtz", "dimers": 2, "batch": 1, "seed": 1}),
    )


def points_of(batch: StructuresData, second: bool) -> Points:
    """Energies of one dimer in one of two bases, which lead to the wanted fractions."""
    structures = batch.value
    bonding = hydrogen_bonds(METHANOL, structures.positions)[0]
    corrected, plain = -1.0, -1.8
    limit = corrected + (1 - WEAK - bonding * (BONDED - WEAK)) * (plain - corrected)
    if second:
        corrected = limit + (corrected - limit) * 8 / 27
    return Points(
        label=structures.label,
        symbols=structures.symbols,
        split=structures.split,
        positions=structures.positions,
        requested=structures.values,
        energies=np.array([corrected]),
        gradients=np.full(structures.positions.shape, np.nan),
        slopes=np.full(1, np.nan),
        statuses=("ok",),
        messages=("",),
        cpu_seconds=np.ones(1),
        versions={},
        corrected=np.array([corrected]),
        uncorrected=np.array([plain]),
    )


def computed(planned: dict[str, StructuresData | Dict]) -> dict[str, PointsData]:
    return {
        f"{part}_{label}": PointsData(points_of(batch, part == "second"))
        for part in ("dimers", "second")
        for label, batch in planned.items()
        if isinstance(batch, StructuresData)
    }


def test_the_basis_is_the_only_difference(
    planned: dict[str, StructuresData | Dict],
) -> None:
    assert planned["second"].get_dict() == DIMERS | {"structure": {"basis": "aug-cc-pvtz"}}
    assert list(planned) == ["second", *(f"calibration_{i:02d}" for i in range(4))]
    assert all(planned[f"calibration_{i:02d}"].value.split == 6 for i in range(4))


def test_dimers_get_the_fractions_that_lead_to_the_limit(
    planned: dict[str, StructuresData | Dict],
) -> None:
    found = calibrate_counterpoise(
        TopologyData(METHANOL), Dict(DIMERS), planned["second"], **computed(planned)
    )
    fractions = {"weak": WEAK, "bonded": BONDED}
    assert found["parameters"].get_dict() == DIMERS | {
        "interaction": {"counterpoise_fraction": fractions}
    }
    calibration = found["calibration"].get_dict()
    assert (calibration["weak_dimers"], calibration["bonded_dimers"]) == (2, 2)
    assert calibration["bases"] == ["aug-cc-pvdz", "aug-cc-pvtz"]
    assert calibration["rmsd"] == pytest.approx(0.0, abs=1e-12)
    # Two dimers each, off by the share of 0.8 eV that the full correction takes too much.
    expected = 0.8 * np.sqrt(np.mean([(1 - WEAK) ** 2, (1 - BONDED) ** 2]))
    assert calibration["rmsd_full_correction"] == pytest.approx(expected)


def test_a_dimer_without_both_energies_is_left_out(
    planned: dict[str, StructuresData | Dict],
) -> None:
    points = computed(planned)
    failed = replace(points["second_calibration_03"].value, statuses=("scf_not_converged",))
    points["second_calibration_03"] = PointsData(failed)
    del points["dimers_calibration_00"]
    found = calibrate_counterpoise(
        TopologyData(METHANOL), Dict(DIMERS), planned["second"], **points
    )
    assert found["calibration"]["weak_dimers"] == found["calibration"]["bonded_dimers"] == 1


def test_nothing_to_calibrate_with(planned: dict[str, StructuresData | Dict]) -> None:
    with pytest.raises(ValueError, match="no dimer has its energy in both basis sets"):
        calibrate_counterpoise(TopologyData(METHANOL), Dict(DIMERS), planned["second"])
