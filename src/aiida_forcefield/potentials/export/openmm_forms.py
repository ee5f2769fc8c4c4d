"""The forms in OpenMM: as forces that it has, or as expressions for its custom forces."""

from collections.abc import Callable, Mapping
from math import factorial
from typing import Final

from aiida_forcefield.potentials.export.damping import DAMPED
from aiida_forcefield.potentials.forms import Form
from aiida_forcefield.potentials.forms.form import DEGREE

Parameters = Mapping[str, float]


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
    "threefold": (
        "PeriodicTorsionForce",
        lambda p: {"periodicity1": 3, "phase1": 0, "k1": p["k3"]},
    ),
    "ryckaert_bellemans": (
        "RBTorsionForce",
        lambda p: {f"c{n}": value for n, value in enumerate(p.values())},
    ),
}
"""Forms that OpenMM has, and their parameters there."""

BOND_CUTOFF: Final = "3"
"""Bonds between atoms that do not feel a nonbonded form."""

DISPERSION: Final = "-".join(
    f"(1-exp(-x)*({'+'.join(f'x^{k}/{factorial(k)}' for k in range(n + 1))}))*C{n}/r^{n}"
    for n in (6, 8)
)
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
    "tang_toennies": f"A*exp(-x)-{DISPERSION}",
    "overlap": f"(A-P-T)*exp(-x)-{DISPERSION}",
}
"""All other forms, as OpenMM's custom forces read them."""


def pair_energy(form: Form, walled: bool) -> tuple[str, list[str]]:
    """The energy of a nonbonded form as a function of r, and the names of its parameters; with the
    wall before its collapse where there is one."""
    terms, names = [EXPRESSIONS[form.name]], list(form.parameter_names)
    if walled:
        terms.append("step(wall-r)*height*(wall^12/r^12-2*wall^6/r^6+1)")
        names += ["wall", "height"]
    definitions = ["x=r/rho"] if form in DAMPED else []
    return ";".join(["+".join(terms), *definitions]), names


def nonbonded_energy(form: Form, walled: bool) -> str:
    """The same with tables of the parameters over pairs of types, as the custom force reads it."""
    energy, names = pair_energy(form, walled)
    return ";".join([energy, *(f"{name}={name}_of(t1,t2)" for name in names)])


TAIL: Final = """
for force in sys.getForces():
    if force.__class__.__name__ == 'CustomNonbondedForce':
        force.setUseLongRangeCorrection(True)
"""
"""A script with which the energy and pressure beyond the cutoff are added in a periodic system."""


def pairs_14(form: Form, walled: bool, scale: float) -> str:
    """A script that lets atoms three bonds apart feel a form that OpenMM has no 1-4 pairs for.

    The custom force excludes them, as it must: OpenMM wants the same exclusions of all its forces.
    """
    energy, names = pair_energy(form, walled)
    whole, *definitions = energy.split(";")
    scaled = ";".join([f"{scale:.14g}*({whole})", *definitions])
    return f"""
import openmm
near = {{frozenset((bond.atom1, bond.atom2)) for bond in data.bonds}}
near |= {{frozenset((angle[0], angle[2])) for angle in data.angles}}
apart = {{frozenset((proper[0], proper[3])) for proper in data.propers}} - near
force = next(f for f in sys.getForces() if f.__class__.__name__ == 'CustomNonbondedForce')
pairs = openmm.CustomBondForce('{scaled}')
pairs.setName('CustomNonbonded14')
pairs.setUsesPeriodicBoundaryConditions(force.usesPeriodicBoundaryConditions())
for name in {names}:
    pairs.addPerBondParameter(name)
tables = {{
    force.getTabulatedFunctionName(k): force.getTabulatedFunction(k).getFunctionParameters()
    for k in range(force.getNumTabulatedFunctions())
}}
for i, j in sorted(map(sorted, apart)):
    first, second = (int(force.getParticleParameters(k)[0]) for k in (i, j))
    values = [tables[name + '_of'][2][first + tables[name + '_of'][0] * second] for name in {names}]
    pairs.addBond(i, j, values)
sys.addForce(pairs)
"""
