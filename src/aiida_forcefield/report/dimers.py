"""A picture of interaction energies: force field against QM."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aiida_forcefield.study.dimer_set import DimerSet
from aiida_forcefield.style import BLUE, BODY, GREY, INK, TITLE, WIDTH, tidy

PANEL_HEIGHT = 2.75  # inches
HIGHEST = 10.0  # kcal/mol; above, a liquid hardly ever is
NEAR = 0.5  # kcal/mol


def draw_dimers(sets: Sequence[DimerSet], title: str) -> Figure:
    """One panel for each set, a row for each two species, all with the same axes."""
    rows: dict[tuple[str, str], list[DimerSet]] = {}
    for dimers in sets:
        rows.setdefault(dimers.species, []).append(dimers)
    columns = max(map(len, rows.values()))
    figure = Figure(figsize=(WIDTH, len(rows) * PANEL_HEIGHT + 0.3), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE + 1, fontweight="bold", color=INK)
    panels = figure.subplots(len(rows), columns, sharex=True, sharey=True, squeeze=False)
    everything = np.concatenate([part for dimers in sets for part in (dimers.qm, dimers.field)])
    ends = float(everything.min()) - 0.7, min(float(everything.max()) + 0.7, HIGHEST)
    for row, (species, chosen) in zip(panels, rows.items(), strict=True):
        for place, axes in enumerate(row):
            if place < len(chosen):
                of = f"{'-'.join(species)}, " if len(rows) > 1 else ""
                _draw_set(axes, chosen[place], of, ends)
            else:
                axes.remove()
        row[0].set_ylabel("force field (kcal/mol)", color=INK)
    figure.supxlabel(
        f"QM interaction energy (kcal/mol); grey: ±{NEAR:g} kcal/mol", fontsize=BODY, color=INK
    )
    return figure


def _draw_set(axes: Axes, dimers: DimerSet, of: str, ends: tuple[float, float]) -> None:
    line = np.array(ends)
    axes.fill_between(line, line - NEAR, line + NEAR, color=GREY, alpha=0.2, lw=0)
    axes.plot(line, line, color=GREY, lw=0.8)
    axes.plot(dimers.qm, dimers.field, "o", color=BLUE, ms=4, alpha=0.7, mec="white", mew=0.4)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_title(f"{of}{dimers.name} ({len(dimers.qm)})", fontsize=BODY, loc="left", color=INK)
    notes = []
    if (dimers.qm < 0.0).any():
        notes.append(f"RMSE below zero\n{dimers.rmse:.2f} kcal/mol")
    if above := int(((dimers.qm > ends[1]) | (dimers.field > ends[1])).sum()):
        notes.append(f"{above} above {ends[1]:.0f}")
    axes.text(
        0.05,
        0.96,
        "\n".join(notes),
        transform=axes.transAxes,
        va="top",
        fontsize=BODY - 1,
        color=INK,
    )
    tidy(axes)
