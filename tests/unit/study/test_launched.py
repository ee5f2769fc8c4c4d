"""Which studies are the same."""

from pathlib import Path

from aiida_forcefield.study.file import load_study
from aiida_forcefield.study.launched import fingerprint


def test_resources_and_measured_values_make_no_other_study(study: Path) -> None:
    before = fingerprint(load_study(study))
    more = "reference: {density: {value: 1.0, unit: g/cm3, source: x}}\n"
    text = study.read_text()
    study.write_text(text + more + "resources: {qm: {walltime: '01:00:00'}}\n")
    assert fingerprint(load_study(study)) == before
    study.write_text(text + "overrides: {simulation: {seeds: [7]}}\n")
    assert fingerprint(load_study(study)) != before


def test_code_of_an_engine_that_is_not_used_makes_no_other_study(study: Path) -> None:
    before, text = fingerprint(load_study(study)), study.read_text()
    study.write_text(text + "codes: {openmm: openmm@elsewhere}\n")
    assert fingerprint(load_study(study)) == before
    study.write_text(text + "overrides: {simulation: {engine: openmm}}\n")
    assert fingerprint(load_study(study)) != before


def test_file_of_a_material_is_part_of_the_study(study: Path) -> None:
    material = "{name: h, file: h.xyz, charge: 0, multiplicity: 1}"
    study.write_text(study.read_text().replace("{name: methanol, smiles: CO}", material))
    prints = set()
    for length in (0.74, 0.75):
        (study.parent / "h.xyz").write_text(f"2\n\nH 0 0 0\nH 0 0 {length}\n")
        prints.add(fingerprint(load_study(study)))
    assert len(prints) == 2


def test_amounts_and_properties_make_another_study(mixture: Path) -> None:
    prints, text = set(), mixture.read_text()
    for changed in (
        text,
        text.replace("methanol: 1}", "methanol: 2}"),
        text.replace("mole:", "mass:"),
        text.replace("pressure: 1.01325", "pressure: 2"),
        text.replace("- density", "- heat_of_vaporization"),
    ):
        mixture.write_text(changed)
        prints.add(fingerprint(load_study(mixture)))
    assert len(prints) == 5
