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
    assert file.study.codes.fit == "forcefield@localhost"
    assert file.study.properties == [{"density": {"temperature": 298.15, "pressure": 1.01325}}]
    assert file.sources() == {"methanol": {"smiles": "CO"}}
    assert file.system().names == ("methanol",)


def test_plain_words_are_what_they_look_like(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    density = "- density: {temperature: 3e2, pressure: 1.01325}"
    resources = "resources: {qm: {walltime: 12:00:00}}"
    path.write_text(study_text("material: {name: NO, smiles: NO}", "draft", density, resources))
    study = load_study(path).study
    assert (study.material.name, study.material.smiles) == ("NO", "NO")
    assert study.properties[0]["density"]["temperature"] == 300.0
    assert study.resources.qm.walltime == "12:00:00"


def test_command_line_replaces_the_protocol(study: Path) -> None:
    assert load_study(study, protocol="fast").study.protocol == "fast"


def test_file_of_the_material_is_relative_to_the_study(tmp_path: Path) -> None:
    (tmp_path / "atom.xyz").write_text("1\n\nAr 0 0 0\n")
    path = tmp_path / "study.yaml"
    path.write_text(study_text("material: {name: Ar, file: atom.xyz, charge: 0, multiplicity: 1}"))
    file = load_study(path)
    assert file.sources()["Ar"] == {"xyz": "1\n\nAr 0 0 0\n", "charge": 0, "multiplicity": 1}
    assert file.species()["Ar"].symbols == ("Ar",)


def test_name_of_a_species_is_made_from_the_title(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(study_text('material: {name: "1,2-dimethoxyethane (glyme)", smiles: COCCOC}'))
    file = load_study(path)
    assert file.title == "1,2-dimethoxyethane (glyme)"
    assert list(file.sources()) == ["1_2_dimethoxyethane_glyme"]


@pytest.mark.parametrize("properties", ["", "properties: []\n"])
def test_without_properties_nothing_is_simulated(tmp_path: Path, properties: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"material: {{name: lithium, smiles: '[Li+]'}}\nprotocol: draft\n{properties}")
    file = load_study(path)
    assert file.simulations() == {}
    assert file.system().charge == 1


def test_several_properties_of_one_state_need_one_liquid(tmp_path: Path) -> None:
    state = "{temperature: 298.15, pressure: 1.01325}"
    path = tmp_path / "study.yaml"
    path.write_text(
        study_text(
            prop=f"- density: {state}\n  - heat_of_vaporization: {state}\n  - density: "
            "{temperature: 310, pressure: 1.01325}"
        )
    )
    planned = load_study(path).simulations()
    assert [each.phase for each in planned] == ["liquid", "gas", "liquid"]
    labels = [[task.requested.label for task in tasks] for tasks in planned.values()]
    assert labels == [
        ["density", "heat_of_vaporization"],
        ["heat_of_vaporization"],
        ["density_2"],
    ]


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
    "list": ("- 1\n", "a study has the keys material, system, protocol"),
    "empty": ("", "a study has the keys material, system, protocol"),
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
        "resources.dft: unknown key; allowed: qm, md, fit",
    ),
    "tasks of the fit": (
        study_text(more="resources: {fit: {tasks: 4}}"),
        "resources.fit.tasks: unknown key; allowed: account, queue, walltime, memory",
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
        ":2: protocol: 'quick' is no protocol; allowed: draft, fast, balanced",
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
        "properties.0.viscosity: no such property; allowed: compressibility, density,",
    ),
    "property without conditions": (
        study_text(prop="- density"),
        ":4: properties.0: 'density' is not allowed: write a property with its state, - density: {",
    ),
    "properties without a list": (
        "material: {name: a, smiles: CO}\nprotocol: draft\nproperties: density\n",
        ": properties: no list; write a property with its state, - density: {temperature: 298.15,",
    ),
    "override on a line of its own": (
        study_text(more="overrides:\n  learning: {}\n  sampling:\n    rounds: -1"),
        ":8: overrides.sampling.rounds: -1 must be greater than or equal to 0",
    ),
    "two properties in one entry": (
        study_text(prop="- {density: {}, viscosity: {}}"),
        ":4: properties.0: 2 properties in one entry of the list; give each an entry of its own",
    ),
    "temperature in quotes": (
        study_text(prop="- density: {temperature: '300', pressure: 1}"),
        "properties.0.density.temperature: '300' is not allowed: it should be a number",
    ),
    "unknown key of a property": (
        study_text(prop="- density: {temperature: 300, pressure: 1, cutoff: 9}"),
        ":4: properties.0.density.cutoff: unknown key; allowed: temperature, pressure",
    ),
    "request without keys": (
        study_text(prop="- density: 300"),
        ":4: properties.0.density: 300 has no keys",
    ),
    "unknown override": (
        study_text(more="overrides: {learning: {speed: 3}}"),
        ":5: overrides.learning.speed: is unknown; allowed:",
    ),
    "reference in another unit": (
        study_text(more="reference: {density: {value: 786, unit: kg/m3, source: x}}"),
        "reference.density.unit: 'kg/m3' is not allowed: it should be 'g/cm3'",
    ),
    "reference of nothing": (
        study_text(more="reference: {viscosity: {value: 1, unit: mPa s, source: x}}"),
        ":5: reference.viscosity: no such property; allowed: compressibility, density,",
    ),
    "neither material nor system": ("protocol: draft\n", ":1: study: give either material or sys"),
    "both material and system": (
        study_text(
            more="system: {name: a, species: [{name: a, smiles: O}], solvent: {mole: {a: 1}}}"
        ),
        "study: give either material or system",
    ),
}


SPECIES = """\
system:
  name: electrolyte
  species:
    - {name: EC, smiles: "O=C1OCCO1"}
    - {name: DMC, smiles: COC(=O)OC}
    - {name: Li, smiles: "[Li+]"}
    - {name: F, smiles: "[F-]"}
"""
AMOUNTS = """\
  solvent: {mass: {EC: 3, DMC: 7}}
  salt: {LiF: {of: [Li, F], molality: 1.0}}
"""


def system_text(species: str = SPECIES, amounts: str = AMOUNTS, prop: str = DENSITY) -> str:
    return f"{species}{amounts}protocol: draft\nproperties:\n  {prop}\n"


REFUSED_SYSTEMS = {
    "misspelt key of a species": (
        system_text(SPECIES.replace("DMC, smiles", "DMC, smile")),
        ":5: system.species.1.smile: unknown key; allowed: name, smiles, file, charge,",
    ),
    "species without a name": (
        system_text(SPECIES.replace("name: DMC, ", "")),
        ":5: system.species.1.name: is missing",
    ),
    "name of a species": (
        system_text(SPECIES.replace("name: DMC", "name: dimethyl carbonate")),
        ":5: system.species.1.name: 'dimethyl carbonate' is no name of a species: letters and digi",
    ),
    "species that is none": (
        system_text(SPECIES + "    - O\n"),
        ":8: system.species.4: 'O' has no keys; it needs some of: name, smiles, file,",
    ),
    "species twice": (
        system_text(SPECIES.replace("name: DMC", "name: EC")),
        ":1: system: species EC: given more than once",
    ),
    "no species": (
        system_text("system:\n  name: a\n  species: []\n"),
        ":3: system.species: [] is not allowed: it should have at least 1 item",
    ),
    "charge beside a SMILES": (
        system_text(SPECIES.replace('"[Li+]"', '"[Li+]", charge: 1')),
        ":6: system.species.2: a SMILES carries its charge",
    ),
    "no solvent": (
        system_text(amounts="  salt: {LiF: {of: [Li, F], molality: 1.0}}\n"),
        ":1: system.solvent: is missing",
    ),
    "two measures": (
        system_text(amounts="  solvent: {mass: {EC: 1}, mole: {DMC: 1}}\n"),
        ":8: system.solvent: give one of mole, mass and volume",
    ),
    "unknown measure": (
        system_text(amounts="  solvent: {weight: {EC: 1}}\n"),
        ":8: system.solvent.weight: unknown key; allowed: mole, mass, volume",
    ),
    "no part": (
        system_text(amounts="  solvent: {mass: {EC: 0}}\n"),
        ":8: system.solvent.mass.EC: 0 is not allowed: it should be greater than 0",
    ),
    "parts of nobody": (
        system_text(amounts="  solvent: {mass: {E C: 1}}\n"),
        "system.solvent.mass.E C: 'E C' is no name of a species",
    ),
    "salt of one ion": (
        system_text(amounts=AMOUNTS.replace("[Li, F]", "[Li]")),
        ":9: system.salt.LiF.of: {'Li': 1} is not allowed: it should have at least 2 items",
    ),
    "salt with an ion twice": (
        system_text(amounts=AMOUNTS.replace("[Li, F]", "[Li, Li, F]")),
        ":9: system.salt.LiF.of: an ion is named twice; give numbers, such as Li: 2",
    ),
    "salt without a concentration": (
        system_text(amounts=AMOUNTS.replace(", molality: 1.0", "")),
        ":9: system.salt.LiF: give either molality or molarity",
    ),
    "half an ion": (
        system_text(amounts=AMOUNTS.replace("[Li, F]", "{Li: 0.5, F: 1}")),
        ":9: system.salt.LiF.of.Li: 0.5 is not allowed",
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"), {**UNREADABLE, **REFUSED, **REFUSED_SYSTEMS}.values()
)
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
        ("'[Li+]'", "", ":3: properties: amounts: +1 e in all; a liquid must be neutral"),
        ("'[CH3]'", "", ":1: material.smiles: multiplicity 2"),
        ("'F[U](F)(F)(F)(F)F'", "", "element U: no method here goes beyond Rn"),
        ("CO", "overrides: {simulation: {atoms: 30}}", "ask for at least"),
        ("CO", "overrides: {liquid: {atoms: 30}}", "ask for at least"),
    ],
    ids=["ion", "radical", "actinide", "box too small", "preliminary box too small"],
)
def test_material_without_a_liquid_is_refused(
    tmp_path: Path, smiles: str, more: str, expected: str
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(study_text(f"material: {{name: a, smiles: {smiles}}}", more=more))
    with pytest.raises(StudyError) as caught:
        load_study(path).simulations()
    assert expected in caught.value.message
    assert "\n" not in caught.value.message


def test_boxes_do_not_matter_without_a_liquid(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    text = study_text(more="overrides: {simulation: {atoms: 30}}")
    path.write_text(text.replace(f"properties:\n  {DENSITY}\n", ""))
    assert load_study(path).simulations() == {}


def test_system_has_the_amounts_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(system_text())
    system = load_study(path).system()
    assert system.names == ("DMC", "EC", "F", "Li")
    assert system.charge == pytest.approx(0.0)
    dmc, ec, fluoride, lithium = system.amounts
    assert ec * 88.062 / (dmc * 90.078) == pytest.approx(3 / 7, rel=1e-4)
    assert lithium == fluoride == pytest.approx((ec * 88.062 + dmc * 90.078) / 1000, rel=1e-4)


@pytest.mark.parametrize(
    ("species", "amounts", "expected"),
    [
        (SPECIES, "  solvent: {mass: {EC: 3, DMC: 7}}\n", "species F, Li: has no amount"),
        (
            SPECIES,
            AMOUNTS.replace("DMC: 7", "PC: 7, DMC: 7"),
            "species PC: is not among the species",
        ),
        (
            SPECIES,
            AMOUNTS.replace("[Li, F]", "{Li: 2, F: 1}"),
            "salt LiF: +1 e in a formula unit; must be neutral",
        ),
        (
            SPECIES,
            AMOUNTS.replace("molality: 1.0", "molarity: 900"),
            "molarity: 900 mol/L leaves no room for a solvent",
        ),
        (
            SPECIES.replace("COC(=O)OC", '"O=C1OCCO1"'),
            AMOUNTS,
            "species DMC, EC, F, Li: two have the same structure",
        ),
    ],
    ids=["no amount", "unknown", "charged salt", "crowded", "same structure"],
)
def test_system_that_cannot_be_composed(
    tmp_path: Path, species: str, amounts: str, expected: str
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(system_text(species, amounts))
    with pytest.raises(StudyError) as caught:
        load_study(path).system()
    assert caught.value.message == f"{path}:1: system: {expected}"


def test_species_that_cannot_be_treated_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(system_text(SPECIES.replace("COC(=O)OC", "'CO('")))
    with pytest.raises(StudyError, match=r":5: system\.species\.1\.smiles: "):
        load_study(path).species()


def test_property_that_a_mixture_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(system_text(prop="- heat_of_vaporization: {temperature: 300, pressure: 1}"))
    with pytest.raises(StudyError, match=":11: properties: heat_of_vaporization: "):
        load_study(path).simulations()
