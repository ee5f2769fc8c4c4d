"""Amounts of species from fractions and concentrations, and whole numbers of them in a box."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aiida_forcefield.topology import from_smiles
from aiida_forcefield.topology.composition import (
    Measure,
    box_counts,
    molar_mass,
    salt_moles,
    solvent_moles,
)

SPECIES = {
    name: from_smiles(smiles)
    for name, smiles in {
        "water": "O",
        "methanol": "CO",
        "Na": "[Na+]",
        "Cl": "[Cl-]",
        "Ca": "[Ca+2]",
    }.items()
}
VOLUMES = {"water": 30.0, "methanol": 67.0, "Na": 5.0, "Cl": 30.0, "Ca": 5.0}


@pytest.mark.parametrize(
    ("measure", "water"),
    [("mole", 0.5), ("mass", 32.042 / (32.042 + 18.015)), ("volume", 67.0 / 97.0)],
)
def test_equal_parts_of_water_and_methanol(measure: Measure, water: float) -> None:
    found = solvent_moles({"water": 2.0, "methanol": 2.0}, measure, SPECIES, VOLUMES)
    assert found["water"] == pytest.approx(water, rel=1e-4)
    assert sum(found.values()) == pytest.approx(1.0)


def test_a_molality_is_of_a_kilogram_of_solvent() -> None:
    moles = 1000.0 / molar_mass(SPECIES["water"])
    found = salt_moles(
        {"water": moles}, {"NaCl": (1.5, "molality")}, {"NaCl": {"Na": 1, "Cl": 1}}, SPECIES, {}
    )
    assert found == {"NaCl": pytest.approx(1.5)}


@given(st.floats(0.1, 3.0), st.floats(0.0, 2.0))
def test_a_molarity_is_of_a_litre_of_solution(molarity: float, molality: float) -> None:
    salts = {"NaCl": (molarity, "molarity"), "CaCl2": (molality, "molality")}
    ions = {"NaCl": {"Na": 1, "Cl": 1}, "CaCl2": {"Ca": 1, "Cl": 2}}
    found = salt_moles({"water": 1.0}, salts, ions, SPECIES, VOLUMES)
    volume = 30.0 + 35.0 * found["NaCl"] + 65.0 * found["CaCl2"]
    assert found["NaCl"] / (volume * 6.02214076e-4) == pytest.approx(molarity)


def test_a_solution_needs_a_solvent() -> None:
    with pytest.raises(ValueError, match=r"molarity: 60 mol/L leaves no room"):
        salt_moles(
            {"water": 1.0},
            {"NaCl": (60.0, "molarity")},
            {"NaCl": {"Na": 1, "Cl": 1}},
            SPECIES,
            VOLUMES,
        )


@given(
    st.lists(st.tuples(st.floats(0.2, 5.0), st.integers(3, 20)), min_size=1, max_size=4),
    st.floats(0.1, 1.0),
    st.integers(600, 5000),
)
def test_boxes_are_neutral_and_hold_what_was_asked_for(
    solvents: list[tuple[float, int]], salt: float, atoms: int
) -> None:
    amounts = np.array([amount for amount, _ in solvents] + [salt, 2 * salt])
    sizes = np.array([size for _, size in solvents] + [1, 7])
    charges = np.array([0] * len(solvents) + [2, -1])
    exact = amounts * atoms / (amounts @ sizes)
    assume((exact >= 0.5).all())
    counts = box_counts(amounts, sizes, charges, atoms)
    assert counts @ charges == 0
    assert counts.min() >= 1
    assert np.abs(counts - exact).max() <= 2.0


def test_one_species_makes_a_box_by_itself() -> None:
    assert box_counts(np.array([1.0]), np.array([6]), np.array([0]), 1200).tolist() == [200]


@pytest.mark.parametrize(
    ("charges", "atoms", "message"),
    [([1, 0], 600, r"\+1 e in all"), ([0, 0], 10, "10 are too few for one of each species")],
)
def test_impossible_boxes_are_refused(charges: list[int], atoms: int, message: str) -> None:
    amounts = np.array([1.0, 20.0])
    with pytest.raises(ValueError, match=message):
        box_counts(amounts, np.array([3, 6]), np.array(charges), atoms)
