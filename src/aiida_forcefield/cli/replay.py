"""``aiida-forcefield replay``: what learning a recorded curve would have cost."""

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_forcefield.cli.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from aiida_forcefield.surrogate.replay import Replay

KINDS = {"bond": "bond", "angle": "angle", "dihedral": "dihedral", "pair": "ions", "dimer": "dimer"}
ENERGY_UNITS = ("eV", "kJ/mol", "kcal/mol", "hartree")
PICTURES = (".png", ".pdf", ".svg")


@click.command()
@click.argument("curve", type=click.Path(path_type=Path))
@click.option("--kind", required=True, help=f"One of {', '.join(KINDS)}; pair: of two ions.")
@click.option(
    "--energy-unit",
    default="eV",
    show_default=True,
    help=f"One of {', '.join(ENERGY_UNITS)}. The coordinate is in Å or degrees.",
)
@click.option(
    "--window",
    type=float,
    help="Height above the minimum up to which to learn, in the energy unit: of a bond or angle on "
    "both sides, of a pair or dimer on the inner side.  [default: the whole curve]",
)
@click.option(
    "--tolerance",
    default="1%",
    show_default=True,
    help="Largest error borne: of the energy range within the window, or such as 0.1kcal/mol.",
)
@click.option("--no-gradient", is_flag=True, help="Learn from energies alone.")
@click.option("--form", help="Form on which to project, in place of the usual one.")
@click.option("--seed", type=int, default=0, show_default=True, help="Moves the first points.")
@click.option("--plot", type=click.Path(path_type=Path), help="Picture to write: png, pdf or svg.")
@click.option("--json", "as_json", is_flag=True, help="All numbers, on standard output.")
def replay(
    curve: Path,
    kind: str,
    energy_unit: str,
    window: float | None,
    tolerance: str,
    no_gradient: bool,
    form: str | None,
    seed: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Learn a recorded CURVE as if each of its points were a QM calculation.

    CURVE is a CSV file with the columns coordinate,energy and, if known, gradient (energy unit per
    Å or degree). The answer is how many calls the curve would have cost, whether the surrogate
    knew when to stop, and how far it then was from the record. No AiiDA profile is needed.
    """
    _choose("--kind", kind, tuple(KINDS))
    _choose("--energy-unit", energy_unit, ENERGY_UNITS)
    if window is not None and not 0 < window < math.inf:
        raise InputError(f"--window: {window:g}; must be an energy above 0")
    if seed < 0:
        raise InputError(f"--seed: {seed}; must not be negative")
    if plot is not None and (plot.suffix.lower() not in PICTURES or not plot.parent.is_dir()):
        raise InputError(f"--plot: {plot}; must end in {', '.join(PICTURES)}, in a folder that is")
    number, unit_of_tolerance = _parse_tolerance(tolerance)

    from aiida_forcefield.surrogate import record, replay

    units = record.ENERGY_UNITS
    unit = units[energy_unit]
    relative = unit_of_tolerance == "%"
    try:
        read = record.read_record(curve, KINDS[kind], unit, not no_gradient)  # type: ignore[arg-type]
        done = replay.replay(
            read,
            number / 100 if relative else number * units[unit_of_tolerance],
            relative,
            None if window is None else window * unit,
            form,
            seed,
        )
    except ValueError as error:
        raise InputError(str(error)) from None
    if plot is not None:
        from aiida_forcefield.report.replay import draw_replay

        draw_replay(done, curve.stem, energy_unit, unit).savefig(plot)
    report = describe(done, energy_unit, unit)
    if as_json:
        click.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print(report, kind, tolerance)


def _choose(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{option}: {value!r} is unknown; allowed: {', '.join(allowed)}")


def _parse_tolerance(text: str) -> tuple[float, str]:
    """Number and unit of a tolerance such as ``1%`` or ``0.1kcal/mol``."""
    match = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(\S+)\s*", text)
    try:
        number = float(match[1]) if match else math.nan
    except ValueError:
        number = math.nan
    if match is None or match[2] not in ("%", *ENERGY_UNITS) or not 0 < number < math.inf:
        raise InputError(
            f"--tolerance: {text!r}; must be a number above 0 and a unit, such as 1% or "
            f"0.1kcal/mol; units: %, {', '.join(ENERGY_UNITS)}"
        )
    if match[2] == "%" and number >= 50:
        raise InputError(f"--tolerance: {text!r}; must be below 50%")
    return number, match[2]


def describe(done: "Replay", energy_unit: str, unit: float) -> dict[str, Any]:
    """A replay as plain values, energies in the unit of the record."""

    def energy(value: float) -> float | None:
        return value / unit if math.isfinite(value) else None

    points, parameters, projection = [], {}, done.projection
    if done.surrogate is not None:
        seen = done.surrogate.observations
        points = [
            {"coordinate": x, "energy": energy(y), "gradient": energy(slope)}
            for x, y, slope in zip(
                seen.x.tolist(), seen.energy.tolist(), seen.slope.tolist(), strict=True
            )
        ]
    report: dict[str, Any] = {
        "calls": len(points),
        "outcome": done.outcome.name,
        "reason": done.outcome.reason,
        "predicted_max_error": energy(done.predicted_error),
        "true_max_error": energy(done.true_error),
        "tolerance": energy(done.goal),
        "within_tolerance": bool(done.true_error <= done.goal),
        "energy_unit": energy_unit,
        "window": [done.lower, done.upper],
        "notes": list(done.notes),
        "points": points,
        "form": None,
        "parameters": parameters,
    }
    if projection is not None:
        values = projection.in_unit(energy_unit, unit)
        report |= {
            "form": projection.target.name,
            "equation": projection.target.equation,
            "weight": projection.weight,
            "misfit": projection.misfit,
            "advice": projection.advice,
            "parameters": {value.name: value.value for value in values},
            "standard_errors": {value.name: value.standard_error for value in values},
            "units": {value.name: value.unit for value in values},
        }
    return report


def _print(report: dict[str, Any], kind: str, tolerance: str) -> None:
    from rich.console import Console

    console, unit = Console(), report["energy_unit"]
    length = "degrees" if kind in ("angle", "dihedral") else "Å"
    if report["points"]:
        console.print(_points(report, length))
    if report["parameters"]:
        console.print(_parameters(report))
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


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _points(report: dict[str, Any], length: str) -> "Table":
    unit = report["energy_unit"]
    least = min(point["energy"] for point in report["points"])
    table = _table("call", f"at / {length}", f"energy / {unit}", f"gradient / {unit}/{length}")
    for number, point in enumerate(report["points"], 1):
        slope = "" if point["gradient"] is None else f"{point['gradient']:.5g}"
        table.add_row(
            str(number), f"{point['coordinate']:g}", f"{point['energy'] - least:.5g}", slope
        )
    return table


def _parameters(report: dict[str, Any]) -> "Table":
    table = _table("", f"{report['form']}: {report['equation']}", "", "")
    for name, value in report["parameters"].items():
        error, unit = report["standard_errors"][name], report["units"][name]
        table.add_row(name, f"{value:.6g}", f"± {error:.2g}", unit)
    return table
