"""The results of a study as tables."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from aiida.orm import WorkChainNode
from rich.console import Console

from aiida_forcefield.cli.terminal.results import print_results
from aiida_forcefield.potentials import DataError, Diagnostics
from aiida_forcefield.potentials.diagnostics import Evidence, Outliers, ThreeBody
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.scans import Origin
from aiida_forcefield.serial import dismantle
from aiida_forcefield.study.results import collect_results, force_field_results
from aiida_forcefield.units import KCAL_PER_MOL
from tests.fields import MIXTURES, build
from tests.unit.study.nodes import HEAT, diagnostics


def test_table_shows_errors_flags_and_deviation(hydrogen: WorkChainNode) -> None:
    console = Console(width=80, record=True, file=StringIO())
    print_results(collect_results(hydrogen), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    words = [" ".join(line.split()) for line in text.splitlines()]
    assert "H1-H1 4.70 ± 0.10 1.900 ± 0.050* 0.7400 ± 0.0010" in words
    assert "bond H1-H1, D: at upper bound" in words
    assert any(line.startswith("1 scf_not_converged: The electronic") for line in words)
    assert "* as uncertain as its prior: the data do not determine it" in words
    assert "dimers: all 0.50 0.25 kcal/mol" in words
    assert "dimers: worst scan, pair H1-H1 0.75 0.35 kcal/mol" in words
    assert "Density at 298.15 K, 1.01325 bar" in words
    assert "predicted 0.8000 ± 0.0303" in words
    assert "of which statistics ± 0.0040" in words
    assert "from the pressure of pairs ± 0.0300" in words
    assert "three-body dispersion, outwards +312 bar" in words
    assert "measured (a handbook) 0.7863" in words
    assert "deviation +1.7%" in words
    be_careful = words.index("Be careful")
    warnings = words[be_careful + 1 :]
    assert "- 1 of 3 QM points failed." in warnings
    assert any(w.startswith("- The pressure of pairs is known to 400 bar, not") for w in warnings)


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        (None, "bond H1-H1: uncertain by 14% of its window, after 16 points"),
        ("the energy jumps", "bond H1-H1: the energy jumps, after 16 points"),
    ],
)
def test_table_says_why_a_scan_has_not_converged(
    hydrogen: WorkChainNode, flaw: str | None, expected: str
) -> None:
    scan = {
        "name": "bond H1-H1",
        "species": ["hydrogen"],
        "status": "unmet",
        "error_estimate": 0.137,
        "points": 16,
    }
    results = collect_results(hydrogen) | {"scans": [{**scan, "flaw": flaw}]}
    console = Console(width=80, record=True, file=StringIO())
    print_results(results, console)
    text = console.export_text()
    assert "1 scans, 0 converged" in text
    assert expected in text


def printed(results: dict[str, Any]) -> list[str]:
    """Lines of the terminal, with single spaces."""
    console = Console(width=80, record=True, file=StringIO())
    print_results(results, console)
    lines = console.export_text().splitlines()
    return [" ".join(line.split()) for line in lines]


def test_each_property_has_a_table(hydrogen: WorkChainNode) -> None:
    results = collect_results(hydrogen)
    heat = {"properties": {**results["properties"], "heat": HEAT}}
    heat |= {"grades": {**results["grades"], "heat": {"grade": "good", "reasons": []}}}
    words = printed(results | heat)
    assert words[1].startswith("density 0.800 ± 0.030 g/cm3: rough (")
    assert words[2] == "heat 37.40 ± 0.25 kJ/mol: good"
    heading = words.index("Heat of vaporization at 298.15 K, 1.01325 bar")
    assert heading > words.index("Density at 298.15 K, 1.01325 bar")
    assert words[heading + 3] == "predicted 37.40 ± 0.25"
    assert words[heading + 4] == "of which three-body dispersion -0.50"


def of_mixture() -> Diagnostics:
    """What a fit of water and methanol says of itself."""
    pair = ("water", "MeOH")
    one, two = 1.0 * KCAL_PER_MOL, 0.5 * KCAL_PER_MOL
    found = diagnostics(
        DataError("energy", "eV", 30, two, one, one),
        DataError("hessian", "1/cm", 9, 40.0, 90.0),
        DataError("interaction", "eV", 30, two, one),
        DataError("interaction", "eV", 10, two, one, one, pair, Origin("liquid")),
    )
    return replace(
        found,
        outliers=(Outliers(pair, Origin("squeezed"), 2),),
        evidence=(Evidence("bond", "morse", "harmonic_bond", 1.1, 3.6, False),),
    )


def test_of_several_species_each_is_named(hydrogen: WorkChainNode) -> None:
    _, field = build(*MIXTURES["water and methanol"])
    found = force_field_results(replace(field, diagnostics=of_mixture()))
    both = {"charges": 1.9, "qm": 1.8, "potential_error": 0.2}
    errors = [
        DataError("energy", "eV", 2, 0.1 * KCAL_PER_MOL, species=("water",)),
        DataError("gradient", "eV/Å", 2, 0.1, species=("water",)),
        replace(of_mixture().errors[-1], fitted=KCAL_PER_MOL),
    ]
    told = [dismantle(each)[0] for each in errors]
    results = collect_results(hydrogen) | {
        "force_field": found,
        "species": {"water": {}, "MeOH": {}},
        "dipoles": {key: {"gas": both, "solvated": both} for key in ("water", "MeOH")},
        "validation": [{"points": 12, "errors": told, "liquid": None}],
    }
    words = printed(results)
    assert any(line.startswith("MeOH:C1-MeOH:O1 ") for line in words)
    assert any(line.startswith("MeOH:H2-water:O1 ") for line in words)
    assert any(line.startswith("water:H1 / e ") for line in words)
    assert "water: dipole / D 1.90 (QM 1.80)" in words
    assert "molecules: energies 1.00 0.50 1.00 kcal/mol" in words
    assert "molecules: frequencies 90 40 1/cm" in words
    assert "dimers: water-MeOH, liquid 1.00 0.50 1.00 kcal/mol" in words
    assert "water-MeOH squeezed: 2 points disagree with all others; left out" in words
    said = " ".join(words)
    assert "morse 1.10, harmonic_bond 3.60" in said
    assert "12 points, foreseen within water 0.10, water-MeOH liquid 1.00 kcal/mol" in said


def test_of_one_species_none_is_named() -> None:
    _, field = build({"MeOH": "CO"}, MIXTURES["water and methanol"][1], {})
    found = force_field_results(field)
    assert found["terms"][0]["name"] == "bond MeOH:C1-MeOH:O1"
    assert found["terms"][0]["label"] == "C1-O1"
    assert [row["label"] for row in found["charges"]] == ["C1", "O1", "H1", "H2"]


def test_polarizable_electrostatics(hydrogen: WorkChainNode) -> None:
    _, field = build({"MeOH": "CO"}, MIXTURES["water and methanol"][1], {})
    polarizable = Polarizable(
        field.electrostatics.charges("gas"),
        (BondDipole("MeOH:O1", "MeOH:C1", 0.04), BondDipole("MeOH:O1", "MeOH:H2", -0.06)),
        {"MeOH:C1": 1.9, "MeOH:O1": 1.234},
        dict.fromkeys(field.electrostatics.charges("gas"), 1.0),
        0.31,
    )
    three_body = ThreeBody(0.31, 0.02, 8, 0.87, 0.05 * KCAL_PER_MOL)
    known = replace(diagnostics(), three_body=three_body)
    found = force_field_results(replace(field, electrostatics=polarizable, diagnostics=known))
    gas = {"charges": 1.7, "qm": 1.67, "potential_error": 0.1}
    results = collect_results(hydrogen) | {
        "force_field": found,
        "species": {"MeOH": {}},
        "dipoles": {"MeOH": {"gas": gas}},
    }
    words = printed(results)
    (oxygen,) = (line for line in words if line.startswith("O1 -") and "1.234" in line)
    assert oxygen.endswith("1.234 C1 +0.040, H2 -0.060")
    assert "dipole / D 1.70 (QM 1.67)" in words
    assert "potential missed 10%" in words
    said = " ".join(words)
    assert "three-body energies of 8 trimers: 0.87 times those of QM, RMSE 0.05 kcal/mol" in said
    assert found["polarization"]["damping"] == 0.31


def test_a_form_of_many_parameters_has_several_tables(hydrogen: WorkChainNode) -> None:
    _, field = build({"MeOH": "CO"}, "morse harmonic_angle fourier overlap", {})
    results = collect_results(hydrogen) | {
        "force_field": force_field_results(field),
        "species": {"MeOH": {}},
        "dipoles": {},
    }
    words = printed(results)
    assert "nonbonded A / eV P / eV T / eV rho / Å" in words
    assert "nonbonded C6 / eV Å⁶ C8 / eV Å⁸" in words
    for label in ("C1", "O1", "H1", "H2"):
        assert sum(line.startswith(f"{label} ") for line in words) == 3  # and their charges
