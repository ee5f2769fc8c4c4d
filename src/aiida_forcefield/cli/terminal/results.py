"""The results of a study as tables and sentences."""

from collections.abc import Iterator
from textwrap import fill

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiida_forcefield.cli.terminal.errors_of_fit import foreseen
from aiida_forcefield.cli.terminal.force_field import print_force_field
from aiida_forcefield.cli.terminal.table import new_table, print_warnings
from aiida_forcefield.properties import Row, property_of
from aiida_forcefield.runner.status import ADVICE
from aiida_forcefield.study.results import Results, deviation
from aiida_forcefield.study.rounding import decimals, with_error


def print_results(results: Results, console: Console) -> None:
    """Print parameters, charges, errors and the predicted properties beside measured ones."""
    for line in _summary(results):
        console.print(line, highlight=False, soft_wrap=True)
    if results["force_field"]:
        print_force_field(results["force_field"], console, results["dipoles"])
    for label in results["properties"]:
        console.print(_property(results, label))
    print_warnings(results["warnings"], console)


def _summary(results: Results) -> Iterator[Text]:
    qm, scans, several = results["qm"], results["scans"], len(results["species"]) > 1
    title = f"{results['title']}, protocol {results['protocol']}: {results['status']}"
    yield Text(title, style="bold")
    for label, found in results["properties"].items():
        error = found.get("uncertainty", found["standard_error"])
        value = f"{label.replace('_', ' ')} {with_error(found['value'], error)} {found['unit']}"
        yield Text(f"{value}: {verdict(results['grades'][label])}", style="bold")
    levels = "; ".join(f"{part} {name}" for part, name in results["levels"].items())
    yield Text(fill(f"QM: {levels}", 80, subsequent_indent=" " * 4))
    yield Text(
        f"    {qm['points']} points, {qm['failed_points']} failed, "
        f"{qm['cached_points']} from the cache; {qm['cpu_seconds']:.0f} CPU-s"
    )
    for number, found in enumerate(results["validation"], 1):
        line = f"{number}. round in the liquid: {found['points']} points, foreseen within "
        yield Text(f"    {line}{foreseen(found, several)}")
    for status, count in qm["failures"].items():
        line = f"{count} {status}: {ADVICE[status]}"
        yield Text(fill(line, 80, initial_indent=" " * 4, subsequent_indent=" " * 8))
    unmet = [scan for scan in scans if scan["status"] != "converged"]
    yield Text(f"    {len(scans)} scans, {len(scans) - len(unmet)} converged")
    for scan in unmet:
        why = scan["flaw"] or f"uncertain by {scan['error_estimate']:.0%} of its window"
        of = f"{'-'.join(scan['species'])} " if several else ""
        line = f"{of}{scan['name']}: {why}, after {scan['points']} points"
        yield Text(fill(line, 80, initial_indent=" " * 4, subsequent_indent=" " * 8))


def verdict(graded: Results) -> str:
    """A grade with the first of its reasons."""
    reasons = graded["reasons"]
    return f"{graded['grade']} ({reasons[0]})" if reasons else str(graded["grade"])


def _property(results: Results, label: str) -> Table:
    """A property with what its uncertainty is made of, and the measured value beside it."""
    result = results["properties"][label]
    plugin = property_of(result["property"])
    state = f"{result['temperature']:g} K, {result['pressure']:g} bar"
    table = new_table(f"{plugin.title} at {state}", "", plugin.unit)
    digits = decimals(result["standard_error"])
    for row in plugin.rows(result):
        table.add_row(row.label, _cell(row, digits if row.unit == plugin.unit else 0, plugin.unit))
    difference = deviation(results, label)
    if difference is not None:
        measured = results["reference"][label]
        table.add_row(f"measured ({measured['source']})", f"{measured['value']:g}")
        table.add_row("deviation", f"{difference:+.1%}")
    return table


def _cell(row: Row, digits: int, unit: str) -> str:
    """Value and error of a row, as far as it has them, and its unit where that is another."""
    error = f"± {row.error:.{digits}f}" if row.error is not None else ""
    if row.value is None:
        value = ""
    else:  # a value without an error is a change, or a part of the whole
        value = f"{row.value:.{digits}f}" if error else f"{row.value:+.{digits}f}"
    return " ".join(filter(None, (value, error, row.unit if row.unit != unit else "")))
