"""Combination rules: the parameters between two atom types from those of each."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal

import numpy as np

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Mean

Combination = Literal["geometric"]
"""Geometric means of all parameters, as OPLS has them, and not each parameter's own."""


def _geometric(a: float, b: float) -> tuple[float, float, float]:
    mean = float(np.sqrt(a * b))
    return mean, mean / (2 * a) if a else 0.0, mean / (2 * b) if b else 0.0


def _harmonic(a: float, b: float) -> tuple[float, float, float]:
    mean = 2 / (1 / a + 1 / b)
    return mean, (mean / a) ** 2 / 2, (mean / b) ** 2 / 2


_MEANS: Final[dict[Mean, Callable[[float, float], tuple[float, float, float]]]] = {
    "geometric": _geometric,
    "arithmetic": lambda a, b: ((a + b) / 2, 0.5, 0.5),
    "harmonic": _harmonic,
}
"""(a, b) -> the mean and its derivatives by a and by b."""


def combine(
    form: Form, i: Sequence[float] | Array, j: Sequence[float] | Array, rule: Combination | None
) -> tuple[Array, Array]:
    """Parameters between two atom types.

    Args:
        form: of nonbonded interactions, with k parameters.
        i: parameters of the one type, shape (k,).
        j: of the other.
        rule: for all parameters; None for each parameter's own.

    Returns:
        The parameters, shape (k,), and their derivatives by i and by j, shape (2, k).
    """
    rows = [
        _MEANS[rule or parameter.mean or "arithmetic"](float(a), float(b))
        for parameter, a, b in zip(form.parameters, i, j, strict=True)
    ]
    mean, *derivatives = np.array(rows).T
    return mean, np.array(derivatives)


@cache
def pair_of(form: Form, rule: Combination | None = None) -> Callable[[Array, Array], FormValue]:
    """The form between two atom types: (r, parameters of the one, then of the other)."""

    def evaluate(r: Array, parameters: Array) -> FormValue:
        one, other = parameters.reshape(2, -1)
        joint, by = combine(form, one, other, rule)
        value = form.evaluate(r, joint)
        energy, slope = (
            np.concatenate([jacobian * row for row in by], axis=-1)
            for jacobian in (value.energy_jacobian, value.slope_jacobian)
        )
        return FormValue(value.energy, value.slope, energy, slope)

    return evaluate
