"""Learning a recorded curve as if its points were computed one by one."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.replay.record import Record
from aiida_forcefield.surrogate.flaws import find_flaw
from aiida_forcefield.surrogate.learner import Learner, Outcome
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import infer
from aiida_forcefield.surrogate.projection import Projection, project
from aiida_forcefield.surrogate.surrogate import Surrogate

Array = NDArray[np.float64]

BUDGET = 30  # calls
RESOLUTION = 1e-6  # eV: the noise of a tightly converged QM energy
MOST_POINTS = 60  # of a record, in which a flaw is looked for
GRID_POINTS = 801
TOO_COARSE = 0.5  # tolerances to which a record is known between its points
# Beyond these a unit is more likely wrong than the molecule strange.
USUAL_SPAN = {"angle": 10.0, "dihedral": 4.0}  # eV
ANY_SPAN = 100.0  # eV
USUAL_STIFFNESS = {"bond": (1.0, 100.0), "angle": (0.3, 20.0)}  # eV/Å², eV/rad²
LONGEST = 3.3  # Å, of a bond at rest
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
        projection: the form fitted to it; None where no profile was learned.
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

    @cached_property
    def zero(self) -> float:
        """The lowest energy of the record within the window, eV: what is shown counts from it."""
        return float(self.record.energies(np.linspace(self.lower, self.upper, GRID_POINTS)).min())


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
    grid = np.linspace(lower, upper, GRID_POINTS)
    truth = record.energies(grid)
    goal = max(tolerance * float(np.ptp(truth)) if relative else tolerance, 3 * RESOLUTION)
    coarse = record.coarseness(lower, upper) / goal
    notes = _notes(record, coarse)
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
    learned, outcome = learner.surrogate, learner.outcome
    if outcome.name == "not-learnable" or coarse > TOO_COARSE:
        outcome = _judged(record, learned, goal, outcome)
    projected = project(learned, form)
    projection = None if outcome.name == "not-learnable" else projected
    if projection is not None and projection.refusal is not None:
        reason = f"{outcome.reason}; no parameters are given, as {projection.refusal}"
        outcome = Outcome(outcome.name, reason)
    mean, std = learned.predict(grid)
    off = mean - (truth - record.energies(learned.zero))
    return Replay(
        record=record,
        lower=lower,
        upper=upper,
        goal=goal,
        outcome=outcome,
        surrogate=learned,
        projection=projection,
        predicted_error=float(learned.bars * std.max()),
        true_error=float(np.abs(off).max()),
        notes=notes + _doubts(record, float(np.ptp(truth)), projection),
    )


def _judged(record: Record, learned: Surrogate, goal: float, outcome: Outcome) -> Outcome:
    """The outcome with a look at the recorded points themselves.

    The spline between them turns a jump into a steep but smooth rise, and may itself be rough.
    """
    inside = (record.x >= learned.lower) & (record.x <= learned.upper)
    inside[-1] &= not record.circle  # there a second time
    chosen = np.flatnonzero(inside)
    x = record.x[chosen[:: math.ceil(len(chosen) / MOST_POINTS)]]
    points = Observations(x, record.energies(x), record.slopes(x))
    flaw = find_flaw(infer(learned.posterior.form, points, learned.settings), goal)
    if flaw is not None:
        return Outcome("not-learnable", flaw)
    if outcome.name == "not-learnable":
        reason = "no smooth curve passes through the points asked for, but one through the recorded"
        return Outcome("not-learnable", f"{reason} ones: a finer record would tell")
    return outcome


def _notes(record: Record, coarse: float) -> tuple[str, ...]:
    """Sentences on how well the record is known; coarse: its coarseness in tolerances."""
    notes = []
    if coarse > TOO_COARSE:
        notes.append(
            "the record is too coarse (or too rough) for this tolerance: between its points it is "
            f"known to about {coarse:.2g} tolerances"
        )
    if not record.is_consistent:
        notes.append(
            f"the gradient is not the slope of the energies: they differ by {record.mismatch:.0%} "
            "(median); check its unit and sign"
        )
    if record.kind == "dihedral" and not record.circle:
        notes.append("the record is no full circle: learned from its first to its last point")
    return tuple(notes)


def _doubts(record: Record, span: float, projection: Projection | None) -> tuple[str, ...]:
    """Sentences on units that look wrong; span: of the energies, eV."""
    doubts = []
    if span > USUAL_SPAN.get(record.kind, ANY_SPAN):
        doubts.append(f"the energies span {span:.3g} eV, more than usual: check their unit")
    if projection is not None and record.kind in USUAL_STIFFNESS:
        k = next(value for value in projection.in_unit("eV", 1.0) if value.name == "k")
        low, high = USUAL_STIFFNESS[record.kind]
        if k.value > high or (k.value < low and projection.refusal is None):
            doubts.append(
                f"k is {k.value:.3g} {k.unit}; {low:g} to {high:g} are usual: check the units"
            )
    rest = float(record.x[record.energy.argmin()])
    if record.kind == "bond" and rest > LONGEST:
        doubts.append(f"the energy is lowest at {rest:.4g} Å, far for a bond: is that in bohr?")
    return tuple(doubts)
