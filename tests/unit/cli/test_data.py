"""`verdi data forcefield`."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.common.links import LinkType
from aiida.manage.configuration import Profile
from aiida.orm import CalcFunctionNode, WorkChainNode, load_node
from click.testing import CliRunner, Result

from aiida_forcefield.data import ForceFieldData, SystemData
from aiida_forcefield.potentials import FixedCharges, ForceField, Term
from aiida_forcefield.topology import System, from_smiles

Invoke = Callable[..., Result]
OPLS = Path(__file__).parents[2] / "opls"


@pytest.fixture
def field(profile: Profile) -> ForceFieldData:
    """A force field of lithium hydride, made from its system."""
    system = System.pure("LiH", from_smiles("[Li][H]"))
    terms = [
        Term("bond", ("LiH:H1", "LiH:Li1"), "morse", {"D": 2.5, "alpha": 1.1, "r0": 1.6}),
        *(
            Term("nonbonded", (name,), "exp6", {"A": 400.0, "rho": 0.25, "C6": 1.0})
            for name in system.type_names
        ),
    ]
    charges = {"LiH:Li1": 0.7, "LiH:H1": -0.7}
    fit = CalcFunctionNode()
    fit.base.links.add_incoming(SystemData(system).store(), LinkType.INPUT_CALC, "system")
    fit.store()
    electrostatics = FixedCharges(charges, charges)
    node = ForceFieldData(
        ForceField(system.atom_types, tuple(terms), electrostatics, np.zeros((9, 9)))
    )
    node.base.links.add_incoming(fit, LinkType.CREATE, "result")
    return node.store()


@pytest.fixture
def forcefield(profile: Profile) -> Invoke:
    arguments = ["-p", profile.name, "data", "forcefield"]
    return lambda *more: CliRunner().invoke(verdi, arguments + [str(each) for each in more])


def test_list(field: ForceFieldData, forcefield: Invoke) -> None:
    line = forcefield("list").output.split()
    assert line[0] == str(field.pk)
    assert line[3:] == ["step", "H", "Li", "morse,", "exp6", "LiH"]
    chosen = ("--element", "Li", "--form", "morse", "--parameter", "morse.D>2.4")
    assert forcefield("list", *chosen, "--parameter", "exp6.rho<0.26").output.split() == line
    for other in (("--element", "F"), ("--form", "fourier"), ("--parameter", "morse.D>2.6")):
        result = forcefield("list", *other)
        assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("label", "role"), [("force_field", "result"), ("variations__charges", "variation")]
)
def test_list_tells_results_from_what_led_to_them(
    field: ForceFieldData, forcefield: Invoke, label: str, role: str
) -> None:
    study = WorkChainNode().store()
    field.base.links.add_incoming(study, LinkType.RETURN, label)
    assert forcefield("list").output.split()[3] == role


def test_what_a_job_of_a_fit_hands_on_is_a_step(field: ForceFieldData, forcefield: Invoke) -> None:
    chain = WorkChainNode(process_type="aiida.workflows:forcefield.fit_job").store()
    field.base.links.add_incoming(chain, LinkType.RETURN, "force_field")
    assert forcefield("list").output.split()[3] == "step"


def test_list_has_nodes_of_earlier_versions_too(field: ForceFieldData, forcefield: Invoke) -> None:
    for name in ("elements", "ranges"):
        field.backend_entity.set_attribute(name, None)
    result = forcefield("list")
    assert result.exit_code == 0
    assert result.output.split()[0] == str(field.pk)


def test_a_bound_that_is_no_number_is_refused(forcefield: Invoke) -> None:
    result = forcefield("list", "--parameter", "morse.D>e")
    assert result.exit_code == 2
    assert "'e' is no number" in result.output


def test_a_form_that_is_none_is_refused(forcefield: Invoke) -> None:
    result = forcefield("list", "--form", "nonsense")
    assert result.exit_code == 2
    assert "--form: 'nonsense' is no form; allowed: morse, " in result.stderr


def test_show(field: ForceFieldData, forcefield: Invoke) -> None:
    words = [" ".join(line.split()) for line in forcefield("show", field.pk).output.splitlines()]
    assert "H1-Li1 2.5 1.1 1.6" in words
    assert "Li1 +0.7000" in words


def test_json_has_units_and_origin(field: ForceFieldData, forcefield: Invoke) -> None:
    found = json.loads(forcefield("show", field.pk, "--json").output)
    assert found["uuid"] == field.uuid
    assert found["made_by"]["uuid"] == field.creator.uuid
    depth = found["terms"][0]["parameters"]["D"]
    unknown = {"standard_error": None, "prior": None, "informing_points": None}
    assert depth == {"value": 2.5, **unknown, "unit": "eV"}
    assert found["charges"]["LiH:Li1"] == {"liquid": 0.7, "gas": 0.7, "unit": "e"}
    assert found["covariance"]["parameters"] == list(field.value.parameter_names)
    assert found["covariance"]["values"] == field.value.covariance.tolist()


def test_import_and_export_to_a_third_program(forcefield: Invoke, tmp_path: Path) -> None:
    result = forcefield("import", OPLS / "methanol.data", OPLS / "methanol.in", "--smiles", "CO")
    assert result.exit_code == 0, result.output
    pk = result.output.split()[-1]
    node = load_node(int(pk))
    assert node.creator.process_type == "aiida.calculations:forcefield.read_force_field"
    assert node.value.combination == "geometric"
    line = forcefield("list", "--form", "lennard_jones").output.split()
    assert line[3] == "imported"
    assert "lennard_jones" in line
    exported = forcefield("export", pk, "--to", "gromacs", "-o", tmp_path)
    assert exported.exit_code == 0, exported.output
    assert "[ pairs ]" in (tmp_path / "molecules.itp").read_text()
    wrong = forcefield("import", OPLS / "methanol.xml", "--smiles", "CCO")
    assert wrong.exit_code == 2
    assert "methanol.xml: Residues: none has the atoms and bonds of C2H6O" in wrong.output


@pytest.mark.parametrize(("program", "file"), [("lammps", "in.lammps"), ("openmm", "run.py")])
def test_export(
    field: ForceFieldData, forcefield: Invoke, tmp_path: Path, program: str, file: str
) -> None:
    result = forcefield("export", field.pk, "--to", program, "-o", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "new" / file).exists()
    assert len(result.output.splitlines()) == len(list((tmp_path / "new").iterdir())) == 3


def test_mistakes_are_named(field: ForceFieldData, forcefield: Invoke, tmp_path: Path) -> None:
    export = ("export", field.pk, "-o", tmp_path, "--to")
    for arguments, message in (
        ((*export, "gromacs"), "--to gromacs: nonbonded LiH:Li1: GROMACS has no exp6; the nearest"),
        ((*export, "amber"), "--to: 'amber' is unknown; allowed: lammps"),
        (("show", 9999), "PK 9999: there is no such node"),
        (("show", field.creator.pk), "is a CalcFunctionNode, no force field"),
        (("list", "--parameter", "D>3"), "'D>3' is not of the kind"),
        (("list", "--parameter", "morse.k>3"), "allowed: D, alpha, r0"),
    ):
        result = forcefield(*arguments)
        assert result.exit_code == 2
        assert message in result.output


def test_a_force_field_that_nothing_made_has_no_molecule(
    field: ForceFieldData, forcefield: Invoke, tmp_path: Path
) -> None:
    alone = ForceFieldData(field.value).store()
    result = forcefield("export", alone.pk, "--to", "lammps", "-o", tmp_path)
    assert result.exit_code == 2
    assert "its molecules are not known" in result.output
