"""A study that cannot be run is refused with one clear line, before anything is submitted."""

from pathlib import Path

import pytest

from aiida_forcefield.study.file import StudyError, load_study

METHANOL = "material: {name: methanol, smiles: CO}"
DENSITY = "- density: {temperature: 298.15, pressure: 1.01325}"


def study_text(
    material: str = METHANOL, protocol: str = "draft", prop: str = DENSITY, more: str = ""
) -> str:
    return f"{material}\nprotocol: {protocol}\nproperties:\n  {prop}\n{more}"


def test_valid_study_has_the_codes_of_setup_by_default(study: Path) -> None:
    file = load_study(study)
    assert file.study.codes.qm == "compute@localhost"
    assert file.study.properties[0].density.temperature == 298.15
    assert file.material() == {"name": "methanol", "smiles": "CO"}


def test_plain_words_are_what_they_look_like(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    density = "- density: {temperature: 3e2, pressure: 1.01325}"
    resources = "resources: {qm: {walltime: 12:00:00}}"
    path.write_text(study_text("material: {name: NO, smiles: NO}", "draft", density, resources))
    study = load_study(path).study
    assert (study.material.name, study.material.smiles) == ("NO", "NO")
    assert study.properties[0].density.temperature == 300.0
    assert study.resources.qm.walltime == "12:00:00"


def test_command_line_replaces_the_protocol(study: Path) -> None:
    assert load_study(study, protocol="fast").study.protocol == "fast"


def test_file_of_the_material_is_relative_to_the_study(tmp_path: Path) -> None:
    (tmp_path / "atom.xyz").write_text("1\n\nAr 0 0 0\n")
    path = tmp_path / "study.yaml"
    path.write_text(study_text("material: {name: Ar, file: atom.xyz, charge: 0, multiplicity: 1}"))
    file = load_study(path)
    assert file.material()["xyz"] == "1\n\nAr 0 0 0\n"
    assert file.species().symbols == ("Ar",)


UNREADABLE = {
    "python tag": (
        "material: !!python/object:os.system {}\n",
        ":1: the tag !!python/object:os.system is not allowed",
    ),
    "python call": (
        "a: 1\nb: !!python/object/apply:os.system ['true']\n",
        ":2: the tag !!python/object/apply:os.system is not allowed",
    ),
    "not YAML": ("material: {name: methanol\nprotocol: [", ": not readable as YAML"),
    "tab": ("material:\n\tname: x\n", ":2: not readable as YAML"),
    "alias": ("a: &x 1\nb: *x\n", ":2: aliases are not allowed"),
    "key twice": ("protocol: draft\nprotocol: fast\n", ":2: the key protocol is given twice"),
    "list": ("- 1\n", "a study has the keys material, protocol"),
    "empty": ("", "a study has the keys material, protocol"),
    "control character": ("a: \x00", "not readable as YAML"),
}


REFUSED = {
    "walltime in words": (
        study_text(more="resources: {qm: {walltime: two hours}}"),
        ":5: resources.qm.walltime: 'two hours' is not allowed: walltime should be hours:minutes",
    ),
    "walltime of nothing": (
        study_text(more="resources: {qm: {walltime: '00:00:00'}}"),
        "resources.qm.walltime: '00:00:00' is not allowed",
    ),
    "memory without a unit": (
        study_text(more="resources: {md: {memory: '4'}}"),
        "resources.md.memory: '4' is not allowed: memory should be a number of MB or GB",
    ),
    "no task": (
        study_text(more="resources: {md: {tasks: 0}}"),
        "resources.md.tasks: 0 is not allowed: it should be greater than or equal to 1",
    ),
    "unknown resource": (
        study_text(more="resources: {qm: {nodes: 3}}"),
        "resources.qm.nodes: unknown key; allowed: account, queue, walltime, memory, tasks, gpus",
    ),
    "GPUs of LAMMPS": (
        study_text(more="resources: {md: {gpus: 1}}"),
        "resources.md.gpus: unknown key; allowed: account, queue, walltime, memory, tasks",
    ),
    "no GPU": (
        study_text(more="resources: {qm: {gpus: 0}}"),
        "resources.qm.gpus: 0 is not allowed: it should be greater than or equal to 1",
    ),
    "unknown step": (
        study_text(more="resources: {dft: {}}"),
        "resources.dft: unknown key; allowed: qm, md",
    ),
    "unknown key": (study_text(more="colour: red"), ":5: colour: unknown key; allowed: material,"),
    "misspelt key": (
        study_text("material: {name: a, smile: CO}"),
        ":1: material.smile: unknown key; allowed: name, smiles, file, charge, multiplicity",
    ),
    "nothing to compute": (study_text("material: {name: a}"), "give either smiles or file"),
    "both sources": (
        study_text("material: {name: a, smiles: CO, file: a.xyz, charge: 0, multiplicity: 1}"),
        "give either smiles or file",
    ),
    "charge with an underscore": (
        study_text("material: {name: a, file: a.xyz, charge: 1_0, multiplicity: 1}"),
        "material.charge: '1_0' is not allowed: it should be a integer",
    ),
    "charge in octal": (
        study_text("material: {name: a, file: a.xyz, charge: 010, multiplicity: 1}"),
        "material.charge: '010' is not allowed: it should be a integer",
    ),
    "charge with SMILES": (
        study_text("material: {name: a, smiles: CO, charge: 0}"),
        "a SMILES carries its charge",
    ),
    "file without charge": (
        study_text("material: {name: a, file: a.xyz}"),
        "a file needs charge and multiplicity",
    ),
    "unquoted SMILES of an ion": (
        study_text("material: {name: a, smiles: [Li+]}"),
        "material.smiles: ['Li+'] is no text; put the value in quotes",
    ),
    "unknown protocol": (
        study_text(protocol="quick"),
        ":2: protocol: 'quick' is no protocol; allowed: draft, fast, balanced, stringent",
    ),
    "negative temperature": (
        study_text(prop="- density: {temperature: -3, pressure: 1}"),
        ":4: properties.0.density.temperature: -3 is not allowed: it should be greater than 0",
    ),
    "infinite temperature": (
        study_text(prop="- density: {temperature: .inf, pressure: 1}"),
        "properties.0.density.temperature: inf is not allowed",
    ),
    "missing pressure": (
        study_text(prop="- density: {temperature: 300}"),
        ":4: properties.0.density.pressure: is missing",
    ),
    "unknown property": (
        study_text(prop="- viscosity: {temperature: 300}"),
        "properties.0.viscosity: unknown key; allowed: density",
    ),
    "property without conditions": (
        study_text(prop="- density"),
        ":4: properties.0: 'density' has no keys; it needs some of: density",
    ),
    "two densities": (
        study_text(
            prop="- density: {temperature: 300, pressure: 1}\n"
            "  - density: {temperature: 310, pressure: 1}"
        ),
        ":3: properties: ",
    ),
    "no property": (
        "material: {name: a, smiles: CO}\nprotocol: draft\nproperties: []\n",
        ":3: properties: [] is not allowed",
    ),
    "unknown override": (
        study_text(more="overrides: {learning: {speed: 3}}"),
        ":5: overrides: overrides.learning.speed is unknown; allowed:",
    ),
    "reference in another unit": (
        study_text(more="reference: {density: {value: 786, unit: kg/m3, source: x}}"),
        "reference.density.unit: 'kg/m3' is not allowed: it should be 'g/cm3'",
    ),
}


@pytest.mark.parametrize(("text", "expected"), {**UNREADABLE, **REFUSED}.values())
def test_bad_study_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    message = caught.value.message
    assert message.startswith(str(path))
    assert expected in message
    assert "\n" not in message


def test_each_mistake_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(study_text("material: {name: 3, smiles: CO}", more="colour: red"))
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert len(caught.value.message.splitlines()) == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "binary"])
def test_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "study.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(path)


@pytest.mark.parametrize(
    ("smiles", "more", "expected"),
    [
        ("'[Li+]'", "", "only neutral molecules are allowed"),
        ("'[CH3]'", "", "only multiplicity 1 is allowed"),
        ("'F[U](F)(F)(F)(F)F'", "", "element U: no method here goes beyond Rn"),
        ("CO", "overrides: {density: {atoms: 30}}", "ask for at least"),
    ],
    ids=["ion", "radical", "actinide", "box too small"],
)
def test_material_without_a_liquid_is_refused(
    tmp_path: Path, smiles: str, more: str, expected: str
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(study_text(f"material: {{name: a, smiles: {smiles}}}", more=more))
    with pytest.raises(StudyError) as caught:
        load_study(path).species()
    assert expected in caught.value.message
    assert "\n" not in caught.value.message
