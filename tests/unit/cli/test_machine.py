"""Another machine: what AiiDA is told of it, and what is said where it does not work."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.common.exceptions import NotExistent
from aiida.manage.configuration import Profile
from aiida.orm import Computer, load_code, load_computer
from click.testing import CliRunner, Result

from aiida_forcefield.cli.machine.check import (
    PACKAGES,
    check_machine,
    faults_of_lammps,
    faults_of_python,
    python_command,
)
from aiida_forcefield.cli.machine.machine import Machine
from aiida_forcefield.study.errors import InputError

Invoke = Callable[..., Result]

ROOT = Path(__file__).parents[3]
MACHINE = Machine(
    hostname="cluster",
    transport="core.ssh_async",
    scheduler="core.slurm",
    workdir="/scratch/{username}",
    python="/opt/forcefield/bin/python",
    lammps="/opt/forcefield/bin/lmp",
    prepend="module purge",
    tasks=2,
)
LAMMPS = """\
Large-scale Atomic/Molecular Massively Parallel Simulator - {date} - Update 4

Installed packages:

{packages}

List of individual style options included in this LAMMPS executable
"""
GOOD_PACKAGES = "ASPHERE EXTRA-MOLECULE \nKSPACE MOLECULE RIGID "


@pytest.mark.parametrize("scheduler", ["core.slurm", "core.pbspro", "core.sge", "core.direct"])
def test_verdi_takes_the_configuration(profile: Profile, tmp_path: Path, scheduler: str) -> None:
    machine = Machine(**{**vars(MACHINE), "scheduler": scheduler})
    computer, *codes = machine.write(tmp_path)
    commands = [["computer", "setup", "--config", str(computer)]]
    commands += [["code", "create", "core.code.installed", "--config", str(path)] for path in codes]
    for command in commands:
        result = CliRunner().invoke(verdi, ["-p", profile.name, *command, "--non-interactive"])
        assert result.exit_code == 0, result.output
    by_verdi = load_computer("cluster")
    code = load_code("compute@cluster")
    assert code.default_calc_job_plugin == "forcefield.qm"
    assert str(code.filepath_executable) == MACHINE.python
    assert load_code("openmm@cluster").default_calc_job_plugin == "forcefield.openmm"
    by_verdi.label = "before"
    made = machine.make_computer()
    for name in ("metadata", "hostname", "description", "transport_type", "scheduler_type"):
        assert getattr(made, name) == getattr(by_verdi, name), name
    assert made.is_configured


def test_versions_are_asked_in_a_way_that_python_understands(tmp_path: Path) -> None:
    python = ROOT / ".venv-compute" / "bin" / "python"
    command = python_command(Machine(**{**vars(MACHINE), "python": str(python)}))
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert set(json.loads(result.stdout)) == set(PACKAGES)
    assert not list(faults_of_python(MACHINE, 0, result.stdout, ""))


def test_missing_and_old_packages_with_the_command_that_installs_them() -> None:
    versions = dict(PACKAGES) | {"pyscf": "2.9.0"}
    del versions["tblite"]
    (fault,) = faults_of_python(MACHINE, 0, f"welcome\n{json.dumps(versions)}", "")
    assert fault == (
        "--python: tblite is missing, pyscf 2.9.0 is not 2.14 or newer; install it: ssh cluster "
        '\'/opt/forcefield/bin/python -m pip install "tblite>=0.8" "pyscf>=2.14"\''
    )


def test_interpreter_that_is_not_there() -> None:
    (fault,) = faults_of_python(MACHINE, 127, "", "bash: no such file")
    assert (
        "bash: no such file; install it: ssh cluster 'python3 -m venv /opt/forcefield &&" in fault
    )


@pytest.mark.parametrize(
    ("status", "date", "packages", "expected"),
    [
        (0, "22 Jul 2025", GOOD_PACKAGES, None),
        (0, "2 Aug 2023", GOOD_PACKAGES, "that of 2 Aug 2023 is not of 22 Jul 2025 or newer"),
        (0, "22 Foo 2025", GOOD_PACKAGES, "that of 22 Foo 2025 is not of 22 Jul 2025"),
        (0, "22 Jul 2025", "KSPACE MOLECULE", "built without EXTRA-MOLECULE, RIGID"),
        (127, "22 Jul 2025", GOOD_PACKAGES, "bash: lmp: not found"),
    ],
)
def test_lammps(status: int, date: str, packages: str, expected: str | None) -> None:
    output = LAMMPS.format(date=date, packages=packages)
    faults = list(faults_of_lammps(MACHINE, status, output, "bash: lmp: not found" * bool(status)))
    assert len(faults) == (expected is not None)
    assert expected is None or expected in faults[0]
    assert all("install it: ssh cluster" in fault for fault in faults)


def test_version_that_is_none() -> None:
    versions = dict(PACKAGES) | {"pyscf": "local build"}
    (fault,) = faults_of_python(MACHINE, 0, json.dumps(versions), "")
    assert "--python: pyscf local build is not 2.14 or newer; install it" in fault


def test_interpreter_outside_of_any_environment() -> None:
    machine = Machine(**{**vars(MACHINE), "python": "/python"})
    (fault,) = faults_of_python(machine, 127, "", "not found")
    assert "'python3 -m venv FOLDER && FOLDER/bin/pip install" in fault


@pytest.fixture
def here(profile: Profile, tmp_path: Path) -> tuple[Machine, Computer]:
    """A machine that is this one, whose programs say hello."""
    program = tmp_path / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    computer = Computer("here", "localhost", "", "core.local", "core.direct", str(tmp_path)).store()
    computer.configure()
    settings = {"workdir": str(tmp_path), "python": str(program), "lammps": str(program)}
    return Machine(**{**vars(MACHINE), "prepend": "", **settings}), computer


def test_each_fault_is_told_as_what_it_is(here: tuple[Machine, Computer]) -> None:
    with pytest.raises(InputError) as caught:
        check_machine(*here)
    python, lammps = caught.value.message.splitlines()
    assert re.fullmatch(r"cluster: --python: /.*/hello is no Python: it answers 'hello'", python)
    assert lammps.startswith("cluster: --lammps: this is no LAMMPS; install it: ssh cluster")


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], None]:
    """Register a machine that passes all tests."""
    module = import_module("aiida_forcefield.cli.machine.register")
    monkeypatch.setattr(module, "check_machine", lambda *_: None)
    return lambda machine: module.register_machine(machine, {})


def test_lines_in_front_of_jobs_and_cores_are_set_anew(
    profile: Profile, remote: Callable[[Machine], None]
) -> None:
    remote(MACHINE)
    first = load_computer("cluster").uuid
    remote(replace(MACHINE, prepend="module load lammps", tasks=8))
    computer = load_computer("cluster")
    assert computer.uuid == first
    assert computer.get_prepend_text() == "module load lammps"
    assert computer.get_default_mpiprocs_per_machine() == 8


def test_computer_that_cannot_be_configured_does_not_stay(
    profile: Profile, remote: Callable[[Machine], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("bad line in ~/.ssh/config")

    with monkeypatch.context() as patch:
        patch.setattr(Computer, "configure", fail)
        with pytest.raises(ValueError, match="bad line"):
            remote(MACHINE)
    with pytest.raises(NotExistent):
        load_computer("cluster")
    remote(MACHINE)
    assert load_computer("cluster").is_configured


def test_no_connection(here: tuple[Machine, Computer], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("aiida.transports.plugins.local.LocalTransport.open", fail)
    with pytest.raises(InputError, match=r"no connection by core\.ssh_async: no route to host; "):
        check_machine(*here)


def test_other_program_in_the_place_of_lammps() -> None:
    assert "this is no LAMMPS" in next(faults_of_lammps(MACHINE, 0, "hello", ""))


GOOD = {"hostname": "cluster", "workdir": "/w", "python": "/p", "lammps": "/l"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"workdir": "scratch"}, "--workdir: give an absolute path on cluster"),
        ({"workdir": "/scratch/{user}"}, "--workdir: {username} is filled in, and nothing else"),
        ({"workdir": "/scratch/{"}, "--workdir: {username} is filled in, and nothing else"),
        ({"python": None}, "python has no value; give one, or leave it out"),
        ({"hostname": None}, "hostname has no value; give one, or leave it out"),
        ({"python": "python"}, "--python: give an absolute path on cluster"),
        ({"walltime": "2 hours"}, "--walltime: walltime should be hours:minutes:seconds"),
        ({"nodes": 3}, "nodes is unknown; allowed: account, compute, hostname"),
        ({"scheduler": "core.loadleveler"}, "Invalid value for '--scheduler'"),
    ],
)
def test_bad_machine_is_refused(
    invoke: Invoke, tmp_path: Path, change: dict[str, object], expected: str
) -> None:
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump(GOOD | change))
    result = invoke("setup", "--config", path)
    assert result.exit_code == 2
    assert expected in result.stderr


@pytest.mark.parametrize(
    "hostname",
    ["", "../../evil", "/tmp/evil", "..", "-oProxyCommand=x", "x;rm -rf ~", "a@b", "a\n", "ä"],
)
def test_hostname_that_is_none_comes_to_nothing(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostname: str
) -> None:
    def fail(_: str) -> None:
        raise AssertionError("a profile is made")

    monkeypatch.setattr(import_module("aiida_forcefield.cli.setup"), "make_profile", fail)
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump(GOOD | {"hostname": hostname}))
    result = invoke("setup", "--config", path)
    assert result.exit_code == 2, result.exception
    assert f"--hostname: {hostname!r} is no name of a host" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_template_that_cannot_be_read(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("setup", "--config", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "--config: cannot read" in result.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "setup_scripts" / "machines").iterdir()))
def test_templates_have_options_of_setup(invoke: Invoke, path: Path) -> None:
    options = re.findall(r"--([\w-]+)", invoke("setup", "--help").stdout)
    known = {option.replace("-", "_") for option in options}
    assert set(yaml.safe_load(path.read_text())) <= known
