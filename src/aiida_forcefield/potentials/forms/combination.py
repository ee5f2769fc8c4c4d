"""Combination rules: the parameters between two atom types from those of each."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal

import numpy as np

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Mean

Combination = Literal["geometric"]
"""Geometric means of all parameters, as OPLS has them, and not each parameter's own."""


def _geometric(a: Array, b: Array) -> tuple[Array, Array, Array]:
    mean = np.sqrt(a * b)
    by = [np.divide(mean, 2 * each, out=np.zeros_like(mean), where=each != 0) for each in (a, b)]
    return mean, by[0], by[1]


def _harmonic(a: Array, b: Array) -> tuple[Array, Array, Array]:
    mean = 2 / (1 / a + 1 / b)
    return mean, (mean / a) ** 2 / 2, (mean / b) ** 2 / 2


def _arithmetic(a: Array, b: Array) -> tuple[Array, Array, Array]:
    half = np.full_like(a, 0.5)
    return (a + b) / 2, half, half


_MEANS: Final[dict[Mean, Callable[[Array, Array], tuple[Array, Array, Array]]]] = {
    "geometric": _geometric,
    "arithmetic": _arithmetic,
    "harmonic": _harmonic,
}
"""(a, b) -> the mean and its derivatives by a and by b."""


def combine(
    form: Form, i: Sequence[float] | Array, j: Sequence[float] | Array, rule: Combination | None
) -> tuple[Array, Array]:
    """Parameters between two atom types, or between those of several pairs.

    Args:
        form: of nonbonded interactions, with k parameters.
        i: parameters of the one type, shape (..., k).
        j: of the other.
        rule: for all parameters; None for each parameter's own.

    Returns:
        The parameters, shape (..., k), and their derivatives by i and by j, shape (2, ..., k).
    """
    one, other = np.asarray(i, dtype=float), np.asarray(j, dtype=float)
    means = [
        _MEANS[rule or parameter.mean or "arithmetic"](one[..., place], other[..., place])
        for place, parameter in enumerate(form.parameters)
    ]
    mean, *derivatives = (np.stack(column, axis=-1) for column in zip(*means, strict=True))
    return mean, np.stack(derivatives)


@cache
def pair_of(form: Form, rule: Combination | None = None) -> Callable[[Array, Array], FormValue]:
    """The form between two atom types: (r, parameters of the one, then of the other)."""

    def evaluate(r: Array, parameters: Array) -> FormValue:
        one, other = parameters.reshape(2, -1)
        joint, by = combine(form, one, other, rule)
        value = form.evaluate(r, joint)
        energy, slope = (
            (jacobian[..., None, :] * by).reshape(*r.shape, -1)
            for jacobian in (value.energy_jacobian, value.slope_jacobian)
        )
        return FormValue(value.energy, value.slope, energy, slope)

    return evaluate
