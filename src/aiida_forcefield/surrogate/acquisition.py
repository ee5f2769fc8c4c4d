"""Where to compute next."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.posterior import Posterior

Array = NDArray[np.float64]

GOLDEN_ANGLE = 137.508
SPACING = 0.01  # between points, as a fraction of the window
AVOIDED = 0.06  # around a failed point


def starting_values(form: Form, count: int, seed: int | None = None) -> Array:
    """Coordinates with which a scan starts, shape (k,), k ≥ count, Å or degrees.

    Both ends, nearly, and the middle, where a window has its minimum, of two molecules in 1/r. A
    pair, whose energy is known at infinity and beyond the cap at its beginning, starts farther
    inside. On a circle the angles are irregular: at equal steps a rotation of the same order looks
    constant. No fewer than 3, or 4 for a pair or a circle, whatever the count. A seed moves them at
    random, on a circle together, else by up to a tenth of what lies between them.
    """
    width, rng = form.upper - form.lower, np.random.default_rng(seed)
    if form.periodic:
        turn = 20 if seed is None else rng.uniform(0, width)
        x = form.lower + (turn + GOLDEN_ANGLE * np.arange(max(count, 4))) % width
        return np.asarray(np.round(x, form.decimals))
    if form.vanishes:
        share = np.linspace(0, 1, max(count, 4) + 2)[1:-1]
    else:
        share = np.linspace(0.05, 0.95, max(count, 3))
    if seed is not None:
        share = np.clip(share + rng.uniform(-0.1, 0.1, len(share)) / len(share), 0, 1)
    if form.nonbonded:
        x = 1 / (1 / form.upper + share * (1 / form.lower - 1 / form.upper))
    else:
        x = form.lower + width * share
    return np.asarray(np.round(np.clip(x, form.lower, form.upper), form.decimals))


def propose(posterior: Posterior, grid: Array, bars: float, count: int) -> Array:
    """The next coordinates to compute, shape (k,), k ≤ count: where the energy is least known.

    Each further one is chosen as if the profile had been found at the former as predicted. Energies
    are those of the points, not above the minimum: else a minimum of which nothing is known but
    that it is 0 would never be chosen.

    Args:
        posterior: the profile as known.
        grid: coordinates that may be chosen, shape (n,), Å or degrees.
        bars: standard deviations that count as certain.
        count: how many.
    """
    cap, form, chosen = posterior.settings.energy_cap, posterior.form, list[float]()
    candidates = np.round(grid, form.decimals)
    candidates = candidates[(candidates >= form.lower) & (candidates <= form.upper)]
    for _ in range(count):
        seen = posterior.observations
        allowed = candidates[
            _away(form, candidates, seen.x, SPACING) & _away(form, candidates, seen.failed, AVOIDED)
        ]
        if not len(allowed):
            break
        mean, std = posterior.predict(allowed)
        doubt = doubtful(mean, std, bars, cap)
        if doubt.max() <= 0:
            break
        chosen.append(float(allowed[doubt.argmax()]))
        step = 1e-3 * (form.upper - form.lower)
        below, energy, above = posterior.predict(chosen[-1] + step * np.array([-1, 0, 1]))[0]
        slope = (above - below) / (2 * step) if np.isfinite(seen.slope).any() else np.nan
        believed = seen.with_point(chosen[-1], energy, slope)
        posterior = replace(posterior, observations=believed)
    return np.array(chosen)


def doubtful(mean: Array, std: Array, bars: float, cap: float) -> Array:
    """How far the profile may lie from its mean, eV, where both are cut off at the energy cap.

    Args:
        mean: profile above its minimum, shape (n,), eV.
        std: its standard deviation, shape (n,), eV.
        bars: standard deviations that count as certain.
        cap: energy from which the profile is of no interest, eV.

    Returns:
        The distance, shape (n,): the bar below the cap, less above it, 0 far above.
    """
    mean = mean - mean.min()
    return np.asarray(np.minimum(mean, cap) - np.minimum(mean - bars * std, cap))


def _away(form: Form, x: Array, points: Array, fraction: float) -> NDArray[np.bool_]:
    """Whether each x keeps a fraction of the window away from all points, shape (n,)."""
    width = np.ptp(form.coordinate([form.lower, form.upper])[0])
    return np.asarray((distance(form, x, points) > fraction * width).all(axis=1))


def distance(form: Form, x: Array, points: Array) -> Array:
    """Distances in the learning coordinate, shape (n, m), on a circle the shorter way."""
    apart = np.abs(form.coordinate(x)[0][:, None] - form.coordinate(points)[0])
    return np.minimum(apart % (2 * np.pi), -apart % (2 * np.pi)) if form.periodic else apart
