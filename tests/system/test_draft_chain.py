"""The whole chain at the protocol ``draft``, with real QM: a liquid, a mixture, and one ion."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .studies import LITHIUM, METHANOL, MIXTURE

if TYPE_CHECKING:
    from .conftest import Installation

pytestmark = pytest.mark.system

SCRIPT = str(Path(__file__).with_name("behind.py"))
STUDIES = {"methanol": METHANOL, "mixture": MIXTURE, "lithium": LITHIUM}


@pytest.fixture(scope="module")
def studies(installation: "Installation", tmp_path_factory: pytest.TempPathFactory) -> Any:
    """PK of each study, all of which ran side by side and ended well."""
    folder, pks = tmp_path_factory.mktemp("studies"), {}
    for name, text in STUDIES.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        pks[name] = installation.launch(path)
    for pk in pks.values():
        assert installation.wait(pk)["status"] == "finished"
    return pks


def assert_neutral(results: dict[str, Any], members: dict[str, int], charge: int = 0) -> None:
    """The charges of the atoms of a species add up to its own, in both phases."""
    for kind in ("liquid", "gas"):
        charges = {row["type"]: row[kind] for row in results["force_field"]["charges"]}
        total = sum(charges[name] * count for name, count in members.items())
        assert total == pytest.approx(charge, abs=1e-9)


def test_liquid(installation: "Installation", studies: dict[str, int]) -> None:
    results = installation.show(studies["methanol"])
    density = results["properties"]["density"]
    assert results["protocol"] == "draft"
    assert results["species"]["methanol"]["smiles"] == "CO"
    assert results["qm"]["points"] > 30
    assert results["qm"]["cpu_seconds"] > 0
    # A sane liquid; how near it comes to experiment is no matter of a tiny study.
    assert 0.4 < density["value"] < 1.2
    assert density["unit"] == "g/cm3"
    assert 0 < density["standard_error"] < 0.2
    heat = results["properties"]["heat_of_vaporization"]
    assert 5 < heat["value"] < 100
    assert heat["unit"] == "kJ/mol"
    kinds = {term["kind"] for term in results["force_field"]["terms"]}
    assert kinds == {"bond", "angle", "dihedral", "nonbonded"}
    members = {"methanol:C1": 1, "methanol:O1": 1, "methanol:H1": 3, "methanol:H2": 1}
    assert_neutral(results, members)
    assert len(results["validation"]) == 2


def test_mixture(installation: "Installation", studies: dict[str, int]) -> None:
    results = installation.show(studies["mixture"])
    species = results["species"]
    assert {name: row["fraction"] for name, row in species.items()} == {
        "water": 0.5,
        "methanol": 0.5,
    }
    assert 0.5 < results["properties"]["density"]["value"] < 1.3
    assert results["force_field"]["species"] == ["methanol", "water"]
    assert_neutral(results, {"water:O1": 1, "water:H1": 2})
    members = {"methanol:C1": 1, "methanol:O1": 1, "methanol:H1": 3, "methanol:H2": 1}
    assert_neutral(results, members)
    assert set(results["dipoles"]) == {"water", "methanol"}


def test_ion(installation: "Installation", studies: dict[str, int]) -> None:
    results = installation.show(studies["lithium"])
    assert results["properties"] == {}
    assert results["species"]["lithium_ion"]["charge"] == 1
    assert {term["kind"] for term in results["force_field"]["terms"]} == {"nonbonded"}
    (charge,) = results["force_field"]["charges"]
    assert (charge["gas"], charge["liquid"]) == (1.0, 1.0)


def test_tables_and_status(installation: "Installation", studies: dict[str, int]) -> None:
    table = installation.forcefield("show", str(studies["methanol"]))
    assert "C1-O1" in table
    assert "Density at 298.15 K" in table
    assert "water:O1" in installation.forcefield("show", str(studies["mixture"]))
    assert "finished" in installation.forcefield("status", str(studies["methanol"]))


@pytest.mark.parametrize(
    ("study", "clusters"),
    [
        ("methanol", [["methanol"], ["methanol", "methanol"]]),
        (
            "mixture",
            [
                ["methanol"],
                ["methanol", "methanol"],
                ["methanol", "water"],
                ["water"],
                ["water", "water"],
            ],
        ),
        ("lithium", [["lithium_ion"], ["lithium_ion", "lithium_ion"]]),
    ],
)
def test_every_result_leads_back_to_all_qm_and_inputs(
    installation: "Installation", studies: dict[str, int], study: str, clusters: list[list[str]]
) -> None:
    """From properties and force field to the QM of each species and pair, without a gap."""
    found = json.loads(installation.verdi("run", SCRIPT, str(studies[study])).splitlines()[-1])
    assert found["jobs"]
    results = found["results"]
    assert set(results) - {"force_field"} == set(installation.show(studies[study])["properties"])
    for label, behind in results.items():
        assert behind["clusters"] == clusters, label
        assert behind["species"] == found["species"], label
        assert behind["jobs"] == found["jobs"], label
        assert found["mixture"] in behind["inputs"], label
        if label != "force_field":
            assert behind["states"], label
    assert not found["orphans"]


def test_parameter_leads_to_its_scan(installation: "Installation", studies: dict[str, int]) -> None:
    """From one parameter, r0 of the bond C1-O1, to the scan that determined it."""
    found = json.loads(installation.verdi("run", SCRIPT, str(studies["methanol"])).splitlines()[-1])
    assert "bond C1-O1" in found["scans"]
