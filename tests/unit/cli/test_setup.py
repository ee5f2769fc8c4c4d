"""``setup`` makes what is missing and leaves alone what is there."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psutil
import pytest
from aiida.manage.configuration import Profile, get_config
from aiida.orm import load_code
from click.testing import Result

Invoke = Callable[..., Result]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A folder that looks like the compute environment."""
    return make_environment(tmp_path / "compute")


def make_environment(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "lmp"):
        (folder / "bin" / name).touch(mode=0o755)
    return folder


@pytest.fixture(autouse=True)
def _no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiida.engine.daemon.client.DaemonClient.start_daemon", lambda *_: None)


def test_profile_of_its_own_beside_the_one_of_the_user(
    invoke: Invoke, profile: Profile, environment: Path
) -> None:
    get_config().set_default_profile(profile.name, overwrite=True)
    before = dict(get_config().get_profile(profile.name).dictionary)
    result = invoke("setup", "--compute", environment)
    assert result.exit_code == 0, result.output
    config = get_config()
    assert config.default_profile_name == profile.name
    assert config.get_profile(profile.name).dictionary == before
    assert config.get_option("caching.enabled_for", scope="forcefield")
    assert load_code("compute@localhost").default_calc_job_plugin == "forcefield.qm"
    assert load_code("lammps@localhost").default_calc_job_plugin == "forcefield.md"
    openmm = load_code("openmm@localhost")
    assert openmm.default_calc_job_plugin == "forcefield.openmm"
    assert openmm.filepath_executable == load_code("compute@localhost").filepath_executable
    own = load_code("forcefield@localhost")
    assert own.default_calc_job_plugin == "forcefield.fit_force_field"
    assert (str(own.filepath_executable), own.prepend_text) == (sys.executable, "")
    assert f"made  code forcefield@localhost: {sys.executable}" in result.stdout
    assert load_code("lammps@localhost").computer.get_minimum_job_poll_interval() == 2.0


def test_second_run_changes_nothing(invoke: Invoke, profile: Profile, environment: Path) -> None:
    invoke("setup", "--compute", environment)
    first = load_code("compute@localhost").uuid
    result = invoke("setup", "--compute", environment)
    assert [line for line in result.stdout.splitlines() if line.startswith("made")] == [
        "made  daemon of profile forcefield"
    ]
    assert load_code("compute@localhost").uuid == first


def test_code_whose_program_is_gone_is_replaced(
    invoke: Invoke, profile: Profile, environment: Path, tmp_path: Path
) -> None:
    invoke("setup", "--compute", environment)
    moved = make_environment(tmp_path / "moved")
    (environment / "bin" / "lmp").unlink()
    result = invoke("setup", "--compute", moved)
    assert "which is gone" in result.stdout
    assert str(load_code("lammps@localhost").filepath_executable) == str(moved / "bin" / "lmp")
    kept = environment / "bin" / "python"
    assert str(load_code("compute@localhost").filepath_executable) == str(kept)


def test_environment_without_the_programs(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("setup", "--compute", tmp_path)
    assert result.exit_code == 2
    assert f"--compute: there is no program {tmp_path}/bin/python" in result.stderr


def test_environment_is_the_one_beside_or_else_the_active_one(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    assert f"there is no program {tmp_path}/.venv/bin/python" in invoke("setup").stderr
    make_environment(tmp_path / ".venv-compute")
    invoke("setup")
    python = str(tmp_path / ".venv-compute" / "bin" / "python")
    assert str(load_code("compute@localhost").filepath_executable) == python


def test_daemon_is_outdated_once_code_is_newer_or_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = import_module("aiida_forcefield.cli.machine.profile")
    package = tmp_path / "package"
    source = package / "cli" / "machine" / "profile.py"
    source.parent.mkdir(parents=True)
    source.touch()
    monkeypatch.setattr(module, "__file__", str(source))
    monkeypatch.setattr("sys.executable", psutil.Process().cmdline()[0])
    os.utime(source, (0, 0))
    assert not module._is_outdated(os.getpid())
    os.utime(source, (2**32, 2**32))
    assert module._is_outdated(os.getpid())
    os.utime(source, (0, 0))
    monkeypatch.setattr("sys.executable", "/elsewhere/bin/python")
    assert module._is_outdated(os.getpid())
