"""Calculations from an archive are replayed by the cache, whatever machine they ran on."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import calcfunction, run_get_node
from aiida.manage.caching import enable_caching
from aiida.manage.configuration import Profile
from aiida.manage.configuration.config import Config
from aiida.orm import CalcJobNode, Computer, InstalledCode, Int
from aiida.tools.archive import create_archive
from aiida.tools.pytest_fixtures import (  # noqa: F401
    aiida_config_factory,
    aiida_config_tmp,
    aiida_profile_factory,
)

from aiida_forcefield.study.adoption import adopt_archive

pytestmark = pytest.mark.system

PLUGIN = "core.arithmetic.add"


@calcfunction
def double(x: Int) -> Int:
    return x * 2


NewProfile = Callable[[], AbstractContextManager[Profile]]


@pytest.fixture
def new_profile(
    aiida_config_tmp: Config,  # noqa: F811
    aiida_profile_factory: Callable[[Config], AbstractContextManager[Profile]],  # noqa: F811
) -> NewProfile:
    return partial(aiida_profile_factory, aiida_config_tmp)


def code_at(folder: Path) -> InstalledCode:
    """A shell registered under a path of its own, on a computer of its own."""
    folder.mkdir()
    shell = folder / "bash"
    shell.symlink_to(str(shutil.which("bash")))
    computer = Computer(
        label="localhost",
        hostname="localhost",
        transport_type="core.local",
        scheduler_type="core.direct",
        workdir=str(folder),
    ).store()
    computer.configure(safe_interval=0)
    computer.set_minimum_job_poll_interval(0)
    code = InstalledCode(computer, str(shell), label="add", default_calc_job_plugin=PLUGIN)
    return code.store()


def add(code: InstalledCode, x: int) -> CalcJobNode:
    with enable_caching():
        _, node = run_get_node(ArithmeticAddCalculation, code=code, x=Int(x), y=Int(2))
    assert node.is_finished_ok
    return node


def test_adopted_job_is_replayed(tmp_path: Path, new_profile: NewProfile) -> None:
    archive = tmp_path / "there.aiida"
    with new_profile():
        done = add(code_at(tmp_path / "there"), 1)
        create_archive([done], filename=archive)
        source = done.uuid
    with new_profile():
        code = code_at(tmp_path / "here")
        assert adopt_archive(archive, {PLUGIN: code}) == 1
        assert add(code, 1).base.caching.get_cache_source() == source
        assert not add(code, 5).base.caching.is_created_from_cache
        # Adopted twice, nothing changes.
        assert adopt_archive(archive, {PLUGIN: code}) == 1


def test_adopted_function_is_replayed(tmp_path: Path, new_profile: NewProfile) -> None:
    archive = tmp_path / "there.aiida"
    with new_profile():
        _, done = double.run_get_node(Int(4))
        create_archive([done], filename=archive)
        source = done.uuid
    with new_profile(), enable_caching():
        assert adopt_archive(archive, {}) == 1
        assert double.run_get_node(Int(4))[1].base.caching.get_cache_source() == source
        assert not double.run_get_node(Int(5))[1].base.caching.is_created_from_cache


def test_import_alone_does_not_suffice(tmp_path: Path, new_profile: NewProfile) -> None:
    archive = tmp_path / "there.aiida"
    with new_profile():
        create_archive([add(code_at(tmp_path / "there"), 1)], filename=archive)
    with new_profile():
        code = code_at(tmp_path / "here")
        assert adopt_archive(archive, {}) == 0
        assert not add(code, 1).base.caching.is_created_from_cache
