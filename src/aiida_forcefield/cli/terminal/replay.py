"""A replay as tables and sentences."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


def print_replay(report: dict[str, Any], kind: str, tolerance: str) -> None:
    console, unit = Console(), report["energy_unit"]
    length = "degrees" if kind in ("angle", "dihedral") else "Å"
    if report["points"]:
        console.print(_points(report, length))
    if report["parameters"]:
        console.print(_parameters(report))
    if report["form"] is not None:
        console.print(report["advice"], highlight=False)
    for note in report["notes"]:
        console.print(f"Note: {note}", highlight=False, soft_wrap=True)
    lines = [f"{report['outcome']} after {report['calls']} calls: {report['reason']}."]
    if report["true_max_error"] is not None:
        lines.append(
            f"Largest error: {report['predicted_max_error']:.3g} {unit} expected, "
            f"{report['true_max_error']:.3g} {unit} in truth; "
            f"{'within' if report['within_tolerance'] else 'above'} the tolerance of "
            f"{tolerance.strip()} ({report['tolerance']:.3g} {unit})."
        )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _points(report: dict[str, Any], length: str) -> Table:
    unit = report["energy_unit"]
    slope = f"gradient / {unit}/{length.removesuffix('s')}"
    table = _table("call", f"at / {length}", f"energy / {unit}", slope)
    for number, point in enumerate(report["points"], 1):
        slope = "" if point["gradient"] is None else f"{point['gradient']:.5g}"
        table.add_row(
            str(number),
            f"{point['coordinate']:g}",
            f"{point['energy'] - report['zero']:.5g}",
            slope,
        )
    return table


def _parameters(report: dict[str, Any]) -> Table:
    table = _table("", f"{report['form']}: {report['equation']}", "", "")
    for name, value in report["parameters"].items():
        error, unit = report["standard_errors"][name], report["units"][name]
        table.add_row(name, f"{value:.6g}", f"± {error:.2g}", unit)
    return table
