"""``aiida-forcefield replay``: what learning a recorded curve would have cost."""

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida_forcefield.surrogate.forms import Kind

KINDS: dict[str, "Kind"] = {
    "bond": "bond",
    "angle": "angle",
    "dihedral": "dihedral",
    "pair": "ions",
    "dimer": "dimer",
}
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

    from aiida_forcefield import replay as recorded

    units = recorded.ENERGY_UNITS
    unit = units[energy_unit]
    relative = unit_of_tolerance == "%"
    try:
        done = recorded.replay(
            recorded.read_record(curve, KINDS[kind], unit, not no_gradient),
            number / 100 if relative else number * units[unit_of_tolerance],
            relative,
            None if window is None else window * unit,
            form,
            seed,
        )
    except ValueError as error:
        raise InputError(str(error)) from None
    if plot is not None:
        from aiida_forcefield.replay.picture import draw_replay

        draw_replay(done, curve.stem, energy_unit, unit).savefig(plot)
    report = recorded.describe(done, energy_unit, unit)
    if as_json:
        click.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        from aiida_forcefield.cli.terminal.replay import print_replay

        print_replay(report, kind, tolerance)


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
