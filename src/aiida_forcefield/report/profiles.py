"""A picture of all profiles of a study, a small panel for each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from aiida_forcefield.study.scan_profile import Profile
from aiida_forcefield.style import (
    BLUE,
    BODY,
    GREY,
    INK,
    TITLE,
    VERMILION,
    WIDTH,
    pretty,
    tidy,
)

COLUMNS = 4
ROW_HEIGHT = 1.75  # inches
HEADER, HEADING = 0.75, 0.38  # inches: of the picture, of a section
ASPECT = 1.5  # of a panel, about
TICK = 0.07  # half length of a slope's tick as a fraction of the panel's width
FIELD_LINE: Any = {"color": VERMILION, "lw": 1.4, "ls": (0, (4, 1.5))}
FIELD_POINT: Any = {"marker": "o", "mfc": "white", "ms": 3.5, "mew": 0.9}
SECTIONS = {
    "Molecule, relaxed along one coordinate": ("bond", "angle", "dihedral", "improper"),
    "Two molecules, rigid": ("pair",),
}


def draw_profiles(profiles: Sequence[Profile], title: str) -> Figure:
    """QM points with their slopes, the surrogate with its ±2σ band, and the force field.

    Args:
        profiles: in the order of the panels.
        title: of the picture.
    """
    several = len({name for profile in profiles for name in profile.species}) > 1
    sections = {
        heading: chosen
        for heading, kinds in SECTIONS.items()
        if (chosen := [p for p in profiles if p.scan.kind in kinds])
    }
    rows = [-(-len(chosen) // COLUMNS) for chosen in sections.values()]
    heights = [count * ROW_HEIGHT + HEADING for count in rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + HEADER))
    head, body = figure.subfigures(2, 1, squeeze=False, height_ratios=[HEADER, sum(heights)])[:, 0]
    _draw_header(head, title, any(len(profile.failed) for profile in profiles))
    parts = np.atleast_1d(body.subfigures(len(rows), 1, height_ratios=heights))
    for part, count, height, (heading, chosen) in zip(
        parts, rows, heights, sections.items(), strict=True
    ):
        part.text(0.01, 1 - 0.03 / height, heading, va="top", fontsize=TITLE, color=INK)
        part.supylabel("energy (kcal/mol)", x=0.005, fontsize=BODY, color=INK)
        grid = part.subplots(count, COLUMNS, squeeze=False)
        part.subplots_adjust(
            left=0.065,
            right=0.99,
            bottom=0.48 / height,
            top=1 - (HEADING - 0.05) / height,
            wspace=0.22,
            hspace=0.42,
        )
        for place, axes in enumerate(grid.flat):
            if place < len(chosen):
                of = f"{'-'.join(chosen[place].species)}: " if several else ""
                _draw_profile(axes, chosen[place], of)
            else:
                axes.remove()
    return figure


def _draw_profile(axes: Axes, profile: Profile, of: str) -> None:
    grid, mean, band = profile.grid, profile.mean, 2.0 * profile.std
    axes.fill_between(grid, mean - band, mean + band, color=BLUE, alpha=0.25, lw=0)
    axes.plot(grid, mean, color=BLUE, lw=1.4)
    if profile.field is not None and profile.field_curve is not None:
        axes.plot(grid, profile.field_curve, **FIELD_LINE)
        axes.plot(profile.x, profile.field, ls="none", color=VERMILION, **FIELD_POINT)
    low, high = _limits(profile)
    axes.add_collection(_slopes(profile, high - low))
    axes.plot(profile.x, profile.energy, "o", color=INK, ms=3.2, zorder=3)
    axes.plot(
        profile.failed, np.full(len(profile.failed), low), "x", color=INK, ms=5, clip_on=False
    )
    axes.set_ylim(low, high)
    margin = 0.03 * (profile.scan.upper - profile.scan.lower)
    axes.set_xlim(profile.scan.lower - margin, profile.scan.upper + margin)
    if profile.scan.kind == "pair":
        axes.axhline(0.0, color=GREY, lw=0.6, zorder=0)
    unit = "Å" if profile.scan.kind in ("bond", "pair") else "degrees"
    axes.set_xlabel(f"{of}{pretty(profile.scan.name)} ({unit})", color=INK)
    tidy(axes)
    if profile.scan.periodic:
        axes.set_xticks([-180, -90, 0, 90, 180])
    if profile.status != "converged":
        axes.text(
            0.97, 0.95, "not converged", transform=axes.transAxes, ha="right", va="top", color=GREY
        )


def _limits(profile: Profile) -> tuple[float, float]:
    """Ends of the energy axis: all that lies below the cap, with a little air."""
    shown = [profile.mean, profile.energy]
    if profile.field is not None and profile.field_curve is not None:
        shown += [profile.field, profile.field_curve[np.isfinite(profile.field_curve)]]
    values = np.concatenate(shown)
    low = float(values.min())
    high = min(float(values.max()), float(profile.mean.min()) + profile.cap)
    margin = 0.08 * (high - low)
    return low - margin, high + margin


def _slopes(profile: Profile, height: float) -> LineCollection:
    """A tick of equal length on the page through each point, along its slope."""
    known = np.isfinite(profile.slope)
    width = profile.scan.upper - profile.scan.lower
    rise = profile.slope[known] * width / height  # in panel heights per panel width
    half = TICK * width / np.hypot(1.0, rise / ASPECT)
    centres = np.stack([profile.x, profile.energy], axis=1)[known]
    steps = np.stack([half, half * profile.slope[known]], axis=1)
    ticks = np.stack([centres - steps, centres + steps], axis=1)
    return LineCollection(list(ticks), colors=INK, lw=0.9)


def _draw_header(part: SubFigure, title: str, with_failed: bool) -> None:
    part.text(0.01, 0.9, title, va="top", fontsize=TITLE + 1, fontweight="bold", color=INK)
    entries = {
        "QM point and its slope": Line2D([], [], color=INK, lw=0.9, marker="o", ms=3.2),
        "surrogate": Line2D([], [], color=BLUE, lw=1.4),
        "its ±2σ": Patch(color=BLUE, alpha=0.25, lw=0),
        "force field": Line2D([], [], **FIELD_LINE, **FIELD_POINT),
    }
    if with_failed:
        entries["failed point"] = Line2D([], [], color=INK, lw=0, marker="x", ms=5)
    part.legend(
        entries.values(),
        entries.keys(),
        loc="lower left",
        ncols=len(entries),
        frameon=False,
        fontsize=BODY,
        handlelength=2.4,
    )
