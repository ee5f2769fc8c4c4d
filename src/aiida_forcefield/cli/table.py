"""The results of a study as tables for the terminal."""

import math
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiida_forcefield.cli.results import Results, deviation
from aiida_forcefield.potentials.errors import ENERGIES, VIRIALS
from aiida_forcefield.potentials.forcefield import PRIOR_ONLY
from aiida_forcefield.potentials.forms import FORMS, Form
from aiida_forcefield.runner.status import ADVICE
from aiida_forcefield.units import KCAL_PER_MOL

CHOICES = {
    "charges": "  with charges polarised by a quarter more",
    "counterpoise": "  with less counterpoise correction, by its error",
    "dimers": "  with every second dimer only",
    "weights": "  with repulsive dimers weighing less",
}
BEYOND_PAIRS = {
    "three_body_dispersion": "three-body dispersion",
    "induction": "induction beyond pairs",
    "charges": "the liquid's charges, taken away",
}
MARK = "*"
UNITS = {"rmse_gradient": "kcal/mol/Å", "rmse_frequency": "1/cm", "rmse_stress": "GPa"}
"""Of the errors that are no energies in kcal/mol."""


def print_results(results: Results, console: Console) -> None:
    """Print parameters, charges, errors and the predicted property beside the measured one."""
    for line in _summary(results):
        console.print(line, highlight=False, soft_wrap=True)
    if results["force_field"]:
        print_force_field(results["force_field"], console, results["dipoles"])
    if results["properties"]["density"]:
        console.print(_properties(results))
    _print_doubts(results["doubts"], console)


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
    _print_doubts(force_field["doubts"], console)


def print_comparison(
    own: Mapping[str, float], other: Mapping[str, float], name: str, console: Console
) -> None:
    """Print the errors of two force fields on the same points, by kind of point."""
    table = _table("Errors on the QM points of the study (RMSE)", "", "study", name, "unit")
    for label, error in own.items():
        unit = "kcal/mol/Å" if label.endswith("gradients") else "kcal/mol"
        cells = (f"{each / KCAL_PER_MOL:.2f}" for each in (error, other[label]))
        table.add_row(label, *cells, unit)
    console.print(table)


def _print_doubts(doubts: Sequence[str], console: Console) -> None:
    if doubts:
        console.print(Text("\nBe careful", style="bold"))
    for doubt in doubts:
        text = fill(doubt, 80, initial_indent=" - ", subsequent_indent="   ")
        console.print(text, highlight=False, soft_wrap=True)


def _summary(results: Results) -> Iterator[Text]:
    material, qm, scans = results["material"], results["qm"], results["scans"]
    title = f"{material['name']}, protocol {results['protocol']}: {results['status']}"
    yield Text(title, style="bold")
    levels = "; ".join(f"{part} {name}" for part, name in results["levels"].items())
    yield Text(fill(f"QM: {levels}", 80, subsequent_indent=" " * 4))
    yield Text(
        f"    {qm['points']} points, {qm['failed_points']} failed, "
        f"{qm['cached_points']} from the cache; {qm['cpu_seconds']:.0f} CPU-s"
    )
    if found := results["calibration"]:
        parts = [
            f"{_fraction(found, kind)} of {name} ({found[f'{kind}_dimers']} dimers)"
            for kind, name in (("weak", "contacts"), ("bonded", "hydrogen bonds"))
            if found[f"{kind}_dimers"]
        ]
        yield Text(f"    counterpoise correction: {', '.join(parts)}, by {found['bases'][1]}")
        yield Text(
            f"    {found['rmsd'] / KCAL_PER_MOL:.2f} kcal/mol from a complete basis "
            f"(fully corrected: {found['rmsd_full_correction'] / KCAL_PER_MOL:.2f})"
        )
    for number, found in enumerate(results["validation"], 1):
        errors = [
            f"{label} {error / KCAL_PER_MOL:.2f}".replace("dimers: ", "").replace(": energies", "")
            for label, error in found.items()
            if label == ENERGIES or (label.startswith("dimers: ") and label != VIRIALS)
        ]
        line = f"{number}. round in the liquid: {found['points']:.0f} points, foreseen within "
        yield Text(f"    {line}{', '.join(errors)} kcal/mol")
    for status, count in qm["failures"].items():
        line = f"{count} {status}: {ADVICE[status]}"
        yield Text(fill(line, 80, initial_indent=" " * 4, subsequent_indent=" " * 8))
    unmet = [scan for scan in scans if scan["status"] != "converged"]
    yield Text(f"    {len(scans)} scans, {len(scans) - len(unmet)} converged")
    for scan in unmet:
        why = scan["flaw"] or f"uncertain by {scan['error_estimate']:.0%} of its window"
        line = f"{scan['name']}: {why}, after {scan['points']} points"
        yield Text(fill(line, 80, initial_indent=" " * 4, subsequent_indent=" " * 8))


def _fraction(calibration: Results, kind: str) -> str:
    value, error = calibration[kind], calibration[f"{kind}_error"]
    return f"{value:.2f}{' (its bound)' if kind in calibration['at_bound'] else f' ± {error:.2f}'}"


def _table(title: str, *columns: str) -> Table:
    """A table with a line under its heading and none elsewhere: it stays within 80 columns."""
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        min_width=min(len(title), 80),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if place else "left",
            no_wrap=bool(place),
            overflow="fold",
        )
    return table


def _parameters(form: Form, terms: Sequence[Results]) -> Table:
    kind = form.kind
    units = {parameter.name: parameter.unit for parameter in form.parameters}
    # Barriers of a few meV, whose zeros would not fit into a line.
    scale, energy = (1e3, "meV") if kind == "dihedral" else (1.0, "eV")
    heading = f"nonbonded: {form}, and charges" if kind == "nonbonded" else f"{kind}s: {form}"
    titles = [f"{name} / {unit}" if unit else name for name, unit in units.items()]
    titles = [title.replace("eV", energy) for title in titles]
    table = _table(heading, kind, *titles)
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
        table = _table("Charges", "", "charge / e")
        for row in rows:
            table.add_row(row["type"], f"{row['liquid']:+.4f}")
        return table
    table = _table(
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
    table = _table("Errors of the fit (RMSE)", "", "prior", "fitted", "left out", "unit")
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


def _properties(results: Results) -> Table:
    density = results["properties"]["density"]
    measured = (results["reference"] or {}).get("density")
    difference = deviation(results)
    table = _table(
        f"Density at {density['temperature']:g} K, {density['pressure']:g} bar",
        "",
        f"{density['unit']}",
    )
    error = density.get("uncertainty", density["standard_error"])
    table.add_row("predicted", f"{density['value']:.4f} ± {error:.4f}")
    if "uncertainty" in density:
        table.add_row("of which statistics", f"± {density['standard_error']:.4f}")
        for name, change in density["changes"].items():
            table.add_row(CHOICES[name], f"{change:+.4f}")
    if (pushed := density.get("many_body_pressure", 0.0)) > 0:
        known = f"known to {density['beyond_pairs_error']:.0f} bar"
        table.add_row(f"  with the pressure beyond pairs {known}", f"± {pushed:.4f}")
    if (pressure := results["pressure"]) and "pair_pressure" in density:
        known = f"known to {pressure['error']:.0f} bar from {pressure['pairs']} of them"
        table.add_row(f"  with the pressure of pairs {known}", f"± {density['pair_pressure']:.4f}")
    for part, outward in density.get("beyond_pairs", {}).items():
        table.add_row(f"with {outward:+.0f} bar outwards from {BEYOND_PAIRS[part]}", "")
    if measured and difference is not None:
        table.add_row(f"measured ({measured['source']})", f"{measured['value']:g}")
        table.add_row("deviation", f"{difference:+.1%}")
    return table
