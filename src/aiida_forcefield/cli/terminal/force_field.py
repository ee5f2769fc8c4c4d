"""A force field as tables: parameters, charges, errors of the fit."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from aiida_forcefield.cli.terminal.errors_of_fit import errors_table, remarks
from aiida_forcefield.cli.terminal.table import new_table, print_warnings
from aiida_forcefield.potentials.diagnostics import Diagnostics
from aiida_forcefield.potentials.forcefield import Flag
from aiida_forcefield.potentials.forms import FORMS, Form
from aiida_forcefield.serial import assemble
from aiida_forcefield.study.results import Results
from aiida_forcefield.study.rounding import decimals

MARK = "*"
MOST_DECIMALS = 6
MOST_PARAMETERS = 4
"""Of a table."""


def print_force_field(
    force_field: Results, console: Console, dipoles: Mapping[str, Results] | None = None
) -> None:
    """Print parameters, what there is to know of them, charges, and the errors of a fit."""
    for form in FORMS.values():
        terms = [term for term in force_field["terms"] if term["form"] == form.name]
        if terms:
            for table in _parameters(form, terms):
                console.print(table)
    for line in _notes(force_field["terms"]):
        console.print(line, highlight=False)
    console.print(
        _polarizable(force_field, dipoles or {})
        if force_field["polarization"]
        else _charges(force_field, dipoles or {})
    )
    if force_field["diagnostics"]:
        found = assemble(Diagnostics, force_field["diagnostics"], {})
        several = len(force_field["species"]) > 1
        console.print(errors_table(found, several))
        for line in remarks(found, several):
            console.print(line, highlight=False)


def print_alone(force_field: Results, console: Console) -> None:
    """Print a force field that no study is known of, and what is doubtful about it."""
    print_force_field(force_field, console)
    print_warnings(force_field["warnings"], console)


def _parameters(form: Form, terms: Sequence[Results]) -> Iterator[Table]:
    """Tables with as many parameters as a line of 80 characters holds."""
    kind = form.kind
    units = {parameter.name: parameter.unit for parameter in form.parameters}
    # Barriers of a few meV, whose zeros would not fit into a line.
    scale, energy = (1e3, "meV") if kind == "dihedral" else (1.0, "eV")
    heading = f"nonbonded: {form}, and charges" if kind == "nonbonded" else f"{kind}s: {form}"
    marked = {
        name: {term["name"] for term in terms if name in _of_prior_only(term)} for name in units
    }
    for first in range(0, len(units), MOST_PARAMETERS):
        names = [*units][first : first + MOST_PARAMETERS]
        titles = [f"{name} / {units[name]}" if units[name] else name for name in names]
        titles = [title.replace("eV", energy) for title in titles]
        table = new_table(heading if first == 0 else "", kind, *titles)
        for term in terms:
            values = (
                _value(term["parameters"][name], term["standard_errors"].get(name), scale)
                + (
                    MARK
                    if term["name"] in marked[name]
                    else " " * len(MARK)
                    if marked[name]
                    else ""
                )
                for name in names
            )
            table.add_row(term["label"], *values)
        yield table


def _value(value: float, error: float | None, scale: float) -> str:
    """A value and its standard error, which has two digits."""
    if not error:
        return f"{value * scale:.5g}"
    digits = min(decimals(error * scale), MOST_DECIMALS)
    return f"{value * scale:.{digits}f} ± {error * scale:.{digits}f}"


def _of_prior_only(term: Results) -> set[str]:
    """Parameters of a term that the data do not determine."""
    return {flag["parameter"] for flag in term["flags"] if flag["kind"] == "prior_only"}


def _notes(terms: Sequence[Results]) -> Iterator[str]:
    """What the flags mean."""
    if any(_of_prior_only(term) for term in terms):
        yield f" {MARK} as uncertain as its prior: the data do not determine it"
    for term in terms:
        for flag in term["flags"]:
            if flag["kind"] != "prior_only":
                yield f" {term['kind']} {term['label']}, {Flag(**flag)}"


def _charges(force_field: Results, dipoles: Mapping[str, Results]) -> Table:
    rows = force_field["charges"]
    if not dipoles and all(row["liquid"] == row["gas"] for row in rows):
        table = new_table("Charges", "", "charge / e")
        for row in rows:
            table.add_row(row["label"], f"{row['liquid']:+.4f}")
        return table
    table = new_table(
        "Charges: the liquid's for molecules and MD, the gas phase's for dimers",
        "",
        "liquid",
        "gas",
    )
    for row in rows:
        table.add_row(f"{row['label']} / e", f"{row['liquid']:+.4f}", f"{row['gas']:+.4f}")
    for name, phases in dipoles.items():
        _add_dipoles(table, f"{name}: " if len(dipoles) > 1 else "", phases)
    return table


def _polarizable(force_field: Results, dipoles: Mapping[str, Results]) -> Table:
    """Charges and polarizabilities of atoms, and their dipoles along bonds."""
    found = force_field["polarization"]
    table = new_table(
        "Charges, polarizabilities α, permanent dipoles (a charge times a bond)",
        "",
        "charge / e",
        "α / Å³",
        "dipole along the bond to / e",
    )
    for row in force_field["charges"]:
        label = row["label"]
        alpha = found["polarizabilities"].get(label)
        along = (
            f"{each['neighbour']} {each['charge']:+.3f}"
            for each in found["bond_dipoles"]
            if each["atom"] == label
        )
        cells = (f"{row['gas']:+.4f}", "" if alpha is None else f"{alpha:.3f}", ", ".join(along))
        table.add_row(label, *cells)
    for name, phases in dipoles.items():
        of = f"{name}: " if len(dipoles) > 1 else ""
        table.add_row(f"{of}dipole / D", _beside_qm(phases["gas"]), "", "")
        table.add_row(f"{of}potential missed", f"{phases['gas']['potential_error']:.0%}", "", "")
    return table


def _beside_qm(dipole: Results) -> str:
    return f"{dipole['charges']:.2f} (QM {dipole['qm']:.2f})"


def _add_dipoles(table: Table, of: str, phases: Results) -> None:
    """What the charges of a species make of its dipole and potential."""
    for phase, dipole in phases.items():
        text = _beside_qm(dipole)
        cells = ("", text) if phase == "gas" else (text, "")
        name = "dipole / D" if phase == "gas" else "dipole / D, fitted in solvent"
        table.add_row(of + name, *cells)
    missed = (f"{phases[phase]['potential_error']:.0%}" for phase in ("solvated", "gas"))
    table.add_row(f"{of}potential missed, in solvent and gas", *missed)
