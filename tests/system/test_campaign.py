"""A campaign's launcher lives for weeks: longer than the daemon that it began with."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cluster import wait_until
from .conftest import Installation, installed

pytestmark = pytest.mark.system


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own, with whose daemon what runs in it comes to an end."""
    with installed(tmp_path / "aiida") as made:
        yield made


@pytest.fixture
def said(own: Installation, study: Path, tmp_path: Path) -> Iterator[Path]:
    """What a launcher says that waits for two studies, of which one may run at a time."""
    table, output = tmp_path / "table.csv", tmp_path / "output"
    table.write_text("name,smiles\nwater,O\nammonia,N\n")
    command = ("launch", study, "--table", table, "--wait", "--at-a-time", "1")
    with output.open("w") as file:
        launcher = subprocess.Popen(
            own.command("aiida-forcefield", "-p", own.profile, *command),
            env=own.environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            yield output
        finally:
            launcher.kill()


def test_launcher_outlives_the_daemon(own: Installation, said: Path) -> None:
    def submitted(name: str) -> str:
        found = re.search(rf"study (\d+) submitted: {name}", said.read_text())
        return found[1] if found else ""

    def begun(name: str) -> bool:
        study = submitted(name)
        return bool(study) and "forcefield.fit" in own.forcefield("status", study)

    wait_until(lambda: begun("water"), "the first study", 120, pause=1)
    broker = own.broker()
    own.verdi("daemon", "stop")
    own.verdi("run", str(Path(__file__).with_name("end.py")), submitted("water"))
    wait_until(lambda: "is not running" in said.read_text(), "a word on that", 60, pause=1)
    assert not submitted("ammonia")
    own.verdi("daemon", "start")
    wait_until(lambda: own.broker() not in (0, broker), "another broker", 60, pause=1)
    # Submitted to the broker that there is now; with the one before it would never begin.
    wait_until(lambda: begun("ammonia"), "the second study", 120, pause=1)
