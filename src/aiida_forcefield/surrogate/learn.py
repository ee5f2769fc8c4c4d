"""Active learning of a profile: observe, learn, stop or propose."""

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.surrogate.acquisition import distance, doubtful, propose, starting_values
from aiida_forcefield.surrogate.flaws import find_flaw
from aiida_forcefield.surrogate.forms import Form, Kind
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import Posterior, infer
from aiida_forcefield.surrogate.surrogate import Status, Surrogate

Array = NDArray[np.float64]

GRID_POINTS = 201
ENOUGH = 6
"""Points of a first batch of which a third can be held out."""
STRICTER = 0.7
"""Share of the bars within which a point left out must be, whose hyperparameters it helped tell."""


def first_values(
    kind: Kind, lower: float, upper: float, settings: Settings, seed: int | None = None
) -> Array:
    """Coordinates with which to start, shape (k,), k ≤ max_points, Å or degrees.

    With a seed they are moved a little at random.

    Raises:
        ValueError: where the kind is unknown or the window is empty or impossible.
    """
    values = starting_values(Form(kind, lower, upper), settings.batch, seed)
    return values[: settings.max_points]


def learn(
    kind: Kind,
    lower: float,
    upper: float,
    observations: Observations,
    settings: Settings,
    charge_product: float | None = None,
) -> Surrogate:
    """Learn a profile from its points, and say whether to stop or what to compute next.

    It has converged when its error bars are within the tolerance wherever the profile is below
    the energy cap, no noise of a third of it or more is believed in, and points held out were
    predicted within tolerance or bars by the others.

    Args:
        kind: see `Form`.
        lower, upper: the window, Å or degrees. A dihedral window of 180 degrees or more is taken
            as part of a circle.
        observations: the points so far, in the order in which they were proposed.
        settings: tolerance and limits.
        charge_product: of a pair of ions, the product of their net charges in e²: their Coulomb
            energy is then taken as known.

    Raises:
        ValueError: where the kind, window or charge product is impossible.
    """
    form = Form(kind, lower, upper, charge_product)
    posterior = infer(form, observations, settings)
    grid = form.grid(GRID_POINTS)
    mean, std = posterior.predict(grid)
    zero = None if form.vanishes else float(grid[mean.argmin()])
    if zero is not None:
        mean, std = posterior.predict(grid, zero)
    above = mean - mean.min()
    window = max(min(float(above.max()), settings.energy_cap), settings.noise)
    goal, bars = settings.goal(window), settings.bars(window)
    doubt = float(doubtful(mean, std, bars, settings.energy_cap).max())
    left = settings.max_points - len(observations) - len(observations.failed)
    proposals = np.empty(0)
    status: Status = "unmet"
    if max(doubt, 3 * posterior.noise) <= goal and foreseen(posterior, goal, bars):
        status = "converged"
    elif left > 0:
        proposals = propose(posterior, grid, bars, min(settings.batch, left))
        status = "learning" if len(proposals) else "unmet"
    flaw = find_flaw(posterior, goal) if status == "unmet" else None
    return Surrogate(
        kind=kind,
        lower=lower,
        upper=upper,
        charge_product=charge_product,
        observations=observations,
        settings=settings,
        grid=grid,
        mean=mean,
        std=std,
        proposals=proposals,
        status=status,
        error_estimate=doubt / window,
        weights=cell_weights(form, observations, settings, grid[above <= settings.energy_cap]),
        scale=posterior.scale,
        hyperparameters=posterior.hyperparameters,
        hyperparameter_weights=posterior.weights,
        flaw=flaw,
    )


def foreseen(posterior: Posterior, goal: float, bars: float) -> bool:
    """Whether points held out are predicted, within goal or bars, by the others.

    Held out is the last batch, which was chosen where least was known; or, of a first batch that
    is large enough, every third point. Each other point is left out, too, but not from what its
    hyperparameters are inferred from. Points above the energy cap do not count. With fewer than
    two others, they are not.
    """
    points, settings = posterior.observations, posterior.settings
    count = len(points)
    held = np.arange(count) >= count - settings.batch
    if count <= settings.batch >= ENOUGH:
        held = np.arange(count) % 3 == 1
    if count - held.sum() < 2:
        return False
    others = infer(posterior.form, points.where(~held), settings)
    mean, std = others.predict(points.x[held])
    error, deviation = posterior.left_out()
    borne = np.maximum(goal, STRICTER * bars * deviation)
    error[held] = mean - points.energy[held]
    borne[held] = np.maximum(goal, bars * np.hypot(std, settings.noise))
    relevant = points.energy - points.energy.min() <= settings.energy_cap
    return bool((np.abs(error) <= borne)[relevant].all())


def cell_weights(
    form: Form, observations: Observations, settings: Settings, window: Array
) -> Array:
    """Share of each point in the window, shape (n,): of the part that is nearest to it.

    The window is measured in the learning coordinate: of a pair in 1/r, lest the tail, where
    little happens, outweigh well and wall.

    Args:
        form: of the profile.
        observations: n points. Those above the energy cap have no share.
        settings: energy cap.
        window: coordinates below the energy cap, evenly spaced in the learning coordinate, (m,).
    """
    if not len(observations):
        return np.empty(0)
    energy = observations.energy
    apart = distance(form, window, observations.x)
    apart[:, energy - energy.min() > settings.energy_cap] = np.inf
    return np.bincount(apart.argmin(axis=1), minlength=len(observations)) / len(window)
