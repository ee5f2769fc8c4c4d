"""A force field as tables: parameters, charges, errors of the fit."""

import math
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from aiida_forcefield.cli.terminal.table import new_table, print_warnings
from aiida_forcefield.potentials.forcefield import PRIOR_ONLY
from aiida_forcefield.potentials.forms import FORMS, Form
from aiida_forcefield.study.results import Results
from aiida_forcefield.units import KCAL_PER_MOL

MARK = "*"
UNITS = {"rmse_gradient": "kcal/mol/Å", "rmse_frequency": "1/cm", "rmse_stress": "GPa"}
"""Of the errors that are no energies in kcal/mol."""


def print_force_field(
    force_field: Results, console: Console, dipoles: Results | None = None
) -> None:
    """Print parameters, what there is to know of them, charges, and the errors of a fit."""
    for form in FORMS.values():
        terms = [term for term in force_field["terms"] if term["form"] == form.name]
        if terms:
            console.print(_parameters(form, terms))
    for line in _notes(force_field["terms"]):
        console.print(line, highlight=False)
    console.print(_charges(force_field, dipoles))
    if diagnostics := force_field["diagnostics"]:
        console.print(_errors(diagnostics))
        for line in _remarks(diagnostics):
            console.print(line, highlight=False)


def print_alone(force_field: Results, console: Console) -> None:
    """Print a force field that no study is known of, and what is doubtful about it."""
    print_force_field(force_field, console)
    print_warnings(force_field["doubts"], console)


def print_comparison(
    own: Mapping[str, float], other: Mapping[str, float], name: str, console: Console
) -> None:
    """Print the errors of two force fields on the same points, by kind of point."""
    table = new_table("Errors on the QM points of the study (RMSE)", "", "study", name, "unit")
    for label, error in own.items():
        unit = "kcal/mol/Å" if label.endswith("gradients") else "kcal/mol"
        cells = (f"{each / KCAL_PER_MOL:.2f}" for each in (error, other[label]))
        table.add_row(label, *cells, unit)
    console.print(table)


def _parameters(form: Form, terms: Sequence[Results]) -> Table:
    kind = form.kind
    units = {parameter.name: parameter.unit for parameter in form.parameters}
    # Barriers of a few meV, whose zeros would not fit into a line.
    scale, energy = (1e3, "meV") if kind == "dihedral" else (1.0, "eV")
    heading = f"nonbonded: {form}, and charges" if kind == "nonbonded" else f"{kind}s: {form}"
    titles = [f"{name} / {unit}" if unit else name for name, unit in units.items()]
    titles = [title.replace("eV", energy) for title in titles]
    table = new_table(heading, kind, *titles)
    marked = {
        name: {term["name"] for term in terms if f"{name}: {PRIOR_ONLY}" in term["flags"]}
        for name in units
    }
    for term in terms:
        values = (
            _value(term["parameters"][name], term["standard_errors"].get(name), scale)
            + (MARK if term["name"] in names else " " * len(MARK) if names else "")
            for name, names in marked.items()
        )
        table.add_row(term["name"].removeprefix(f"{kind} "), *values)
    return table


def _value(value: float, error: float | None, scale: float) -> str:
    """A value and its standard error, which has two digits."""
    value *= scale
    if not error:
        return f"{value:.5g}"
    error *= scale
    digits = min(max(1 - math.floor(math.log10(error)), 0), 6)
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _notes(terms: Sequence[Results]) -> Iterator[str]:
    """What the flags mean."""
    flags = [(term["name"], flag) for term in terms for flag in term["flags"]]
    if any(flag.endswith(PRIOR_ONLY) for _, flag in flags):
        yield f" {MARK} {PRIOR_ONLY}: the data do not determine it"
    for name, flag in flags:
        if not flag.endswith(PRIOR_ONLY):
            yield f" {name}, {flag}"


def _charges(force_field: Results, dipoles: Results | None) -> Table:
    rows = force_field["charges"]
    if not dipoles and all(row["liquid"] == row["gas"] for row in rows):
        table = new_table("Charges", "", "charge / e")
        for row in rows:
            table.add_row(row["type"], f"{row['liquid']:+.4f}")
        return table
    table = new_table(
        "Charges: the liquid's for molecules and MD, the gas phase's for dimers",
        "",
        "liquid",
        "gas",
    )
    for row in rows:
        table.add_row(f"{row['type']} / e", f"{row['liquid']:+.4f}", f"{row['gas']:+.4f}")
    for phase, dipole in (dipoles or {}).items():
        text = f"{dipole['charges']:.2f} (QM {dipole['qm']:.2f})"
        cells = ("", text) if phase == "gas" else (text, "")
        name = "dipole / D" if phase == "gas" else "dipole / D, fitted in solvent"
        table.add_row(name, *cells)
    if dipoles:
        missed = (f"{dipoles[phase]['potential_error']:.0%}" for phase in ("solvated", "gas"))
        table.add_row("potential missed, in solvent and gas", *missed)
    return table


def _errors(diagnostics: Results) -> Table:
    """Errors with the prior's parameters, with the fitted ones, and of what a fit did without."""
    table = new_table("Errors of the fit (RMSE)", "", "prior", "fitted", "left out", "unit")
    for name, label in _error_rows(diagnostics):
        unit = UNITS.get(name, "kcal/mol")
        scale = KCAL_PER_MOL if unit.startswith("kcal") else 1.0
        digits = 0 if unit == "1/cm" else 2
        left_out = name.replace("rmse_", "left_out_")
        left_out = left_out.removesuffix("_intramolecular").removesuffix("_cell")
        found = (diagnostics.get(key) for key in (f"{name}_start", name, left_out))
        cells = ("" if error is None else f"{error / scale:.{digits}f}" for error in found)
        table.add_row(label, *cells, unit)
    return table


def _remarks(diagnostics: Results) -> Iterator[str]:
    """Which points the fit did without, and which forms it was chosen from."""
    for label, count in _named(diagnostics, "outliers"):
        yield f" {label}: {count:.0f} of its points disagree with all others; left out"
    forms = [f"{name} {error:.2f}" for name, error in _named(diagnostics, "foresight")]
    if forms:
        yield f" forms, by the error of unseen points over the expected one: {', '.join(forms)}"


def _named(diagnostics: Results, prefix: str) -> Iterator[tuple[str, float]]:
    """Diagnostics of some kind, by what they are of."""
    for name, value in diagnostics.items():
        if name.startswith(f"{prefix} "):
            yield name.removeprefix(f"{prefix} "), value


def _error_rows(diagnostics: Results) -> Iterator[tuple[str, str]]:
    whole = "cells" if "rmse_energy_cell" in diagnostics else "molecule"
    named = {
        "rmse_energy_intramolecular": "molecule: energies",
        "rmse_energy_cell": "cells: energies",
        "rmse_torsion": "molecule: torsions, relaxed",
        "rmse_gradient": f"{whole}: gradients",
        "rmse_stress": "cells: stresses",
        "rmse_frequency": "molecule: frequencies",
        "rmse_interaction": "dimers: all",
        "rmse_virial": "dimers: change by distance",
    }
    for origin in ("random", "squeezed", "liquid", "uncertain"):
        named[f"rmse_interaction dimers {origin}"] = f"dimers: {origin}"
    pairs = [
        name
        for name in diagnostics
        if name.startswith("rmse_interaction pair ") and not name.endswith("_start")
    ]
    if pairs:  # ten or more scans: the worst speaks for all
        worst = max(pairs, key=lambda name: diagnostics[name])
        named[worst] = f"dimers: worst scan, {worst.removeprefix('rmse_interaction ')}"
    return ((name, label) for name, label in named.items() if name in diagnostics)
