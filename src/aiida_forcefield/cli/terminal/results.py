"""The results of a study as tables and sentences."""

from collections.abc import Iterator
from textwrap import fill

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiida_forcefield.cli.terminal.force_field import print_force_field
from aiida_forcefield.cli.terminal.table import new_table, print_warnings
from aiida_forcefield.potentials.errors import ENERGIES, VIRIALS
from aiida_forcefield.runner.status import ADVICE
from aiida_forcefield.study.results import Results, deviation
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


def print_results(results: Results, console: Console) -> None:
    """Print parameters, charges, errors and the predicted property beside the measured one."""
    for line in _summary(results):
        console.print(line, highlight=False, soft_wrap=True)
    if results["force_field"]:
        print_force_field(results["force_field"], console, results["dipoles"])
    if results["properties"]["density"]:
        console.print(_properties(results))
    print_warnings(results["doubts"], console)


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


def _properties(results: Results) -> Table:
    density = results["properties"]["density"]
    measured = (results["reference"] or {}).get("density")
    difference = deviation(results)
    table = new_table(
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
