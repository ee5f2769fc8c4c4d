"""A replayed curve: what was learned in which order, and the form fitted to it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aiida_forcefield.replay.learning import Replay
from aiida_forcefield.style import (
    BLUE,
    BODY,
    DPI,
    GREEN,
    GREY,
    INK,
    SMALL,
    TITLE,
    VERMILION,
    WIDTH,
    tidy,
)
from aiida_forcefield.surrogate.projection import Projection
from aiida_forcefield.surrogate.surrogate import Surrogate

Array = NDArray[np.float64]

HEIGHT = 4.6  # inches


def draw_replay(done: Replay, name: str, energy_unit: str, unit: float) -> Figure:
    """The profile with its ±2σ band and numbered points; below, errors and the form's residual.

    Args:
        done: the replay.
        name: of the curve.
        energy_unit, unit: the unit of the picture's energies, and its worth in eV.
    """
    figure = Figure(figsize=(WIDTH * 0.75, HEIGHT), dpi=DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.2, 1])
    calls = 0 if done.surrogate is None else len(done.surrogate.observations)
    figure.suptitle(
        f"{name}: {done.outcome.name}, {calls} calls", fontsize=TITLE, color=INK, x=0.01, ha="left"
    )
    grid = np.linspace(done.lower, done.upper, 401)
    truth = (done.record.energies(grid) - done.zero) / unit
    upper.plot(grid, truth, color=GREY, lw=1.0, ls=(0, (1, 1.5)), label="record")
    if done.surrogate is not None:
        _draw_learned(upper, lower, done.surrogate, grid, truth, done.zero, unit)
        if done.projection is not None:
            _draw_form(upper, lower, done.surrogate, done.projection, done.zero, unit)
    margin = 0.12 * max(float(np.ptp(truth)), done.goal / unit)
    upper.set_ylim(truth.min() - margin, truth.max() + margin)
    goal = done.goal / unit
    lower.axhspan(-goal, goal, color=GREEN, alpha=0.15, lw=0, label="tolerance")
    upper.set_ylabel(f"energy ({energy_unit})", color=INK)
    lower.set_ylabel(f"difference\n({energy_unit})", color=INK)
    length = "degrees" if done.record.kind in ("angle", "dihedral") else "Å"
    lower.set_xlabel(f"coordinate ({length})", color=INK, fontsize=BODY)
    for axes in (upper, lower):
        tidy(axes)
        axes.legend(fontsize=SMALL, frameon=False, ncols=4, loc="best")
    return figure


def _draw_learned(
    upper: Axes,
    lower: Axes,
    learned: Surrogate,
    grid: Array,
    truth: Array,
    zero: float,
    unit: float,
) -> None:
    mean, std = learned.posterior.predict(grid)
    mean, std = (mean - zero) / unit, std / unit
    for axes, middle in ((upper, mean), (lower, 0 * mean)):
        axes.fill_between(
            grid, middle - 2 * std, middle + 2 * std, color=BLUE, alpha=0.25, lw=0, label="±2σ"
        )
    upper.plot(grid, mean, color=BLUE, lw=1.4, label="surrogate")
    lower.plot(grid, truth - mean, color=GREY, lw=1.0, label="record − surrogate")
    x, energy = learned.observations.x, (learned.observations.energy - zero) / unit
    upper.plot(x, energy, "o", color=INK, ms=3.2)
    for number, place in enumerate(zip(x, energy, strict=True), 1):
        upper.annotate(
            str(number), place, xytext=(3, 4), textcoords="offset points", fontsize=SMALL, color=INK
        )


def _draw_form(
    upper: Axes, lower: Axes, learned: Surrogate, projection: Projection, zero: float, unit: float
) -> None:
    name = projection.target.name
    curve = learned.posterior.predict(projection.x)[0] - projection.residual
    for axes, energy, label in (
        (upper, curve - zero, name),
        (lower, projection.residual, f"surrogate − {name}"),
    ):
        axes.plot(
            projection.x, energy / unit, color=VERMILION, lw=1.2, ls=(0, (4, 1.5)), label=label
        )
