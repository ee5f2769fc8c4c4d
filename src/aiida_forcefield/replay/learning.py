"""Learning a recorded curve as if its points were computed one by one."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.replay.record import Record
from aiida_forcefield.surrogate.learner import Learner, Outcome
from aiida_forcefield.surrogate.observations import Settings
from aiida_forcefield.surrogate.projection import Projection, project
from aiida_forcefield.surrogate.surrogate import Surrogate

Array = NDArray[np.float64]

BUDGET = 30  # calls
RESOLUTION = 1e-6  # eV: the noise of a tightly converged QM energy
NO_CAP = 1e6  # eV: the window is a part of the coordinate, of which all is of interest


@dataclass(frozen=True, eq=False)
class Replay:
    """What came of learning a recorded curve.

    Attributes:
        record: the curve.
        lower, upper: the window, Å or degrees.
        goal: the largest error borne, eV.
        outcome: how it ended.
        surrogate: what was learned; None where nothing was, as the record has two branches.
        projection: the form fitted to it.
        predicted_error: largest error to be expected, eV.
        true_error: largest error against the record, eV.
        notes: sentences on the record.
    """

    record: Record
    lower: float
    upper: float
    goal: float
    outcome: Outcome
    surrogate: Surrogate | None
    projection: Projection | None
    predicted_error: float
    true_error: float
    notes: tuple[str, ...] = field(default=())


def replay(
    record: Record,
    tolerance: float,
    relative: bool,
    height: float | None = None,
    form: str | None = None,
    seed: int = 0,
) -> Replay:
    """Learn a recorded curve; energies between its points come from a spline.

    The learner is told the window and asks for one point at a time, at most `BUDGET` of them. It
    is not told the height of the curve, to which a relative tolerance refers.

    Args:
        record: the curve.
        tolerance: largest error, eV, or as a fraction of the energy range within the window.
        relative: which of the two.
        height: of the window, eV; see `Record.window`.
        form: on which to project, that which is usual where None.
        seed: of the first points.

    Raises:
        ValueError: where the window holds too few points, or the form is unknown.
    """
    lower, upper = record.window(height)
    grid = np.linspace(lower, upper, 801)
    truth = record.energies(grid)
    goal = max(tolerance * float(np.ptp(truth)) if relative else tolerance, 3 * RESOLUTION)
    notes = _notes(record, lower, upper, goal)
    if record.split is not None and record.split[0] > goal:
        gap, where = record.split
        reason = (
            f"two branches: at {where:g} the record has energies {gap / goal:.3g} tolerances apart"
        )
        ended = Outcome("not-learnable", f"{reason} (hysteresis)")
        return Replay(record, lower, upper, goal, ended, None, None, np.nan, np.nan, notes)
    settings = Settings(
        tolerance=tolerance if relative else RESOLUTION,
        floor=0.0 if relative else goal,
        max_points=BUDGET,
        energy_cap=NO_CAP,
        noise=RESOLUTION,
    )
    learner = Learner(record.kind, lower, upper, settings, seed=seed)
    while learner.outcome is None:
        x = learner.propose()
        learner.tell(x, record.energies(x), record.slopes(x))
    learned = learner.surrogate
    mean, std = learned.predict(grid)
    off = mean - (truth - record.energies(learned.zero))
    return Replay(
        record=record,
        lower=lower,
        upper=upper,
        goal=goal,
        outcome=learner.outcome,
        surrogate=learned,
        projection=project(learned, form),
        predicted_error=float(learned.bars * std.max()),
        true_error=float(np.abs(off).max()),
        notes=notes,
    )


def _notes(record: Record, lower: float, upper: float, goal: float) -> tuple[str, ...]:
    notes = []
    coarse = record.coarseness(lower, upper)
    if coarse > goal / 2:
        notes.append(
            "the record is too coarse (or too rough) for this tolerance: between its points it is "
            f"known to about {coarse / goal:.2g} tolerances"
        )
    if not record.is_consistent:
        notes.append(
            f"the gradient is not the slope of the energies: they differ by {record.mismatch:.0%} "
            "(median); check its unit and sign"
        )
    if record.kind == "dihedral" and not record.circle:
        notes.append("the record is no full circle: learned from its first to its last point")
    return tuple(notes)
