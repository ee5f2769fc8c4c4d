"""A recorded curve: read strictly from a CSV file, and interpolated as an oracle."""

import csv
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline, CubicSpline

from aiida_forcefield.bounded import read_text, reason_of
from aiida_forcefield.surrogate.forms import NONBONDED, Kind
from aiida_forcefield.units import HARTREE, KCAL_PER_MOL, KJ_PER_MOL

Array = NDArray[np.float64]

ENERGY_UNITS = {
    "eV": 1.0,
    "kJ/mol": KJ_PER_MOL,
    "kcal/mol": KCAL_PER_MOL,
    "hartree": HARTREE,
}
COLUMNS = ("coordinate", "energy", "gradient")
FEWEST, MOST = 7, 20_000  # rows: every second one must make a spline too
MEGABYTES = 4
"""Of a curve."""
DECIMALS = 4  # of a coordinate that tell two rows apart
MISMATCH = 0.05  # of a gradient with the slope of the energies: within it they are one curve's
SAME = 1e-6  # eV: energies that differ by less are the same
HUGE = 1e9  # numbers beyond are no energies
HOLE = 60.0  # degrees without a point, over which no circle closes
ALLOWED: dict[Kind, tuple[float, float, str, str]] = {
    "bond": (0.3, 20.0, "bond length", "Å"),
    "angle": (0.0, 180.0, "angle", "degrees"),
    "dihedral": (-360.0, 360.0, "dihedral", "degrees"),
    "ions": (0.5, 50.0, "distance of two ions", "Å"),
    "dimer": (0.5, 50.0, "distance of two molecules", "Å"),
}
"""Of a coordinate: from, to, what it is, unit."""


@dataclass(frozen=True, eq=False)
class Record:
    """A curve as it was recorded.

    Attributes:
        kind: bond, angle, dihedral, ions or dimer.
        x: coordinates, shape (n,), rising, Å or degrees; on a circle over just 360 degrees.
        energy: shape (n,), eV.
        gradient: dE/dx, shape (n,), eV/Å or eV/degree; None where it was not recorded.
        circle: whether a dihedral was recorded all the way round.
        split: largest difference between two energies of one coordinate, eV, and where it is: of
            the same structure reached on two ways. None where each coordinate is there once.
    """

    kind: Kind
    x: Array
    energy: Array
    gradient: Array | None
    circle: bool = False
    split: tuple[float, float] | None = None

    def energies(self, x: Array | float) -> Array:
        """The energy between the recorded points, shape of x, eV."""
        return np.asarray(self._oracle(x))

    def slopes(self, x: Array | float) -> Array:
        """The gradient between the recorded points, shape of x; NaN where none was recorded."""
        if self.gradient is None:
            return np.full(np.shape(x), np.nan)
        if self.is_consistent:
            return np.asarray(self._oracle(x, 1))
        return np.asarray(_spline(self.x, self.gradient, self.circle)(x))

    def coarseness(self, lower: float, upper: float) -> float:
        """About how far the spline is from the true curve within a window, eV.

        A spline through every second point misses the others by 16 times as much as that through
        all, where the curve is smooth (C. de Boor, A Practical Guide to Splines, ch. V); half of
        that is assumed.
        """
        inside = (self.x >= lower - 1e-9) & (self.x <= upper + 1e-9)
        worst = 0.0
        for first in (0, 1):
            kept = np.zeros(len(self.x), dtype=bool)
            kept[first::2] = True
            kept[[0, -1]] = True
            coarse = _spline(self.x[kept], self.energy[kept], self.circle)
            left = inside & ~kept
            worst = max(worst, np.abs(coarse(self.x) - self.energy)[left].max(initial=0.0))
        return float(worst) / 8

    @cached_property
    def mismatch(self) -> float:
        """How far the gradient is from the slope of the energies, as a fraction of the largest."""
        if self.gradient is None:
            return 0.0
        slope = _spline(self.x, self.energy, self.circle)(self.x, 1)
        scale = float(np.median(np.abs(slope)))
        return float(np.median(np.abs(slope - self.gradient))) / max(scale, SAME)

    @property
    def is_consistent(self) -> bool:
        """Whether the gradient is that of the energies."""
        return self.mismatch < MISMATCH

    def window(self, height: float | None) -> tuple[float, float]:
        """The part of the coordinate that is to be learned.

        A bond or angle on both sides up to a height above its minimum; ions and dimers on the
        inner side, with all of the outer; a dihedral whole; all of it without a height. The ends
        are rounded inwards to what a scan can set.

        Raises:
            ValueError: fewer than `FEWEST` recorded points lie within.
        """
        lower, upper = float(self.x[0]), float(self.x[-1])
        if height is not None and self.kind != "dihedral":
            grid = np.linspace(lower, upper, 4001)
            energy = self.energies(grid)
            least = int(energy.argmin())
            above = np.flatnonzero(energy > energy[least] + height)
            inner, outer = above[above < least], above[above > least]
            lower = float(grid[inner[-1] + 1]) if len(inner) else lower
            if self.kind not in NONBONDED and len(outer):
                upper = float(grid[outer[0] - 1])
        step = 10 ** (1 if self.kind in ("angle", "dihedral") else 3)
        lower, upper = math.ceil(lower * step - 1e-6) / step, math.floor(upper * step + 1e-6) / step
        count = int(((self.x >= lower) & (self.x <= upper)).sum())
        if count < FEWEST:
            raise ValueError(
                f"window: only {count} recorded points lie within it; at least {FEWEST} are needed"
            )
        return lower, upper

    @cached_property
    def _oracle(self) -> CubicSpline | CubicHermiteSpline:
        if self.gradient is not None and self.is_consistent:
            return CubicHermiteSpline(self.x, self.energy, self.gradient)
        return _spline(self.x, self.energy, self.circle)


def _spline(x: Array, y: Array, circle: bool) -> CubicSpline:
    if circle:
        y = np.append(y[:-1], y[0])
    return CubicSpline(x, y, bc_type="periodic" if circle else "not-a-knot")


def read_record(path: Path, kind: Kind, unit: float = 1.0, gradient: bool = True) -> Record:
    """Read a recorded curve.

    Args:
        path: a CSV file with a line of headings: coordinate, energy and perhaps gradient.
        kind: of the coordinate.
        unit: of the energy, eV.
        gradient: whether to use the gradient where it is there.

    Raises:
        ValueError: in one line, what is wrong with the file, and where.
    """
    rows = _rows(path, kind)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    rows[:, 1:] *= unit
    rows, split = _lower_branch(rows, path.name)
    if len(rows) < FEWEST:
        points = "1 point" if len(rows) == 1 else f"{len(rows)} points"
        raise ValueError(f"{path.name}: {points}; at least {FEWEST} are needed")
    _check_radians(rows[:, 0], kind, path.name)
    circle = False
    if kind == "dihedral":
        rows, circle, gap = _close(rows, path.name)
        split = max(split, gap)
    return Record(
        kind=kind,
        x=rows[:, 0],
        energy=rows[:, 1],
        gradient=rows[:, 2] if rows.shape[1] > 2 and gradient else None,
        circle=circle,
        split=split if split[0] > SAME else None,
    )


def _lower_branch(rows: Array, name: str) -> tuple[Array, tuple[float, float]]:
    """The row of least energy at each coordinate, and the largest difference with its place."""
    start = np.append(True, np.diff(rows[:, 0]) > 10.0**-DECIMALS)
    if start.all():
        return rows, (0.0, 0.0)
    groups = np.split(rows, np.flatnonzero(start)[1:])
    split = max((float(np.ptp(group[:, 1])), float(group[0, 0])) for group in groups)
    if split[0] <= SAME:
        again = next(group[0, 0] for group in groups if len(group) > 1)
        raise ValueError(f"{name}: coordinate {again:g} is there more than once")
    return np.array([group[group[:, 1].argmin()] for group in groups]), split


def _close(rows: Array, name: str) -> tuple[Array, bool, tuple[float, float]]:
    """Rows of a whole circle, if they are one, with the last at 360 degrees from the first.

    Of a part of it that goes through 180 degrees, those from -180 on come after those up to 180.
    """
    x = rows[:, 0]
    span = float(x[-1] - x[0])
    if span > 360 + 1e-3:
        raise ValueError(f"{name}: the coordinate spans {span:g} degrees; at most 360 are allowed")
    gap = 0.0, 0.0
    whole = span > 360 - 1e-3
    if whole:
        gap = float(abs(rows[-1, 1] - rows[0, 1])), float(x[0])
        rows[0, 1:] = rows[0 if rows[0, 1] <= rows[-1, 1] else -1, 1:]
        rows = rows[:-1]
    steps = np.diff(rows[:, 0], append=rows[0, 0] + 360)
    widest = int(steps.argmax()) + 1
    turned = rows + np.append(360.0, np.zeros(rows.shape[1] - 1))
    if steps.max() > HOLE and widest < len(rows):
        return np.vstack([rows[widest:], turned[:widest]]), False, gap
    if whole or steps[-1] <= 1.5 * steps[:-1].max():
        return np.vstack([rows, turned[:1]]), True, gap
    return rows, False, gap


def _check_radians(x: Array, kind: Kind, name: str) -> None:
    largest = {"angle": np.pi, "dihedral": 2 * np.pi}.get(kind, 0.0)
    if np.abs(x).max() < largest + 0.01:
        raise ValueError(
            f"{name}: the coordinate runs from {x[0]:.4g} to {x[-1]:.4g}, which looks like "
            "radians; degrees are needed"
        )


def _heading(name: str, cells: list[str]) -> list[str]:
    """The columns of the file, which its first line names."""
    needed = "coordinate,energy[,gradient]"
    heading = [cell.strip() for cell in cells]
    if not any(heading):
        raise ValueError(f"{name}: empty; its first line must be {needed}")
    for mark, words in ((";", "semicolons"), ("\t", "tabs"), (" ", "spaces")):
        if len(heading) == 1 and mark in heading[0]:
            raise ValueError(
                f"{name}: cells are separated by {words}; commas are needed, and points for "
                "decimals"
            )
    if all(map(_is_number, heading)):
        raise ValueError(f"{name}: the first line holds numbers; it must be {needed}")
    for column in heading:
        if column not in COLUMNS or heading.count(column) > 1:
            raise ValueError(
                f"{name}: column {column[:40]!r}; allowed, each once: {', '.join(COLUMNS)}"
            )
    for column in COLUMNS[:2]:
        if column not in heading:
            raise ValueError(f"{name}: column {column!r} is missing")
    return heading


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # which Python takes


def _rows(path: Path, kind: Kind) -> Array:
    """The numbers of the file, shape (n, 2 or 3), as they are."""
    name = path.name
    try:
        lines = read_text(path, MEGABYTES).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read: {reason_of(error)}") from None
    if len(lines) > MOST + 1:
        raise ValueError(f"{name}: {len(lines) - 1} points; at most {MOST} are allowed")
    try:
        table = [*enumerate(csv.reader(lines), 1)]
    except csv.Error:
        raise ValueError(f"{name}: no table of cells that are separated by commas") from None
    heading = _heading(name, table[0][1] if table else [])
    order = [heading.index(column) for column in COLUMNS if column in heading]
    rows = [_row(name, *line, heading, kind) for line in table[1:] if any(map(str.strip, line[1]))]
    return np.array(rows, dtype=float).reshape(-1, len(heading))[:, order]


def _row(name: str, number: int, row: list[str], heading: list[str], kind: Kind) -> list[float]:
    if len(row) != len(heading):
        hint = " (points for decimals?)" if len(row) == 2 * len(heading) else ""
        raise ValueError(
            f"{name}, line {number}: {len(row)} cells; {len(heading)} are needed{hint}"
        )
    values = []
    for column, cell in zip(heading, row, strict=True):
        value = float(cell) if _is_number(cell) else math.nan
        if not abs(value) < HUGE:
            hint = ", with a point for decimals" if "," in cell else ""
            raise ValueError(
                f"{name}, line {number}: {column} is {cell.strip()[:40]!r}; must be a finite "
                f"number{hint}"
            )
        values.append(value)
    x = values[heading.index("coordinate")]
    low, high, what, unit = ALLOWED[kind]
    if not low <= x <= high:
        raise ValueError(
            f"{name}, line {number}: coordinate {x:g} is no {what} in {unit}; must be from {low:g} "
            f"to {high:g}"
        )
    return values
