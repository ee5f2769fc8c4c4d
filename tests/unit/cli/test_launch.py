"""What a user sees of a study that cannot run: one line on stderr, exit code 2, no traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from aiida.manage.configuration import Profile
from aiida.orm import Computer, InstalledCode
from click.testing import Result

Invoke = Callable[..., Result]

XYZ = "material: {{name: a, file: a.xyz, charge: {charge}, multiplicity: {multiplicity}}}"


def assert_refused(result: Result, *expected: str) -> None:
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    for text in expected:
        assert text in line


def write_study(folder: Path, material: str) -> Path:
    path = folder / "study.yaml"
    density = "properties: [{density: {temperature: 298.15, pressure: 1.01325}}]"
    path.write_text(f"{material}\nprotocol: draft\n{density}\n")
    return path


def test_dry_run_prints_the_plan_without_a_profile(
    study: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a dry run loads no profile")

    monkeypatch.setattr("aiida.manage.manager.Manager.load_profile", refuse)
    result = invoke("-p", "no-such-profile", "launch", study, "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "C1 × 1, O1 × 1, H1 × 3, H2 × 1" in result.stdout
    assert "bond C1-O1" in result.stdout
    assert result.stdout.count("the real windows are about the QM minimum") == 1
    assert "QM points   at most" in result.stdout
    assert "GFN2-xTB" in result.stdout


def test_dry_run_of_a_mixture(mixture: Path, invoke: Invoke) -> None:
    result = invoke("launch", mixture, "--dry-run")
    assert result.exit_code == 0, result.stderr
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for line in (
        "system both",
        "species water O",
        "3 atoms, charge 0 e, multiplicity 1, 1 conformer(s); mole fraction 0.5",
        "atom types methanol C1 × 1, O1 × 1, H1 × 3, H2 × 1",
        "term types water bond × 1, angle × 1",
        "scan 4 of 21 pairs of atom types, those that will tell most",
        "dimers methanol + water: 20 random, 20 squeezed",
        "liquid 80 methanol, 80 water: 720 atoms",
        "property density at 298.15 K, 1.01325 bar",
        "codes compute@localhost (QM), lammps@localhost (MD), forcefield@localhost (fit)",
    ):
        assert line in lines
    assert any(line.startswith("scan water: bond H1-O1 ") for line in lines)


def test_dry_run_of_an_ion(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "ion.yaml"
    path.write_text("material: {name: lithium ion, smiles: '[Li+]'}\nprotocol: draft\n")
    result = invoke("launch", path, "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "1 atoms, charge 1 e" in result.stdout
    assert "QM minimum" not in result.stdout
    assert "property    none: the study ends with the force field" in result.stdout
    assert "drawn from the liquid" not in result.stdout
    path.write_text(path.read_text() + "properties: [{density: {temperature: 300, pressure: 1}}]")
    refused = invoke("launch", path, "--dry-run")
    assert_refused(refused, ":3: properties: amounts: +1 e in all; a liquid must be neutral")


def test_points_at_most_are_those_of_all_species(
    mixture: Path, study: Path, invoke: Invoke
) -> None:
    def most(path: Path) -> int:
        line = invoke("launch", path, "--dry-run").stdout.split("at most ")[1]
        return int(line.split(";")[0])

    # Of each: a conformer, 18 points a scan, four pair scans; 40 dimers of each two; in one round
    # 20 of the liquid twice, 10 more, and five molecules of each.
    assert most(study) == 1 + 18 * 7 + 18 * 4 + 40 + 40 + 10 + 5
    assert most(mixture) == 2 + 18 * 9 + 18 * 4 + 3 * 40 + 40 + 10 + 10


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C(", "C("),
        ("", "empty"),
        ("[Xx]", "Xx"),
        ("*C", "dummy"),
        ("[Li+].[F-]", "fragments"),
        ("[Li]", "multiplicity 2"),
    ],
)
def test_bad_smiles(tmp_path: Path, invoke: Invoke, smiles: str, expected: str) -> None:
    path = write_study(tmp_path, f"material: {{name: a, smiles: '{smiles}'}}")
    result = invoke("launch", path, "--dry-run")
    assert_refused(result, f"{path}:1: material.smiles:", expected)


def test_what_is_hardly_meant_is_asked_about(tmp_path: Path, invoke: Invoke) -> None:
    path = write_study(tmp_path, "material: {name: argon, smiles: '[Ar]'}")
    planned = invoke("launch", path, "--dry-run")
    assert planned.exit_code == 0
    assert planned.stdout.startswith("material    argon")
    assert planned.stderr.startswith("is it meant? ")
    refused = invoke("launch", path)
    assert refused.exit_code == 2
    assert "argon boils at 87 K" in refused.stderr
    assert refused.stderr.endswith("nothing was submitted; --yes launches it as it is\n")
    insisted = invoke("-p", "no-such-profile", "launch", path, "--yes")
    assert "no-such-profile" in insisted.stderr  # it went on


def test_odd_number_of_electrons(tmp_path: Path, invoke: Invoke) -> None:
    path = write_study(tmp_path, "material: {name: a, smiles: '[CH3]', multiplicity: 1}")
    assert_refused(invoke("launch", path, "--dry-run"), "multiplicity 1", "9 electrons")


@pytest.mark.parametrize(
    ("atoms", "charge", "multiplicity", "expected"),
    [
        (["Li 0 0 0"], 0, 1, "multiplicity 1"),
        (["H 0 0 0", "H 0 0 0.05"], 0, 1, "overlap"),
        (["Xx 0 0 0"], 0, 1, "unknown element"),
        (["H 0 0"], 0, 1, "line 3"),
    ],
)
def test_bad_structure_file(
    tmp_path: Path,
    invoke: Invoke,
    atoms: list[str],
    charge: int,
    multiplicity: int,
    expected: str,
) -> None:
    (tmp_path / "a.xyz").write_text("\n".join([str(len(atoms)), "", *atoms, ""]))
    path = write_study(tmp_path, XYZ.format(charge=charge, multiplicity=multiplicity))
    assert_refused(invoke("launch", path, "--dry-run"), "material.file:", expected)


def test_a_file_of_another_kind(tmp_path: Path, invoke: Invoke) -> None:
    material = XYZ.format(charge=0, multiplicity=1).replace("a.xyz", "LiF.cif")
    result = invoke("launch", write_study(tmp_path, material), "--dry-run")
    assert_refused(result, "material.file: LiF.cif: molecules are read from XYZ files")


def test_structure_file_that_is_not_there(tmp_path: Path, invoke: Invoke) -> None:
    path = write_study(tmp_path, XYZ.format(charge=0, multiplicity=1))
    assert_refused(invoke("launch", path, "--dry-run"), "cannot read", "no such file")


def test_study_that_is_not_there(tmp_path: Path, invoke: Invoke) -> None:
    assert_refused(invoke("launch", tmp_path / "none.yaml"), "none.yaml", "no such file")


def test_profile_that_does_not_exist(study: Path, invoke: Invoke, profile: Profile) -> None:
    result = invoke("-p", "elsewhere", "launch", study)
    assert_refused(result, "profile 'elsewhere' does not exist", profile.name, "setup")


@pytest.fixture
def computer(profile: Profile, tmp_path: Path) -> Computer:
    return Computer(
        label="localhost",
        hostname="localhost",
        transport_type="core.local",
        scheduler_type="core.direct",
        workdir=str(tmp_path),
    ).store()


def add_code(computer: Computer, label: str, plugin: str) -> None:
    true = str(shutil.which("true"))
    InstalledCode(computer, true, label=label, default_calc_job_plugin=plugin).store()


def test_missing_code(study: Path, invoke: Invoke, profile: Profile, computer: Computer) -> None:
    result = invoke("-p", profile.name, "launch", study)
    assert_refused(result, "codes.qm", "no code 'compute@localhost'", "setup", "forcefield@local")


def test_code_of_the_wrong_kind(
    study: Path, invoke: Invoke, profile: Profile, computer: Computer
) -> None:
    add_code(computer, "compute", "forcefield.qm")
    add_code(computer, "lammps", "core.arithmetic.add")
    result = invoke("-p", profile.name, "launch", study)
    assert_refused(result, "codes.md", "core.arithmetic.add", "forcefield.md")


def test_daemon_that_does_not_run(
    study: Path, invoke: Invoke, profile: Profile, computer: Computer
) -> None:
    add_code(computer, "compute", "forcefield.qm")
    add_code(computer, "lammps", "forcefield.md")
    add_code(computer, "forcefield", "forcefield.fit_force_field")
    result = invoke("-p", profile.name, "launch", study)
    assert_refused(result, "daemon", "not running", f"verdi -p {profile.name} daemon start")


@pytest.mark.parametrize("command", [["show"], ["status"], ["export", "-o", "folder"]])
def test_pk_that_is_no_study(
    invoke: Invoke, profile: Profile, computer: Computer, command: list[str]
) -> None:
    add_code(computer, "compute", "forcefield.qm")
    assert_refused(invoke("-p", profile.name, *command, "1"), "PK 1", "no study")
    assert_refused(invoke("-p", profile.name, *command, "99"), "PK 99", "no such node")


def test_points_of_no_study_or_for_several(
    invoke: Invoke,
    profile: Profile,
    computer: Computer,
    study: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    add_code(computer, "compute", "forcefield.qm")
    launch = ("-p", profile.name, "launch", study, "--dry-run", "--points-of")
    assert_refused(invoke(*launch, "1"), "PK 1", "no study")
    assert_refused(invoke(*launch, "99"), "PK 99", "no such node")
    other = write_study(tmp_path_factory.mktemp("other"), "material: {name: ethanol, smiles: CCO}")
    several = invoke(*launch, "1", other)
    assert_refused(several, "--points-of: allowed for one study at a time")


def test_options_that_would_do_nothing_are_refused(study: Path, invoke: Invoke) -> None:
    launch = ("launch", study, "--dry-run")
    assert_refused(invoke(*launch, "--output", "results"), "--output: allowed for one study, with")
    assert_refused(invoke(*launch, "--at-a-time", "2"), "--at-a-time: allowed for several studies")
    assert_refused(invoke(*launch, "--campaign", "a"), "--campaign: allowed for several studies")
    other = study.with_name("other.yaml")
    other.write_text(study.read_text().replace("methanol", "other"))
    both = invoke("launch", study, other, "--dry-run", "--wait", "--output", "results")
    assert_refused(both, "--output: allowed for one study, with --wait")


def test_export_to_an_unknown_program(invoke: Invoke, profile: Profile) -> None:
    result = invoke("-p", profile.name, "export", "1", "--to", "amber", "-o", "folder")
    assert_refused(result, "--to: 'amber' is unknown", "lammps, openmm, gromacs")
