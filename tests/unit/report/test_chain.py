"""The picture of the chain says what the results say."""

from typing import Any

import pytest
from matplotlib.patches import FancyArrowPatch

from aiida_forcefield.report import draw_chain
from aiida_forcefield.report.chain import boxes
from aiida_forcefield.units import KCAL_PER_MOL


@pytest.fixture
def results() -> dict[str, Any]:
    """A study that has just begun."""
    return {
        "material": {"name": "methanol", "smiles": "CO"},
        "protocol": "draft",
        "levels": dict.fromkeys(("reference", "molecule", "dimers"), "GFN2-xTB"),
        "species": None,
        "scans": [],
        "qm": {"points": 0, "failed_points": 0, "cached_points": 0, "cpu_seconds": 0.0},
        "dipoles": None,
        "force_field": None,
        "simulation": None,
        "properties": {"density": None},
        "reference": {"density": {"value": 0.8, "unit": "g/cm3", "source": "a handbook"}},
    }


@pytest.fixture
def finished(results: dict[str, Any]) -> dict[str, Any]:
    """The same study at its end."""
    diagnostics = {
        "rmse_interaction": 0.25 * KCAL_PER_MOL,
        "rmse_interaction_start": 0.5 * KCAL_PER_MOL,
        "rmse_interaction dimers liquid": 0.2 * KCAL_PER_MOL,
    }
    return results | {
        "species": {
            "atoms": 6,
            "atom_types": 4,
            "bond": 3,
            "angle": 3,
            "dihedral": 1,
            "improper": 0,
        },
        "scans": [
            {"kind": "bond", "points": 5, "status": "converged"},
            {"kind": "pair", "points": 8, "status": "unmet"},
        ],
        "qm": {"points": 13, "failed_points": 1, "cached_points": 5, "cpu_seconds": 22.4},
        "dipoles": {"gas": {"charges": 1.75, "qm": 1.67}},
        "force_field": {
            "terms": [{"parameters": {"D": 1.0, "alpha": 1.0, "r0": 1.0}}],
            "diagnostics": diagnostics,
        },
        "simulation": {"molecules": 150, "atoms": 900},
        "properties": {
            "density": {
                "value": 0.76,
                "standard_error": 0.004,
                "unit": "g/cm3",
                "temperature": 298.15,
                "pressure": 1.01325,
                "production": [20.0, 20.0],
            }
        },
    }


def test_every_stage_shows_its_numbers(finished: dict[str, Any]) -> None:
    said = {box.title: " | ".join(box.lines) for box in boxes(finished)}
    assert said["Material"] == "methanol | CO | protocol draft"
    assert "6 atoms, 4 types" in said["Species"]
    assert "1 dihedral" in said["Species"]
    assert "improper" not in said["Species"]
    assert "dipole 1.67 D, | of the charges 1.75 D" in said["Reference"]
    assert "1 of 2 converged | 6.5 points each" in said["Scans"]
    assert "13 points, 1 failed" in said["QM points"]
    assert "5 cached; 22 CPU-s" in said["QM points"]
    assert "3 parameters" in said["Force field"]
    assert "dimers 0.50 → 0.25" in said["Force field"]
    assert "150 molecules" in said["Molecular dynamics"]
    assert "2 runs of 20 ps" in said["Molecular dynamics"]
    assert said["Density"] == "0.760 ± 0.004 g/cm³ | measured 0.800 g/cm³ | deviation −5.0%"


def test_no_box_holds_more_lines_than_fit(finished: dict[str, Any]) -> None:
    assert max(len(box.lines) for box in boxes(finished)) <= 4


def test_what_is_not_there_yet_is_said_so(results: dict[str, Any]) -> None:
    said = {box.title: box.lines for box in boxes(results)}
    for title in ("Species", "Reference", "Scans", "Force field", "Density"):
        assert said[title] == ("not there yet",)


def test_the_loop_through_the_liquid_is_drawn_only_where_there_was_one(
    results: dict[str, Any], finished: dict[str, Any]
) -> None:
    def arrows(content: dict[str, Any]) -> int:
        (axes,) = draw_chain(content, "title").axes
        return sum(isinstance(patch, FancyArrowPatch) for patch in axes.patches)

    assert arrows(finished) == arrows(results) + 1
