"""A picture of interaction energies: force field against QM."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aiida_forcefield.study.dimer_set import SHOWN, DimerSet
from aiida_forcefield.style import BLUE, BODY, GREY, INK, TITLE, WIDTH, tidy

PANEL_HEIGHT = 2.75  # inches
HIGHEST = 10.0  # kcal/mol; above, a liquid hardly ever is
NEAR = 0.5  # kcal/mol


def draw_dimers(sets: Sequence[DimerSet], title: str) -> Figure:
    """One panel for each set, all with the same axes.

    Each two species have a row, in the order in which they are given; each origin has a column, in
    the order of `SHOWN`.
    """
    couples = [*dict.fromkeys(dimers.species for dimers in sets)]
    given = {dimers.name for dimers in sets}
    names = [name for name in SHOWN.values() if name in given]
    figure = Figure(figsize=(WIDTH, len(couples) * PANEL_HEIGHT + 0.3), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE + 1, fontweight="bold", color=INK)
    panels = figure.subplots(len(couples), len(names), sharex=True, sharey=True, squeeze=False)
    everything = np.concatenate([part for dimers in sets for part in (dimers.qm, dimers.field)])
    ends = float(everything.min()) - 0.7, min(float(everything.max()) + 0.7, HIGHEST)
    placed = {(couples.index(dimers.species), names.index(dimers.name)): dimers for dimers in sets}
    for place, axes in np.ndenumerate(panels):
        if place in placed:
            of = f"{'-'.join(placed[place].species)}, " if len(couples) > 1 else ""
            _draw_set(axes, placed[place], of, ends)
        else:
            axes.remove()
    for row in range(len(couples)):
        left = panels[row, min(column for one, column in placed if one == row)]
        left.set_ylabel("force field (kcal/mol)", color=INK)
        left.tick_params(labelleft=True)
    for column in range(len(names)):
        panels[max(row for row, one in placed if one == column), column].tick_params(
            labelbottom=True
        )
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
