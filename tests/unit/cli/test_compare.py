"""`aiida-forcefield compare`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import CalcFunctionNode, Dict, WorkChainNode
from click.testing import Result

from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import write_data, write_force_field, write_openmm

from ..potentials.synthetic_fields import build
from ..potentials.test_errors import points_of

Invoke = Callable[..., Result]
OPLS = Path(__file__).parents[2] / "opls"


@pytest.fixture
def study(profile: Profile) -> int:
    """PK of a study of methanol whose force field is exact."""
    case = build("methanol")
    n = len(case.species.symbols)
    species = SpeciesData(case.species).store()
    inputs = {
        "species": species,
        "settings": Dict({}).store(),
        "points_one": PointsData(points_of(case, "bond C1-O1", 0, 4)).store(),
        "points_two": PointsData(points_of(case, "dimers random", n, 4)).store(),
    }
    fit = CalcFunctionNode()
    for label, node in inputs.items():
        fit.base.links.add_incoming(node, LinkType.INPUT_CALC, label)
    fit.store()
    field = ForceFieldData(case.forcefield)
    field.base.links.add_incoming(fit, LinkType.CREATE, "result")
    field.store()
    node = WorkChainNode(process_type="aiida.workflows:forcefield.material").store()
    for label, output in (("species", species), ("force_field", field)):
        output.base.links.add_incoming(node, LinkType.RETURN, label)
    return int(node.pk)


@pytest.fixture
def compare(profile: Profile, study: int, invoke: Invoke) -> Invoke:
    return lambda *files: invoke("-p", profile.name, "compare", study, *files)


def rows(result: Result) -> dict[str, list[str]]:
    assert result.exit_code == 0, result.output
    words = [line.split() for line in result.output.splitlines()]
    return {" ".join(row[:2]): row[2:] for row in words if len(row) > 2}


def test_own_files_and_those_of_others(compare: Invoke, tmp_path: Path) -> None:
    case = build("methanol")
    xml, data, script = (tmp_path / name for name in ("ff.xml", "system.data", "ff.lmp"))
    xml.write_text(write_openmm(case.forcefield, case.species))
    data.write_text(write_data(case.forcefield, case.species, case.molecules[:1], [30] * 3))
    script.write_text(write_force_field(case.forcefield, case.species))
    for files in ((xml,), (data, script)):
        found = rows(compare(*files))
        assert found["molecule: energies"][:2] == ["0.00", "0.00"]
        # Charges are the liquid's in files, and between molecules the gas phase's in fits.
        assert found["dimers: random"][0] == "0.00"
        assert float(found["dimers: random"][1]) > 0
    opls = rows(compare(OPLS / "methanol.xml"))
    assert float(opls["molecule: energies"][1]) > 0.1
    assert opls["O1 0.0073719"] == ["3.12"]


def test_mistakes_are_named(compare: Invoke, tmp_path: Path) -> None:
    bare = tmp_path / "bare.in"
    bare.write_text("units real\n")
    for files, message in (
        ((tmp_path / "none.xml",), "none.xml: cannot be read: no such file"),
        ((OPLS / "README.md",), "Atoms: the data file has no such section"),
        ((OPLS / "methanol.data",), "units: no input file says them"),
        ((OPLS / "methanol.data", bare), "bond_style is missing; allowed: harmonic"),
    ):
        result = compare(*files)
        assert result.exit_code == 2
        assert message in result.output
