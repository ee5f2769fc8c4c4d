"""The property of docs/how-to/add_a_property.md, installed as a plugin."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.properties import (
    Liquid,
    Property,
    Trajectory,
    plan_simulations,
    property_names,
    property_of,
    read_properties,
    read_target,
)
from aiida_forcefield.topology import Frames, System
from aiida_forcefield.topology.ions import ion

from .series import thermo

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add_a_property.md"
REQUEST = {"temperature": 298.15, "pressure": 1.0, "distance": 4.5}


@pytest.fixture
def neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Property]:
    """The plugin, in a package of its own."""
    blocks = dict(re.findall(r"```(python|toml)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    package, about = tmp_path / "my_package", tmp_path / "my_package-1.0.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "neighbours.py").write_text(blocks["python"])
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    group, entry = blocks["toml"].strip().splitlines()
    group = group.removeprefix('[project.entry-points."').removesuffix('"]')
    (about / "entry_points.txt").write_text(f"[{group}]\n{entry.replace(chr(34), '')}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield property_of("neighbours")
    property_of.cache_clear()


def lattice(shift: float) -> np.ndarray:
    """64 atoms, 4 Å apart, some of them beyond the box."""
    sites = np.stack(np.meshgrid(*3 * [4.0 * np.arange(4)]), axis=-1).reshape(-1, 3)
    return np.asarray(sites + shift)


def test_it_is_found_like_our_own(neighbours: Property) -> None:
    assert "neighbours" in property_names()
    (wanted,) = read_properties([{"neighbours": REQUEST}])
    assert wanted.request.distance == 4.5
    argon = System.pure("Ar", ion("Ar", 0))
    assert [*plan_simulations([wanted], argon)] == [Liquid(298.15, 1.0)]
    assert read_target("neighbours", {"relative_error": 0.05}).allowed(6.0) == pytest.approx(0.3)
    with pytest.raises(ValueError, match=r"neighbours\.distance is missing"):
        read_properties([{"neighbours": {"temperature": 298.15, "pressure": 1.0}}])


def test_it_measures(neighbours: Property) -> None:
    argon = System.pure("Ar", ion("Ar", 0))
    positions = np.array([lattice(0.1 * frame) for frame in range(21)])
    frames = Frames((64,), positions, np.full((21, 3), 16.0))
    run = thermo(volume=np.full(101, 4096.0))
    found = neighbours.measure(
        "liquid",
        neighbours.schema(**REQUEST),
        Trajectory(argon, (64,), (run, run), {}, frames=(frames, frames)),
    )
    assert found["value"] == pytest.approx(6.0)
    assert found["distance"] == 4.5
    assert found["production"] == pytest.approx([10.0, 10.0])
    (row,) = neighbours.rows(found)
    assert (row.label, row.value, row.unit) == ("predicted", pytest.approx(6.0), "1")
