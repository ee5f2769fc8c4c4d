"""What went wrong in a molecular-dynamics run, if anything did."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from aiida_forcefield.dynamics.log import Log

Status = Literal[
    "ok", "not_a_number", "lost_atoms", "exploded", "density_jump", "failed", "unfinished"
]


DENSITY_CHANGE = 1.3
"""Largest ratio between two densities of a leg. A liquid's varies by some percent; more means that
it boils, or that what came before was too short for it to condense."""

SPREADS = 15.0
"""Standard deviations of the instantaneous temperature by which few atoms may be too hot."""


@dataclass(frozen=True)
class Verdict:
    """Outcome of a leg: ``status`` is "ok" or the failure, which ``message`` explains."""

    status: Status
    message: str


def judge(log: Log, temperature: float, atoms: int, program: str = "LAMMPS") -> Verdict:
    """Detect a collapse, an explosion or an early end.

    Args:
        log: of an equilibration or production leg.
        temperature: target, K.
        atoms: how many; the fewer they are, the more the temperature fluctuates by itself.
        program: which wrote the log.
    """
    error = log.errors[0] if log.errors else ""
    if "Non-numeric" in error or "NaN" in error:
        return Verdict("not_a_number", f"atoms came to overlap: {error}")
    if "Lost atoms" in error or "Out of range atoms" in error or "missing on proc" in error:
        return Verdict("lost_atoms", f"atoms left the box or their molecule: {error}")
    if error:
        return Verdict("failed", f"{program} stopped: {error}")
    run = log.thermo
    if run is None:
        return Verdict("unfinished", f"{program} ended before it printed a result")
    if not log.finished:  # what it would have come to nobody knows
        return Verdict("unfinished", f"{program} did not end, it came to {run.time[-1]:g} ps")

    values = (run.temperature, run.pressure, run.density, run.potential_energy)
    if not all(np.isfinite(column).all() for column in values):
        return Verdict("not_a_number", "atoms came to overlap: an energy is not a number")
    hottest = max(2.0, 1 + SPREADS * np.sqrt(2 / (3 * atoms)))
    if run.temperature.max() > hottest * temperature:
        found = f"{run.temperature.max():.0f} K at a target of {temperature:g} K"
        return Verdict("exploded", f"the temperature reached {found}")
    lowest, highest = run.density.min(), run.density.max()
    if highest > DENSITY_CHANGE * lowest:
        found = f"between {lowest:.3f} and {highest:.3f} g/cm³"
        return Verdict("density_jump", f"the density varied {found}: no stable liquid")
    return Verdict("ok", "")
