"""What keeps a profile from being learned: a jump, a kink, or noise.

Each is a hypothesis of its own, weighed by its evidence against that of a smooth profile without.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.surrogate.posterior import SMOOTH, Posterior, components

Array = NDArray[np.float64]

FEWEST = 6  # points before which nothing can be said
ODDS = np.log(1000)  # against a smooth profile
NOISES = (0.5, 2.0, 8.0)  # standard error of a point, in units of the goal
PLACES = 5  # between two points where a break is looked for
KINK_WIDTH = 0.1  # of the window: within it a kink must matter


def find_flaw(posterior: Posterior, goal: float) -> str | None:
    """Why no smooth profile passes through the points within the goal, or None where one may.

    Args:
        posterior: the smooth profile that passes best.
        goal: largest error of the profile that is borne, eV.

    Returns:
        A sentence, or None.
    """
    form, observations, settings = posterior.form, posterior.observations, posterior.settings
    if len(observations) < FEWEST:
        return None
    shapes = (posterior.likeliest_shape,)  # of all, the time would be too long
    smooth = components(form, observations, settings, shapes, SMOOTH)
    plain = _total(smooth.log_evidence)
    noisy = [
        components(form, observations, replace(settings, noise=goal * level), shapes, SMOOTH)
        for level in NOISES
    ]
    found = [*_breaks(smooth, goal), _noise([_total(n.log_evidence) for n in noisy])]
    evidence, sentence = max(found)
    return sentence if evidence > plain + ODDS else None


def _total(log_evidence: Array) -> float:
    """Logarithm of the mean evidence of components that are equally likely beforehand."""
    return float(np.logaddexp.reduce(log_evidence, axis=None) - np.log(log_evidence.size))


def _noise(evidence: list[float]) -> tuple[float, str]:
    """Evidence of noise, of which that of each of `NOISES` is given, and what to say of it."""
    share = np.exp(np.array(evidence) - max(evidence))
    level = np.exp(share @ np.log(NOISES) / share.sum())
    sentence = f"noise above the tolerance: about {level:.2g} times as large"
    return _total(np.array(evidence)), sentence


def _breaks(smooth: Posterior, goal: float) -> list[tuple[float, str]]:
    """Evidence of a jump and of a kink, wherever between two points, and what to say of them."""
    form, rows = smooth.form, smooth.rows
    ends = np.array([form.lower, form.upper])
    x = np.sort(smooth.observations.x)
    if form.periodic:
        ends, x = np.radians(ends), np.append(x, x[0] + 360)
    share = (np.arange(PLACES) + 0.5) / PLACES
    places = (x[:-1, None] + np.diff(x)[:, None] * share).ravel()
    t, rate = form.coordinate(rows.x)
    apart = t[:, None] - form.coordinate(places)[0]
    if form.periodic:
        # Bernoulli polynomials: smooth but for a jump, of 1, or a kink at 0.
        u = apart / (2 * np.pi) % 1
        jump, jump_slope = 0.5 - u, np.full_like(u, -1 / (2 * np.pi))
        kink, kink_slope = (u - u**2) * np.pi / 2, (1 - 2 * u) / 4
    else:
        jump, jump_slope = np.sign(apart) / 2, np.zeros_like(apart)
        kink, kink_slope = np.abs(apart) / 2, np.sign(apart) / 2
    derivative, unit = rows.derivative[:, None], "degrees" if form.decimals == 1 else "Å"
    found = []
    for value, slope, width, sentence in (
        (jump, jump_slope, 1.0, "the energy jumps near {:.4g} {}: the points lie on two branches"),
        (kink, kink_slope, KINK_WIDTH, "the slope jumps near {:.4g} {}: two states cross (a kink)"),
    ):
        feature = np.where(derivative, slope * rate[:, None], value)
        # A break that is to matter at all, and up to the height of the profile.
        heights = np.geomspace(goal, max(smooth.scale, 2 * goal), 4) / width
        evidence = smooth.log_evidence_with(feature, heights)
        place = int(np.logaddexp.reduce(evidence, axis=(0, 1)).argmax())
        found.append((_total(evidence), sentence.format(places[place], unit)))
    return found
