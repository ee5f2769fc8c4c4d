"""Protocols are complete and valid, and wrong overrides are refused in one line."""

import re
from typing import Any

import pytest

from aiida_forcefield.fitting.settings import Settings as FitSettings
from aiida_forcefield.runner.parameters import check_parameters
from aiida_forcefield.surrogate import Settings as LearningSettings
from aiida_forcefield.workflows.protocols import describe, get_protocol, protocol_names


def test_names_from_cheap_to_dear() -> None:
    assert protocol_names() == ("draft", "fast", "balanced")


@pytest.mark.parametrize("name", protocol_names())
def test_protocol_is_valid(name: str) -> None:
    settings = get_protocol(name)
    assert describe(name)
    for part in ("reference", "molecule", "dimers"):
        check_parameters(settings[part])
    for part in ("molecule", "pairs"):
        LearningSettings(**settings["learning"][part])
    FitSettings(**settings["fit"])


@pytest.mark.parametrize("name", ["fast", "balanced"])
def test_polarizability_has_the_basis_of_the_molecule(name: str) -> None:
    settings = get_protocol(name)
    assert settings["polarizability"]["structure"] == settings["molecule"]["structure"]


def test_protocols_differ_and_share_nothing() -> None:
    first = get_protocol("fast")
    first["molecule"]["mean_field"]["xc"] = "changed"
    assert get_protocol("fast")["molecule"]["mean_field"]["xc"] != "changed"
    assert "mean_field" not in get_protocol("draft")["molecule"]
    assert get_protocol("balanced")["molecule"]["relaxation"] == {
        "engine": "pyscf",
        "max_steps": 100,
    }


def test_unknown_protocol() -> None:
    allowed = "allowed: draft, fast, balanced"
    with pytest.raises(ValueError, match=f"protocol 'quick' is unknown; {allowed}"):
        get_protocol("quick")


def test_overrides_are_merged_recursively() -> None:
    overrides = {
        "reference": {"mean_field": {"grids": {"level": 3}}},
        "molecule": {"mean_field": {"grids": {"level": 3}}},
        "dimers": {"structure": {"basis": {"default": "aug-cc-pvdz", "H": "cc-pvdz"}}},
        "electrostatics": "fixed",
        "polarizability": None,
        "sampling": {"random": 0},
        "fit": {"dispersion_width": 0.1, "forms": {"nonbonded": "lennard_jones"}},
    }
    before, after = get_protocol("fast"), get_protocol("fast", overrides)
    assert after["molecule"]["mean_field"] == before["molecule"]["mean_field"] | {
        "grids": {"level": 3}
    }
    assert after["dimers"]["structure"]["basis"]["H"] == "cc-pvdz"
    assert after["sampling"] == before["sampling"] | {"random": 0}
    forms = {"nonbonded": "lennard_jones"}
    assert after["fit"] == {"dispersion_width": 0.1, "forms": forms}
    assert after["simulation"] == before["simulation"]
    assert "polarizability" not in after


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        # unknown keys
        (
            {"speed": 3},
            "speed: is unknown; allowed: crystal, dimers, electrostatics",
        ),
        ({"learning": {"pairs": {"tolerence": 0.1}}}, "learning.pairs.tolerence: is unknown"),
        ({"molecule": {"relaxtion": {}}}, "molecule: unknown key 'relaxtion'; did you mean"),
        ({"fit": {"energy_eror": 0.1}}, "fit.energy_eror: is unknown"),
        # wrong types
        ({"sampling": {"random": "many"}}, "sampling.random: 'many' must be a valid integer"),
        ({"sampling": 3}, "sampling: 3 must be a mapping"),
        ({"max_concurrent": {"a": 1}}, "max_concurrent: {'a': 1} must be a valid integer"),
        ({"simulation": {"frames": True}}, "simulation.frames: True must be a valid integer"),
        ({"learning": {"pairs": {"noise": "1e-4"}}}, "learning.pairs.noise: '1e-4' must be"),
        ({"dimers": {"gradient": "yes"}}, "dimers: gradient: 'yes' has the wrong type"),
        ({"polarizability": {"polarizability": False}}, "polarizability.polarizability: is miss"),
        ({"polarizability": {"reference": {}}}, "polarizability: not with reference"),
        ({"dimers": {"interaction": {"counterpoise_fraction": 0.5}}}, "interaction: {'counter"),
        ({"dimers": {"correlation": "mp2"}}, "dimers.correlation: 'mp2' must be a mapping with"),
        (
            {"simulation": {"engine": "gromacs"}},
            "simulation.engine: 'gromacs' must be one of lammps",
        ),
        ({"liquid": {"engine": "LAMMPS"}}, "liquid.engine: 'LAMMPS' must be one of lammps, openmm"),
        ({"simulation": {"engine": None}}, "simulation.engine: is missing"),
        ({"simulation": {"engine": 3}}, "simulation.engine: 3 must be a valid string"),
        (
            {"simulation": {"engine": {"name": "openmm"}}},
            "simulation.engine: {'name': 'openmm'} must",
        ),
        ({"spread": {"engine": "openmm"}}, "spread.engine: is unknown"),
        (
            {"sampling": {"most_liquid": 3}},
            "sampling.most_liquid: 3 is not allowed, it must be at least sampling.liquid, 20",
        ),
        ({"spread": {"production": 0.1}}, "spread.production: 0.1 must be greater"),
        ({"calibration": {"basis": "aug-cc-pvtz"}}, "calibration: is unknown; allowed: crystal"),
        # impossible values
        ({"simulation": {"atoms": -5}}, "simulation.atoms: -5 must be greater than or equal to 1"),
        ({"simulation": {"cutoff": float("nan")}}, "simulation.cutoff"),
        (
            {"simulation": {"production": 0}},
            "simulation.production: 0 must be greater than or equal",
        ),
        (
            {"liquid": {"production": 1.0}},
            "liquid.production: 1.0 must be greater than or",
        ),
        ({"simulation": {"cutoff": 5}}, "simulation.cutoff: 5 must be greater than or equal to 6"),
        ({"liquid": {"equilibration": 2e-4}}, "liquid.equilibration: 0.0002 must be greater than"),
        ({"spread": {"equilibration": 0.5}}, "spread.equilibration: 0.5 must be greater than"),
        (
            {"simulation": {"seeds": [2000000000]}},
            "simulation.seeds.0: 2000000000 must be less than",
        ),
        (
            {"simulation": {"production": 30.0, "frames": 10**8}},
            "simulation: frames: 100000000 is not allowed, 30 ps have up to",
        ),
        ({"simulation": {"seeds": []}}, "simulation.seeds: [] must have at least 1 item"),
        ({"simulation": {"seeds": [1, 1]}}, "simulation.seeds: [1, 1] must hold each seed once"),
        ({"liquid": {"frames": 1}}, "liquid.frames: 1 must be greater than or equal to 2"),
        ({"learning": {"pairs": {"tolerance": 2}}}, "learning.pairs: tolerance: 2"),
        ({"fit": {"energy_error": 0}}, "fit: energy_error: 0"),
        ({"fit": {"forms": {"bnod": "morse"}}}, "fit: forms: 'bnod' is no kind; allowed: bond,"),
        ({"fit": {"forms": {"bond": "mors"}}}, "fit: forms: bond 'mors'; allowed: morse, harmonic"),
        ({"fit": {"forms": ["morse"]}}, "fit.forms: ['morse'] must be an object"),
        ({"molecule": {"relaxation": {"engine": "g16"}}}, "molecule: relaxation.engine: 'g16'"),
        ({"dimers": {"correlation": None, "mean_field": {"method": "UHF"}}}, "needs RHF or RKS"),
        ({"reference": {"reference": {"shells": []}}}, "reference: reference.shells: []"),
        ({"reference": {"reference": {"density": "x"}}}, "reference: reference.density: 'x'"),
        ({"reference": {"reference": {"solvated": False}}}, "unknown key 'solvated'"),
        # misspelt names
        ({"dimers": {"structure": {"basis": "aug-cc-pvdzz"}}}, "did you mean 'augccpvdz'?"),
        (
            {"molecule": {"mean_field": {"xc": "pbe00"}}},
            "molecule: mean_field.xc: 'pbe00' is no functional",
        ),
        # contradictory
        (
            {"molecule": {"structure": {"basis": "def2-tzvpd"}}},
            "reference: must have the same level",
        ),
        ({"molecule": {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}}, "the same level"),
        # removed, but needed
        ({"sampling": {"random": None}}, "sampling.random: is missing"),
        ({"simulation": None}, "simulation: is missing"),
        (
            {"simulation": {"gas": {"production": 0}}},
            "simulation.gas.production: 0 must be greater than or equal",
        ),
        (
            {"properties": {"density": {"target_error": 0}}},
            "properties: density.target_error: 0 must be greater than 0",
        ),
        (
            {"properties": {"density": {"relative_error": 0.1}}},
            "properties: density.relative_error is unknown; allowed: target_error",
        ),
        ({"properties": {"viscosity": {}}}, "properties.viscosity: is unknown; allowed: comp"),
        ({"properties": {"density": 0.1}}, "must be a mapping"),
        ({"properties": {"thermal_expansion": {"relative_error": "x"}}}, "'x' must be a valid"),
        ({"molecule": None}, "molecule: engine: None is not one of "),
        ({"reference": {"reference": None}}, "reference.reference: is missing"),
        ({"dimers": {"interaction": None}}, "dimers.interaction: is missing"),
        ({"dimers": {"interaction": False}}, "dimers.interaction: is missing"),
    ],
)
def test_wrong_override(overrides: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)) as caught:
        get_protocol("fast", overrides)
    assert "\n" not in str(caught.value)


def test_form_whose_parts_no_engine_tells() -> None:
    overlap = {"fit": {"forms": {"nonbonded": "overlap"}}}
    assert get_protocol("fast", overlap)["fit"] == overlap["fit"]
    with pytest.raises(ValueError, match="the engine of dimers, tblite, does not tell"):
        get_protocol("draft", overlap)
