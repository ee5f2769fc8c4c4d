"""Dihedral energies as sums of cosines with phases, as other programs have them."""

from collections.abc import Iterable, Mapping
from math import atan2, cos, degrees, hypot, radians, sin

from aiida_forcefield.potentials.forms import CHIRAL_FOURIER, FOURIER, FOURIER6, THREEFOLD

Parameters = Mapping[str, float]
Series = tuple[str, dict[str, float]]

_SERIES = {form.name for form in (FOURIER, FOURIER6, THREEFOLD, CHIRAL_FOURIER)}
_NONE = 1e-9  # relative: a sine that a phase of 180° leaves


def to_phases(parameters: Parameters) -> list[tuple[int, float, float]]:
    """A Fourier series as Σ K (1 + cos(nφ − δ)): n, K and δ in degrees; n = 0 is a constant.

    Args:
        parameters: of `FOURIER`, `FOURIER6`, `THREEFOLD` or `CHIRAL_FOURIER`.
    """
    values = list(parameters.values())
    if tuple(parameters) != CHIRAL_FOURIER.parameter_names:
        return [(int(name.removeprefix("k")), k, 0.0) for name, k in parameters.items()]
    pairs = list(zip(values[::2], values[1::2], strict=True))
    series = [(n, hypot(k, s), degrees(atan2(s, k))) for n, (k, s) in enumerate(pairs, start=1)]
    return [(0, sum(k - hypot(k, s) for k, s in pairs) / 2, 0.0), *series]


def add_series(one: tuple[str, Parameters], other: tuple[str, Parameters]) -> Series:
    """Name and parameters of the form that two Fourier series add up to.

    Raises:
        ValueError: one of them is none.
    """
    for form, _ in (one, other):
        if form not in _SERIES:
            raise ValueError(f"dihedral: {form} beside another entry; allowed: Fourier series")
    parts = [part for _, parameters in (one, other) for part in to_phases(parameters)]
    return from_phases((n, height, radians(phase)) for n, height, phase in parts)


def from_phases(parts: Iterable[tuple[int, float, float]]) -> Series:
    """Name and parameters of the form that has Σ K (1 + cos(nφ − δ)), but for a constant.

    Args:
        parts: n, K and δ in radians.

    Raises:
        ValueError: n is below 0 or larger than 6.
    """
    cosines, sines = [0.0] * 6, [0.0] * 6
    for n, height, phase in parts:
        if not 0 <= n <= len(cosines):
            raise ValueError(f"dihedral: periodicity {n} is not one of 1 to {len(cosines)}")
        if n > 0:
            cosines[n - 1] += height * cos(phase)
            sines[n - 1] += height * sin(phase)
    if max(map(abs, sines)) > _NONE * max(map(abs, cosines)):
        values = [value for pair in zip(cosines, sines, strict=True) for value in pair]
        form = CHIRAL_FOURIER
    elif cosines[2] and not any(cosines[:2] + cosines[3:]):
        form, values = THREEFOLD, cosines[2:3]
    else:
        form = FOURIER6 if any(cosines[4:]) else FOURIER
        values = cosines[: len(form.parameters)]
    return form.name, dict(zip(form.parameter_names, values, strict=True))
