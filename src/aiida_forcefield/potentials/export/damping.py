"""What is damped at short range, as a table for LAMMPS.

That is what damping takes off the attraction of Tang and Toennies, and off Coulomb's law where one
of two charges is on a Drude particle or is what that left on its atom. LAMMPS has both undamped.
Its style for formulas makes a step ten times as long as exp-6 does, a spline through a table of our
own 1.6 times.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations_with_replacement
from math import factorial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics, Polarizable
from aiida_forcefield.potentials.electrostatics.damping import screening
from aiida_forcefield.potentials.export.lammps_drudes import drude_charges
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.forms import OVERLAP, TANG_TOENNIES, Form
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import COULOMB, KCAL_PER_MOL

Array = NDArray[np.float64]

DAMPING: Final = "damping.table"
"""Name of the file."""

DAMPED: Final[tuple[Form, ...]] = (TANG_TOENNIES, OVERLAP)
_POINTS: Final = 1000
_START: Final = 0.4  # Å: nearer than any two atoms come; there, LAMMPS stops and says so
_HOST: Final = 1e-12
"""Å: nearer than a Drude particle comes to its host. In periodic boxes LAMMPS looks up also pairs
that do not count."""
_FLAT: Final = 0.1
"""Å: nearer than that, the force in tables for hosts and particles stays about what it is there. At
0.4 Å, Coulomb's law would already win over it, and a particle fall onto the atom of a molecule that
is too near."""
_SLOPE: Final = 1e-3
"""1/Å, by which it grows: of one value, LAMMPS would warn that the energies' slope, which are
rounded, is another."""
_REACH: Final = 45.0  # in units of rho: beyond, less than 1e-10 of the attraction
_SCREENED: Final = 25.0  # a u³: beyond, less than 1e-11 of Coulomb's law


class _Curve(NamedTuple):
    """What acts between two types of LAMMPS at short range.

    Attributes:
        values: energy, kcal/mol, and force, kcal/mol/Å, at some distances, Å.
        reach: beyond, it is nothing, Å.
        start: where the table begins, Å.
    """

    values: Callable[[Array], tuple[Array, Array]]
    reach: float
    start: float = _START


class _Site(NamedTuple):
    """A type of LAMMPS: of atoms, or of Drude particles.

    Attributes:
        name: of the atom type, or of that of the host.
        is_drude: whether it is of Drude particles.
        net: charge by which Coulomb's law acts undamped, e.
        held: its charge, e.
    """

    name: str
    is_drude: bool
    net: float
    held: float


def section(i: int, j: int) -> str:
    """What the part of the table for two types of LAMMPS is called."""
    return f"tang-toennies-{i}-{j}"


def tabulated(forcefield: ForceField, system: System) -> list[tuple[int, int]]:
    """The types of LAMMPS that have a part of the table, the lower number first."""
    return list(_curves(forcefield, system))


def write_damping(forcefield: ForceField, system: System, cutoff: float = 9.0) -> str:
    """The file `DAMPING`, which the include file of this force field reads.

    Args:
        forcefield: the force field.
        system: its species.
        cutoff: as of `write_force_field`, Å.

    Returns:
        The text; none where nothing is damped.
    """
    return "\n\n".join(
        "\n".join([section(i, j), *_rows(curves, cutoff)])
        for (i, j), curves in _curves(forcefield, system).items()
    )


def _rows(curves: Sequence[_Curve], cutoff: float) -> Iterator[str]:
    end = min(cutoff, max(curve.reach for curve in curves))
    start = min(curve.start for curve in curves)
    r = np.linspace(start, end, _POINTS)
    energy, force = np.sum([curve.values(np.maximum(r, _FLAT)) for curve in curves], axis=0)
    inside = np.maximum(_FLAT - r, 0)
    energy += force * (inside + _SLOPE * inside**2 / 2)
    force *= 1 + _SLOPE * inside
    if start < _START:
        force[0] = 0.0  # LAMMPS puts a spline through force/r
    yield f"N {_POINTS} R {start:g} {end:.14g}\n"
    for number, row in enumerate(np.stack([r, energy, force], axis=-1), start=1):
        yield f"{number} " + " ".join(f"{value:.11g}" for value in row)


def _curves(forcefield: ForceField, system: System) -> dict[tuple[int, int], list[_Curve]]:
    """What is damped between two types of LAMMPS, where anything is."""
    atoms = len(system.type_names)
    found: dict[tuple[int, int], list[_Curve]] = {}
    numbered = enumerate(_sites(forcefield, system), start=1)
    for (i, first), (j, second) in combinations_with_replacement(numbered, 2):
        curves = _screening(forcefield.electrostatics, first, second)
        if forcefield.nonbonded_form in DAMPED and j <= atoms:
            p = convert(
                forcefield.nonbonded_form, forcefield.pair(first.name, second.name), KCAL_PER_MOL
            )
            curves.append(_Curve(partial(_damping, p=p), _REACH * p["rho"]))
        if curves:
            found[i, j] = curves
    return found


def _sites(forcefield: ForceField, system: System) -> list[_Site]:
    """Those of atoms, and after them those of Drude particles."""
    drudes = drude_charges(forcefield.electrostatics, system)
    net = forcefield.electrostatics.charges("liquid")
    atoms = [
        _Site(name, False, net[name], net[name] - drudes.get(name, 0.0))
        for name in system.type_names
    ]
    return [*atoms, *(_Site(name, True, 0.0, charge) for name, charge in drudes.items())]


def _screening(electrostatics: FieldElectrostatics, first: _Site, second: _Site) -> list[_Curve]:
    """What damping takes off Coulomb's law; nothing where the charges are permanent ones."""
    product = first.held * second.held - first.net * second.net
    if not isinstance(electrostatics, Polarizable) or product == 0:
        return []
    length = np.sqrt(electrostatics.lengths[first.name] * electrostatics.lengths[second.name])
    strength, a = COULOMB / KCAL_PER_MOL * product, electrostatics.damping

    def values(r: Array) -> tuple[Array, Array]:
        energy, force = screening(r, length, a)
        return strength * energy, strength * force

    hosted = first.name == second.name and first.is_drude != second.is_drude
    start = _HOST if hosted else _START
    return [_Curve(values, length * np.cbrt(_SCREENED / a), start)]


def _damping(r: Array, p: Mapping[str, float]) -> tuple[Array, Array]:
    """(1 − f6) C6/r⁶ + (1 − f8) C8/r⁸ and the force −d/dr of it."""
    x = r / p["rho"]
    energy, force = np.zeros_like(r), np.zeros_like(r)
    for n in (6, 8):
        attraction = p[f"C{n}"] / r**n
        undamped = gammaincc(n + 1, x) * attraction
        energy += undamped
        force += n * undamped / r + attraction * x**n * np.exp(-x) / (factorial(n) * p["rho"])
    return energy, force
