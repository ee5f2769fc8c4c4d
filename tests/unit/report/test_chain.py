"""The picture of the chain says what the results say."""

from typing import Any

import pytest
from matplotlib.patches import FancyArrowPatch

from aiida_forcefield.report import draw_chain
from aiida_forcefield.report.chain import boxes
from aiida_forcefield.scans import Origin
from aiida_forcefield.serial import dismantle
from tests.unit.study.nodes import diagnostics, interaction

METHANOL = {
    "smiles": "CO",
    "charge": 0,
    "fraction": 1.0,
    "atoms": 6,
    "atom_types": 4,
    "bond": 3,
    "angle": 3,
    "dihedral": 1,
    "improper": 0,
}


@pytest.fixture
def results() -> dict[str, Any]:
    """A study that has just begun."""
    return {
        "title": "methanol",
        "protocol": "draft",
        "levels": dict.fromkeys(("reference", "molecule", "dimers"), "GFN2-xTB"),
        "species": {},
        "scans": [],
        "qm": {"points": 0, "failed_points": 0, "cached_points": 0, "cpu_seconds": 0.0},
        "dipoles": {},
        "force_field": None,
        "simulations": {},
        "properties": {},
        "reference": {"density": {"value": 0.8, "unit": "g/cm3", "source": "a handbook"}},
    }


@pytest.fixture
def finished(results: dict[str, Any]) -> dict[str, Any]:
    """The same study at its end."""
    found = diagnostics(interaction(0.25, 0.5), interaction(0.2, 0.4, Origin("liquid")))
    return results | {
        "species": {"methanol": METHANOL},
        "scans": [
            {"kind": "bond", "points": 5, "status": "converged"},
            {"kind": "pair", "points": 8, "status": "unmet"},
        ],
        "qm": {"points": 13, "failed_points": 1, "cached_points": 5, "cpu_seconds": 22.4},
        "dipoles": {"methanol": {"gas": {"charges": 1.75, "qm": 1.67}}},
        "force_field": {
            "terms": [{"parameters": {"D": 1.0, "alpha": 1.0, "r0": 1.0}}],
            "diagnostics": dismantle(found)[0],
        },
        "simulations": {
            "liquid_0": {"phase": "liquid", "molecules": {"methanol": 150}, "atoms": 900}
        },
        "properties": {
            "density": {
                "property": "density",
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
    for title in ("Species", "Reference", "Scans", "Force field", "Property"):
        assert said[title] == ("not there yet",)


def test_the_loop_through_the_liquid_is_drawn_only_where_there_was_one(
    results: dict[str, Any], finished: dict[str, Any]
) -> None:
    def arrows(content: dict[str, Any]) -> int:
        (axes,) = draw_chain(content, "title").axes
        return sum(isinstance(patch, FancyArrowPatch) for patch in axes.patches)

    assert arrows(finished) == arrows(results) + 1


def test_a_mixture_has_its_species_named(finished: dict[str, Any]) -> None:
    mole = {"methanol": {**METHANOL, "fraction": 0.25}, "ethanol": {**METHANOL, "fraction": 0.75}}
    qm = {"methanol": 1.67, "ethanol": 1.5}
    dipoles = {name: {"gas": {"charges": 1.75, "qm": dipole}} for name, dipole in qm.items()}
    mixed = finished | {"title": "both", "species": mole, "dipoles": dipoles}
    mixed["simulations"]["liquid_0"]["molecules"] = {"methanol": 50, "ethanol": 150}
    said = {box.title: " | ".join(box.lines) for box in boxes(mixed)}
    assert said["Material"] == "both | 2 species | protocol draft"
    assert said["Species"] == "methanol: 0.25, 4 types | ethanol: 0.75, 4 types"
    assert "up to 0.25 D off" in said["Reference"]
    assert "200 molecules" in said["Molecular dynamics"]
    many = mixed | {"species": {f"S{place}": METHANOL for place in range(9)}}
    lines = next(box.lines for box in boxes(many) if box.title == "Species")
    assert (len(lines), lines[-1]) == (4, "and 6 more")


def test_further_properties_are_counted(finished: dict[str, Any]) -> None:
    heat = {**finished["properties"]["density"], "property": "heat_of_vaporization"}
    more = finished | {"properties": {**finished["properties"], "heat_of_vaporization": heat}}
    said = {box.title: box.lines for box in boxes(more)}
    assert said["Density"][-1] == "and 1 other"
    assert len(said["Density"]) <= 4
