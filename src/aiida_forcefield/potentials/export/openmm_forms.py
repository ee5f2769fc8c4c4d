"""The forms in OpenMM: as forces that it has, or as expressions for its custom forces."""

from collections.abc import Callable, Mapping
from math import factorial, pi
from typing import Final

from aiida_forcefield.potentials.forms import TANG_TOENNIES, Form

Parameters = Mapping[str, float]

DEGREE: Final = pi / 180


def _periodic(p: Parameters) -> Parameters:
    return {
        key: value
        for n, k in enumerate(p.values(), start=1)
        for key, value in ((f"periodicity{n}", n), (f"phase{n}", 0), (f"k{n}", k))
    }


STANDARD: Final[dict[str, tuple[str, Callable[[Parameters], Parameters]]]] = {
    "harmonic_bond": ("HarmonicBondForce", lambda p: {"length": p["r0"], "k": 2 * p["k"]}),
    "harmonic_angle": (
        "HarmonicAngleForce",
        lambda p: {"angle": p["theta0"] * DEGREE, "k": 2 * p["k"]},
    ),
    "fourier": ("PeriodicTorsionForce", _periodic),
    "fourier6": ("PeriodicTorsionForce", _periodic),
    "ryckaert_bellemans": (
        "RBTorsionForce",
        lambda p: {f"c{n}": value for n, value in enumerate(p.values())},
    ),
}
"""Forms that OpenMM has, and their parameters there."""

BOND_CUTOFF: Final = "3"
"""Bonds between atoms that do not feel a nonbonded form."""

EXPRESSIONS: Final = {
    "quartic_bond": "k2*(r-r0)^2+k3*(r-r0)^3+k4*(r-r0)^4",
    "morse": "D*(1-exp(-alpha*(r-r0)))^2",
    "cosine_angle": f"k*(cos(theta)-cos(theta0*{DEGREE!r}))^2",
    "linear_angle": "k*(1+cos(theta))",
    "chiral_fourier": "+".join(f"k{n}*(1+cos({n}*theta))+s{n}*sin({n}*theta)" for n in range(1, 7)),
    "harmonic_improper": "k*theta^2",
    "cosine_improper": "k*(1-cos(2*theta))",
    "exp6": "A*exp(-r/rho)-C6/r^6",
    "born_mayer_huggins": "A*exp((sigma-r)/rho)-C6/r^6-C8/r^8",
    "tang_toennies": "A*exp(-x)-"
    + "-".join(
        f"(1-exp(-x)*({'+'.join(f'x^{k}/{factorial(k)}' for k in range(n + 1))}))*C{n}/r^{n}"
        for n in (6, 8)
    ),
}
"""All other forms, as OpenMM's custom forces read them."""


def nonbonded_energy(form: Form, walled: bool) -> str:
    """The energy of a nonbonded form, its parameters by tables over pairs of types, as OpenMM's
    custom force reads it; with the wall before its collapse where there is one."""
    terms, tables = [EXPRESSIONS[form.name]], list(form.parameter_names)
    if walled:
        terms.append("step(wall-r)*height*(wall^12/r^12-2*wall^6/r^6+1)")
        tables += ["wall", "height"]
    definitions = [f"{name}={name}_of(t1,t2)" for name in tables]
    if form is TANG_TOENNIES:
        definitions.insert(0, "x=r/rho")
    return ";".join(["+".join(terms), *definitions])
