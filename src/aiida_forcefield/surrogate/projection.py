"""Parameters of a form by projection of the learned profile.

Fitted to the chosen points alone, the parameters of an imperfect form follow the sampling. So the
form is fitted to the surrogate on an even grid, with a weight that is declared.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, least_squares
from scipy.signal import find_peaks

from aiida_forcefield.surrogate.surrogate import Surrogate
from aiida_forcefield.surrogate.targets import TARGETS, Target, buckingham
from aiida_forcefield.units import BOLTZMANN, COULOMB

Array = NDArray[np.float64]

GRID_POINTS = 201
POOR = 0.05  # of the window: a misfit from which another form is looked for
ONE_WELL = ("bond", "angle")  # whose forms have one minimum and no maximum
USELESS = 0.25  # of the window: a misfit from which a form does not describe the profile


class Value(NamedTuple):
    """A parameter with its standard error and unit."""

    name: str
    value: float
    standard_error: float
    unit: str


@dataclass(frozen=True, eq=False)
class Projection:
    """A form fitted to a profile.

    Attributes:
        target: the form.
        temperature: of the Boltzmann weight, K; None where all of the window weighs the same.
        parameters: shape (p,).
        covariance: shape (p, p): of the surrogate's uncertainty and of the form's misfit.
        x: grid, shape (g,), Å or degrees.
        energy: of the form, shape (g,), eV, with the constant that fits best.
        residual: profile minus form, shape (g,), eV.
        misfit: largest residual as a fraction of the profile's height.
        advice: a sentence on the misfit.
        refusal: why the form does not describe the profile, so that its parameters mean nothing;
            None where it does.
    """

    target: Target
    temperature: float | None
    parameters: Array
    covariance: Array
    x: Array
    energy: Array
    residual: Array
    misfit: float
    advice: str
    refusal: str | None

    @property
    def weight(self) -> str:
        """With which weight the form was fitted."""
        if self.temperature is None:
            return "uniform over the window"
        return f"Boltzmann at {self.temperature:g} K"

    def in_unit(self, name: str, unit: float) -> list[Value]:
        """The parameters, and what derives from them, with energies in a unit worth so many eV."""
        target = self.target
        errors = np.sqrt(np.diagonal(self.covariance))
        values = [
            Value(*entry)
            for entry in zip(
                target.parameters,
                map(float, self.parameters),
                map(float, errors),
                target.units,
                strict=True,
            )
        ]
        if target.derived is not None:
            label, of, function = target.derived
            slope = approx_fprime(self.parameters, function, _steps(self.parameters))
            error = float(np.sqrt(slope @ self.covariance @ slope))
            values.append(Value(label, function(self.parameters), error, of))
        return [
            Value(v.name, v.value / unit, v.standard_error / unit, v.unit.replace("eV", name))
            if v.unit.startswith("eV")
            else v
            for v in values
        ]


def project(
    surrogate: Surrogate, form: str | None = None, temperature: float | None = None
) -> Projection:
    """Fit a form to the profile that a surrogate has learned.

    Args:
        surrogate: of a bond, angle, dihedral, ions or dimer.
        form: name of the form; that which is usual for the kind where None.
        temperature: of a Boltzmann weight, K; None for an even weight over the window.

    Raises:
        ValueError: where the kind has no such form.
    """
    x = np.linspace(surrogate.lower, surrogate.upper, GRID_POINTS)
    energy = surrogate.predict(x)[0]
    choices = targets(surrogate.kind, x, energy)
    names = [choice.name for choice in choices]
    if form is not None and form not in names:
        raise ValueError(f"form: {form!r}; allowed for this kind: {', '.join(names)}")
    weight = np.ones(len(x))
    if temperature is not None:
        weight = np.exp(-(energy - energy.min()) / (BOLTZMANN * temperature))
    target = choices[names.index(form) if form else 0]
    height = max(float(np.ptp(energy)), 1e-12)
    parameters, fitted, pull = fit(target, x, energy, weight)
    residual = energy - fitted
    misfit = float(np.abs(residual).max()) / height
    barrier = surrogate.kind in ONE_WELL and len(find_peaks(energy, prominence=POOR * height)[0])
    refusal = _refusal(target, parameters, misfit, barrier > 0)
    others = {}
    for choice in choices if misfit > POOR or refusal else ():
        other, curve, _ = fit(choice, x, energy, weight)
        missed = float(np.abs(energy - curve).max()) / height
        if choice is not target and _refusal(choice, other, missed, barrier > 0) is None:
            others[choice.name] = missed
    covariance = surrogate.posterior.covariance(x) + _misfit_covariance(residual, weight)
    return Projection(
        target=target,
        temperature=temperature,
        parameters=parameters,
        covariance=pull @ covariance @ pull.T,
        x=x,
        energy=fitted,
        residual=residual,
        misfit=misfit,
        advice=_advice(target.name, misfit, others, refusal is not None),
        refusal=refusal,
    )


def targets(kind: str, x: Array, energy: Array) -> tuple[Target, ...]:
    """The forms for a kind; that of ions knows their charges, which are whole numbers."""
    if kind != "ions":
        return TARGETS[kind]  # type: ignore[index]
    free, ends = np.empty(0), [np.ones_like(x), COULOMB / x, -1 / x**6]
    best = np.inf
    for rho in np.geomspace(0.15, 0.5, 40):
        columns = np.column_stack([*ends, np.exp((x[0] - x) / rho)])
        coefficients = np.linalg.lstsq(columns, energy, rcond=None)[0]
        residual = float(np.square(columns @ coefficients - energy).sum())
        if residual < best:
            best, free = residual, coefficients
    product = round(float(free[1])) or int(np.sign(free[1]))
    return (buckingham(product),)


def fit(target: Target, x: Array, energy: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Least squares with a free constant.

    Returns:
        Parameters, shape (p,); energies, shape (n,); how the parameters follow the energies to
        which they are fitted, ∂p/∂E, shape (p, n).
    """
    root = np.sqrt(weight / weight.sum())

    def constant(parameters: Array) -> Array:
        value = target.energy(x, parameters)
        return np.asarray(value + weight @ (energy - value) / weight.sum())

    def residuals(parameters: Array) -> Array:
        return np.asarray(root * (constant(parameters) - energy))

    def shape(parameters: Array) -> Array:
        return np.asarray(root * target.energy(x, parameters))

    guess = np.asarray(target.guess(x, energy), dtype=float)
    with np.errstate(all="ignore"):  # a step too far is taken back
        solution = np.asarray(least_squares(residuals, guess, x_scale="jac", jac="3-point").x)
    slope = np.atleast_2d(approx_fprime(solution, shape, _steps(solution)))
    slope = slope - root[:, None] * (root @ slope)  # the constant takes its share
    return solution, constant(solution), np.asarray(np.linalg.pinv(slope) * root)


def _steps(parameters: Array) -> Array:
    """Steps with which to differentiate by parameters, shape (p,)."""
    return 1e-6 * np.where(parameters == 0, 1.0, np.abs(parameters))


def _misfit_covariance(residual: Array, weight: Array) -> Array:
    """Covariance of what a form misses, as a smooth function of its height and wave length."""
    height = np.average(np.square(residual), weights=weight)
    waves = 1 + np.count_nonzero(np.diff(np.sign(residual)))
    t = np.linspace(0, np.pi * waves, len(residual))
    return np.asarray(float(height) * np.exp(-((t[:, None] - t) ** 2) / 2))


def _advice(name: str, misfit: float, others: dict[str, float], refused: bool) -> str:
    sentence = f"{name} misses {100 * misfit:.2g} % of this window"
    better = min(others, key=lambda other: others[other], default=None)
    if better is not None and others[better] < (POOR if refused else misfit / 2):
        sentence += f": consider {better}, which misses {100 * others[better]:.2g} %"
    return sentence


def _refusal(target: Target, parameters: Array, misfit: float, barrier: bool) -> str | None:
    """Why parameters mean nothing; barrier: whether a maximum parts two minima of the profile."""
    vain = f"{target.name} does not describe this curve"
    if misfit > USELESS:
        allowed = f"up to {100 * USELESS:.0f} % are allowed"
        return f"{vain} (it misses {100 * misfit:.2g} % of the window; {allowed})"
    if barrier:
        return f"{vain} (which has a barrier)"
    for name, value, unit, (low, high) in zip(
        target.parameters, parameters, target.units, target.ranges, strict=True
    ):
        if not low <= value <= high:
            allowed = f"{low:g} to {high:g} are physical"
            vain = f"the parameters of {target.name} run away"
            return f"{vain} ({name} would be {value:.3g} {unit}; {allowed})"
    return None
