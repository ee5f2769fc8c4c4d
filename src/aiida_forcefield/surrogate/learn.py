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
    goal: float | None = None,
) -> Surrogate:
    """Learn a profile from its points, and say whether to stop or what to compute next.

    It has converged when its error bars are within the tolerance wherever the profile is below
    the energy cap, and points held out were predicted within tolerance or bars by the others.

    Args:
        kind: see `Form`.
        lower, upper: the window, Å or degrees. A dihedral window of 180 degrees or more is taken
            as part of a circle.
        observations: the points so far, in the order in which they were proposed.
        settings: tolerance and limits.
        charge_product: of a pair of ions, the product of their net charges in e²: their Coulomb
            energy is then taken as known.
        goal: largest error of the profile, eV, in place of the tolerance and noise of the settings.

    Raises:
        ValueError: where the kind, window or charge product is impossible.
    """
    form = Form(kind, lower, upper, charge_product)
    posterior = infer(form, observations, settings)
    grid = np.linspace(lower, upper, GRID_POINTS)
    mean, std = posterior.predict(grid)
    zero = None if form.vanishes else float(grid[mean.argmin()])
    if zero is not None:
        mean, std = posterior.predict(grid, zero)
    above = mean - mean.min()
    window = max(min(float(above.max()), settings.energy_cap), settings.noise)
    if goal is None:
        goal = max(settings.tolerance * window, 3 * settings.noise)
    doubt = float(doubtful(mean, std, settings).max())
    left = settings.max_points - len(observations) - len(observations.failed)
    proposals = np.empty(0)
    status: Status = "unmet"
    if doubt <= goal and foreseen(posterior, goal):
        status = "converged"
    elif left > 0:
        proposals = propose(posterior, grid, zero, settings, min(settings.batch, left))
        status = "learning" if len(proposals) else "unmet"
    flaw = find_flaw(form, observations, settings, goal) if status == "unmet" else None
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


def foreseen(posterior: Posterior, goal: float) -> bool:
    """Whether points held out are predicted, within goal or bars, by the others.

    Held out is the last batch, which was chosen where least was known; or, of a first batch that
    is large enough, every third point. Points above the energy cap do not count. With fewer than
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
    error, energy = np.abs(mean - points.energy[held]), points.energy
    relevant = energy[held] - energy.min() <= settings.energy_cap
    bar = settings.bars * np.hypot(std, settings.noise)
    return bool((error <= np.maximum(goal, bar))[relevant].all())


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
        window: evenly spaced coordinates below the energy cap, shape (m,).
    """
    if not len(observations):
        return np.empty(0)
    energy = observations.energy
    u, pace = form.coordinate(window)
    if form.periodic:
        apart = distance(form, window, observations.x)
    else:
        apart = np.abs(u[:, None] - form.coordinate(observations.x)[0])
    apart[:, energy - energy.min() > settings.energy_cap] = np.inf
    measure = np.abs(pace) / np.abs(pace).sum()
    shares = np.bincount(apart.argmin(axis=1), weights=measure, minlength=len(observations))
    return shares.astype(float)
