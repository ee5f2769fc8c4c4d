"""The results of a study as tables for the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiida_forcefield.cli.results import Results, deviation
from aiida_forcefield.potentials.forms import FORMS


def print_results(results: Results, console: Console) -> None:
    """Print parameters, charges and the predicted property beside the measured one."""
    material, qm = results["material"], results["qm"]
    console.print(
        f"{material['name']}, protocol {results['protocol']}: {results['status']}",
        style="bold",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"QM: {qm['points']} points, {qm['failed_points']} failed, "
        f"{qm['cached_points']} from the cache; {qm['cpu_seconds']:.0f} CPU-s",
        highlight=False,
    )
    if results["force_field"]:
        console.print(_parameters(results), _charges(results))
    if results["properties"]["density"]:
        console.print(_properties(results))


def _parameters(results: Results) -> Table:
    table = Table("term", "form", "parameters", "note", title="Force field", title_justify="left")
    for term in results["force_field"]["terms"]:
        parameters = ", ".join(_values(term))
        table.add_row(term["name"], term["form"], Text(parameters), "; ".join(term["flags"]))
    return table


def _values(term: Results) -> Iterator[str]:
    """Each parameter with its standard error and unit."""
    units = {parameter.name: parameter.unit for parameter in FORMS[term["form"]].parameters}
    for name, value in term["parameters"].items():
        error = term["standard_errors"].get(name)
        spread = "" if error is None else f" ± {error:.2g}"
        yield f"{name} {value:.5g}{spread} {units[name]}".rstrip()


def _charges(results: Results) -> Table:
    table = Table("type", "liquid / e", "gas / e", title="Charges", title_justify="left")
    for row in results["force_field"]["charges"]:
        table.add_row(row["type"], f"{row['liquid']:+.4f}", f"{row['gas']:+.4f}")
    return table


def _properties(results: Results) -> Table:
    table = Table(
        "property",
        "predicted",
        "measured",
        "deviation",
        "source",
        title="Results",
        title_justify="left",
    )
    density = results["properties"]["density"]
    measured = (results["reference"] or {}).get("density")
    difference = deviation(results)
    table.add_row(
        f"density at {density['temperature']:g} K, {density['pressure']:g} bar",
        f"{density['value']:.4f} ± {density['standard_error']:.4f} {density['unit']}",
        f"{measured['value']:g} {measured['unit']}" if measured else "",
        "" if difference is None else f"{difference:+.1%}",
        measured["source"] if measured else "",
    )
    return table
