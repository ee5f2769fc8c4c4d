"""``verdi data forcefield``: the force fields of a profile."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from aiida.cmdline.utils.decorators import with_dbenv

from aiida_forcefield.cli.errors import Commands
from aiida_forcefield.cli.files.programs import PROGRAM_HELP
from aiida_forcefield.cli.files.read import contents
from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida_forcefield.data import ForceFieldData

_RANGE = re.compile(r"(\w+)\.(\w+)([<>])([-+.\deE]+)")

_FIT_JOB = "aiida.workflows:forcefield.fit_job"
_IMPORT = "aiida.calculations:forcefield.read_force_field"


@click.group(cls=Commands)
def forcefield() -> None:
    """List, show and export force fields."""


@forcefield.command("list")
@click.option("--element", "elements", multiple=True, help="That has this element, such as Li.")
@click.option("--form", "forms", multiple=True, help="That has this form, such as morse.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    help="Some parameter of a form beyond a number, such as 'morse.D>4.5' (units of the form). "
    "Two such conditions may hold for two different terms.",
)
@with_dbenv()
def list_(elements: Iterable[str], forms: Iterable[str], parameters: Iterable[str]) -> None:
    """List force fields, newest last; those that meet all conditions.

    A `result` is that of a study; a `variation` made another choice, to tell how much depends on
    it; a `step` led to a result, or to one that is still to come; what is `imported` is of another
    program.
    """
    from aiida.orm import QueryBuilder

    from aiida_forcefield.data import ForceFieldData
    from aiida_forcefield.potentials.forms import FORMS

    for form in forms:
        if form not in FORMS:
            raise InputError(f"--form: {form!r} is no form; allowed: {', '.join(FORMS)}")
    conditions: list[dict[str, Any]] = [
        {"attributes.elements": {"contains": [element]}} for element in elements
    ]
    conditions += [{"attributes.ranges": {"has_key": form}} for form in forms]
    conditions += [_range(text) for text in parameters]
    query = QueryBuilder().append(
        ForceFieldData,
        filters={"and": conditions} if conditions else {},
        project=["id", "ctime", "label", "attributes.elements", "attributes.ranges"],
        tag="field",
    )
    roles = _roles()
    for pk, time, label, elements_of, ranges in query.order_by({"field": "id"}).iterall():
        forms_of = ", ".join(form for form in FORMS if form in (ranges or ()))
        made, names = f"{time:%Y-%m-%d %H:%M}", " ".join(elements_of or ())
        role = roles.get(pk, "")
        click.echo(f"{pk:>6}  {made}  {role:<9}  {names:<12}  {forms_of}  {label}".rstrip())


@forcefield.command()
@click.argument("pk", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits and units.")
@with_dbenv()
def show(pk: int, as_json: bool) -> None:
    """Show the parameters and charges of force field PK."""
    import json

    from rich.console import Console

    from aiida_forcefield.cli.terminal.force_field import print_alone
    from aiida_forcefield.study.results import force_field_results

    node = _find(pk)
    if as_json:
        click.echo(json.dumps(_described(node), indent=2, ensure_ascii=False))
    else:
        print_alone(force_field_results(node.value), Console())


@forcefield.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--smiles", required=True, help="Of the molecule, such as CO.")
@with_dbenv()
def import_(files: tuple[Path, ...], smiles: str) -> None:
    """Make a force field node from FILES of another program.

    FILES is an OpenMM force field (.xml), or a LAMMPS data file and then the input files that go
    with it.
    """
    from io import StringIO

    from aiida.orm import Dict, SinglefileData

    from aiida_forcefield.calculations.functions.read import read_force_field
    from aiida_forcefield.calculations.functions.species import compose_system, perceive_species
    from aiida_forcefield.potentials import read_files
    from aiida_forcefield.serial import dismantle
    from aiida_forcefield.topology import System, read_material, species_name
    from aiida_forcefield.topology.mixture import Mixture

    named = contents(files)
    try:  # before anything is stored
        species = read_material({"smiles": smiles})
        name = species_name(species.formula)
        read_files(named, System.pure(name, species))
    except ValueError as error:
        raise InputError(str(error)) from None
    nodes = {
        f"file_{place:02d}": SinglefileData(StringIO(text), filename=name)
        for place, (name, text) in enumerate(named)
    }
    perceived = {name: perceive_species(Dict({"smiles": smiles}))}
    system = compose_system(Dict(dismantle(Mixture({name: 1.0}))[0]), **perceived)
    node = read_force_field(system=system, **nodes)
    click.echo(f"force field {node.pk}")


@forcefield.command()
@click.argument("pk", type=int)
@click.option("--to", "program", required=True, help=PROGRAM_HELP)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder.")
@with_dbenv()
def export(pk: int, program: str, output: Path) -> None:
    """Write force field PK as input files of an MD program, with an example that runs.

    The example has one molecule of each species, or a crystal.
    """
    from aiida_forcefield.cli.files.programs import program_files, write_files

    node = _find(pk)
    fit = node.creator
    if fit is None or "system" not in fit.inputs:
        raise InputError(f"PK {pk}: no calculation made it, so that its molecules are not known")
    system = fit.inputs.system.value
    molecules = {name: species.conformers[0] for name, species in system}
    if "references" in fit.inputs:  # of what was imported, no QM is known
        found = fit.inputs.references.items()
        molecules = {name: reference.value.positions[0] for name, reference in found}
    files = program_files(program, node.value, system, molecules)
    for line in write_files(output, files):
        click.echo(line)


def _find(pk: int) -> "ForceFieldData":
    from aiida.common.exceptions import NotExistent
    from aiida.orm import load_node

    from aiida_forcefield.data import ForceFieldData

    try:
        node = load_node(pk)
    except NotExistent:
        raise InputError(f"PK {pk}: there is no such node in this profile") from None
    if not isinstance(node, ForceFieldData):
        raise InputError(f"PK {pk} is a {type(node).__name__}, no force field")
    return node


def _roles() -> dict[int, str]:
    """What each force field is, by the processes that made it or handed it out."""
    from aiida.orm import ProcessNode, QueryBuilder

    from aiida_forcefield.data import ForceFieldData

    query = QueryBuilder().append(ForceFieldData, project="id", tag="field")
    query.append(
        ProcessNode, with_outgoing="field", project="process_type", edge_project=["type", "label"]
    )
    roles: dict[int, str] = {}
    for pk, process, link, label in query.iterall():
        if process == _FIT_JOB:
            roles.setdefault(pk, "step")
        elif link == "return":  # a study hands out few of those that its fits made
            roles[pk] = "result" if label == "force_field" else "variation"
        else:
            roles.setdefault(pk, "imported" if process == _IMPORT else "step")
    return roles


def _described(node: "ForceFieldData") -> dict[str, Any]:
    """A force field as plain values with their units, and where it comes from."""
    from aiida_forcefield.fitting import fit_warnings
    from aiida_forcefield.potentials.forms import FORMS
    from aiida_forcefield.serial import dismantle

    field, made_by = node.value, node.creator
    terms = []
    for term in field.terms:
        form = FORMS[term.form]
        parameters = {
            each.name: {
                "value": term.parameters[each.name],
                "standard_error": term.standard_errors.get(each.name),
                "prior": term.prior.get(each.name),
                "informing_points": term.informing_points.get(each.name),
                "unit": each.unit,
            }
            for each in form.parameters
        }
        known = {"name": term.name, "form": form.name, "energy": form.equation}
        terms.append(
            known | {"parameters": parameters, "flags": [str(flag) for flag in term.flags]}
        )
    gas, liquid = (field.electrostatics.charges(state) for state in ("gas", "liquid"))
    charges = {
        each.name: {"liquid": liquid[each.name], "gas": gas[each.name], "unit": "e"}
        for each in field.atom_types
    }
    return {
        "uuid": node.uuid,
        "made_by": made_by and {"process": made_by.process_type, "uuid": made_by.uuid},
        "elements": list(field.elements),
        "terms": terms,
        "charges": charges,
        "combination": field.combination,
        "scale_14": field.scale_14,
        "covariance": {"parameters": field.parameter_names, "values": field.covariance.tolist()},
        "diagnostics": dismantle(field.diagnostics)[0] if field.diagnostics else None,
        "warnings": list(fit_warnings(field)),
    }


def _range(text: str) -> dict[str, Any]:
    """The filter of a condition such as ``morse.D>4.5``."""
    from aiida_forcefield.potentials.forms import FORMS

    found = _RANGE.fullmatch(text.replace(" ", ""))
    if not found:
        raise InputError(f"--parameter: {text!r} is not of the kind 'morse.D>4.5'")
    form, name, sign, number = found.groups()
    if form not in FORMS or name not in FORMS[form].parameter_names:
        known = FORMS[form].parameter_names if form in FORMS else FORMS
        raise InputError(f"--parameter: {text!r}: allowed: {', '.join(known)}")
    end = "max" if sign == ">" else "min"
    try:
        bound = float(number)
    except ValueError:
        raise InputError(f"--parameter: {text!r}: {number!r} is no number") from None
    return {f"attributes.ranges.{form}.{name}.{end}": {sign: bound}}
