"""What keeps a profile from being learned: a jump, a kink, or noise.

Each is a hypothesis of its own, weighed by its evidence against that of a smooth profile without.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.surrogate.forms import Form
from aiida_forcefield.surrogate.observations import Observations, Settings
from aiida_forcefield.surrogate.posterior import Posterior, components

Array = NDArray[np.float64]

FEWEST = 6  # points before which nothing can be said
ODDS = np.log(1000)  # against a smooth profile
NOISES = (0.4, 1.0, 2.5, 6.0, 15.0)  # standard error of a point, in units of the goal
KINK_WIDTH = 0.1  # of the window: within it a kink must matter


def find_flaw(
    form: Form, observations: Observations, settings: Settings, goal: float
) -> str | None:
    """Why no smooth profile passes through the points within the goal, or None where one may.

    Args:
        form: of the profile.
        observations: the points so far.
        settings: noise and energy cap are used.
        goal: largest error of the profile that is borne, eV.

    Returns:
        A sentence, or None.
    """
    if len(observations) < FEWEST:
        return None
    smooth = components(form, observations, settings)
    plain = _total(smooth.log_evidence)
    found = [*_breaks(smooth, goal), _noise(form, observations, settings, goal)]
    evidence, sentence = max(found)
    return sentence if evidence > plain + ODDS else None


def _total(log_evidence: Array) -> float:
    """Logarithm of the mean evidence of components that are equally likely beforehand."""
    return float(np.logaddexp.reduce(log_evidence, axis=None) - np.log(log_evidence.size))


def _noise(
    form: Form, observations: Observations, settings: Settings, goal: float
) -> tuple[float, str]:
    levels = goal * np.array(NOISES)
    noisy = [components(form, observations, replace(settings, noise=level)) for level in levels]
    evidence = np.array([_total(posterior.log_evidence) for posterior in noisy])
    share = np.exp(evidence - evidence.max())
    level = np.exp(share @ np.log(levels) / share.sum())
    return _total(evidence), f"noise above the tolerance: about {level / goal:.2g} times as large"


def _breaks(smooth: Posterior, goal: float) -> list[tuple[float, str]]:
    """Evidence of a jump and of a kink, wherever between two points, and what to say of them."""
    form, rows = smooth.form, smooth.rows
    ends = np.array([form.lower, form.upper])
    x = np.sort(smooth.observations.x)
    if form.periodic:
        ends, x = np.radians(ends), np.append(x, x[0] + 360)
    middles = (x[1:] + x[:-1]) / 2
    t, rate = form.coordinate(rows.x)
    apart = t[:, None] - form.coordinate(middles)[0]
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
        evidence = np.array(
            [smooth.log_evidence[:, None] + smooth.gain(feature * height) for height in heights]
        )
        place = int(np.logaddexp.reduce(evidence, axis=(0, 1)).argmax())
        found.append((_total(evidence), sentence.format(middles[place], unit)))
    return found
