"""Forms of angles: functions of θ in radians; equilibrium angles are in degrees.

The derivative of θ with respect to the atoms has a pole at 180°. The forms in cos θ have none,
since their slope vanishes there; at a linear group only `linear_angle` is also stiff.
"""

from typing import Final

import numpy as np

from aiida_forcefield.potentials.forms.form import DEGREE, Array, Form, FormValue, Parameter


def harmonic_angle(theta: Array, parameters: Array) -> FormValue:
    """E = k (θ − θ0)²: W. D. Cornell et al., JACS 117, 5179 (1995); no factor ½."""
    k, theta0 = parameters
    x = theta - theta0 * DEGREE
    return FormValue(
        k * x**2,
        2 * k * x,
        np.stack([x**2, -2 * k * x * DEGREE], axis=-1),
        np.stack([2 * x, np.full_like(x, -2 * k * DEGREE)], axis=-1),
    )


def cosine_angle(theta: Array, parameters: Array) -> FormValue:
    """E = k (cos θ − cos θ0)²: W. F. van Gunsteren et al., GROMOS96 manual (1996), II-25."""
    k, theta0 = parameters
    x = np.cos(theta) - np.cos(theta0 * DEGREE)
    sine, sine0 = np.sin(theta), np.sin(theta0 * DEGREE) * DEGREE
    return FormValue(
        k * x**2,
        -2 * k * x * sine,
        np.stack([x**2, 2 * k * x * sine0], axis=-1),
        np.stack([-2 * x * sine, -2 * k * sine * sine0], axis=-1),
    )


def linear_angle(theta: Array, parameters: Array) -> FormValue:
    """E = k (1 + cos θ), for groups that are linear at rest: A. K. Rappé et al., UFF, JACS 114,
    10024 (1992), eq. 10 with n = 1. Near 180° it is k (θ − π)² / 2.
    """
    (k,) = parameters
    up, sine = 1 + np.cos(theta), -np.sin(theta)
    return FormValue(k * up, k * sine, up[..., None], sine[..., None])


_THETA0: Final = Parameter("theta0", "degree", False, (0.0, 180.0))

HARMONIC_ANGLE: Final = Form(
    "harmonic_angle",
    "angle",
    "harmonic",
    "k (θ − theta0)²",
    (Parameter("k", "eV/rad²", True, (0.02, 60.0)), _THETA0),
    harmonic_angle,
)
COSINE_ANGLE: Final = Form(
    "cosine_angle",
    "angle",
    "cosine-harmonic",
    "k (cos θ − cos theta0)²",
    (Parameter("k", "eV", True, (0.02, 60.0)), _THETA0),
    cosine_angle,
)
LINEAR_ANGLE: Final = Form(
    "linear_angle",
    "angle",
    "linear",
    "k (1 + cos θ)",
    (Parameter("k", "eV", True, (0.02, 60.0)),),
    linear_angle,
)
