"""A force field as LAMMPS input: styles and coefficients, to be read after a data file.

In ``units real`` for ``atom_style full``, with the numbers that `write_data` gives to types.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Final, get_args

import numpy as np

from aiida_forcefield.potentials.collapse import pair_wall
from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.damping import DAMPING, section, tabulated
from aiida_forcefield.potentials.export.lammps_data import numbered_terms
from aiida_forcefield.potentials.export.lammps_drudes import (
    SPRING_STYLES,
    check_polarizable,
    drude_charges,
    drude_flags,
    spring_strengths,
)
from aiida_forcefield.potentials.export.names import type_labels
from aiida_forcefield.potentials.forcefield import ForceField, check_field
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.phases import to_phases
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KCAL_PER_MOL

Parameters = Mapping[str, float]

HEADER: Final = "# units real, atom_style full; include after read_data"
"""First line of the file, by which it is read back with its units."""
_NEUTRAL: Final = 1e-9  # e: smaller charges are none
_TABLE_LENGTH: Final = 20000  # as many values LAMMPS takes from the spline, even in r²
_MANY_TABLES_LENGTH: Final = 4000  # with Drude particles: more would not fit into the cache


def _fourier(p: Parameters) -> Sequence[float]:
    series = to_phases(p)
    return [len(series), *(each for n, k, phase in series for each in (k, n, phase))]


def _cosine_powers(p: Parameters) -> Sequence[float]:
    # cosⁿ(φ − 180°) = (−1)ⁿ cosⁿ φ
    return [len(p), *(value * (-1) ** n for n, value in enumerate(p.values()))]


BONDED: Final[dict[str, tuple[str, Callable[[Parameters], Sequence[float]]]]] = {
    "harmonic_bond": ("harmonic", lambda p: (p["k"], p["r0"])),
    "quartic_bond": ("class2", lambda p: (p["r0"], p["k2"], p["k3"], p["k4"])),
    "morse": ("morse", lambda p: (p["D"], p["alpha"], p["r0"])),
    "harmonic_angle": ("harmonic", lambda p: (p["k"], p["theta0"])),
    "cosine_angle": ("cosine/squared", lambda p: (p["k"], p["theta0"])),
    "linear_angle": ("cosine", lambda p: (p["k"],)),
    "fourier": ("fourier", _fourier),
    "fourier6": ("fourier", _fourier),
    "threefold": ("fourier", lambda p: (1, p["k3"], 3, 0)),
    "chiral_fourier": ("fourier", _fourier),
    "ryckaert_bellemans": ("nharmonic", _cosine_powers),
    "harmonic_improper": ("harmonic", lambda p: (p["k"], 0)),
    "cosine_improper": ("cvff", lambda p: (p["k"], -1, 2)),
}
"""Style and coefficients in kcal/mol and Å of each form."""

PAIR: Final[dict[str, tuple[str, tuple[str, ...], Callable[[Parameters], Sequence[float]]]]] = {
    "exp6": ("buck", ("long", "cut"), lambda p: (p["A"], p["rho"], p["C6"])),
    "born_mayer_huggins": (
        "born",
        ("long",),
        lambda p: (p["A"], p["rho"], p["sigma"], p["C6"], -p["C8"]),
    ),
    "lennard_jones": ("lj/cut", ("long", "cut"), lambda p: (p["epsilon"], p["sigma"])),
    "tang_toennies": ("born", ("long",), lambda p: (p["A"], p["rho"], 0, p["C6"], -p["C8"])),
    "overlap": (
        "born",
        ("long",),
        lambda p: (p["A"] - p["P"] - p["T"], p["rho"], 0, p["C6"], -p["C8"]),
    ),
}
"""Style, variants with Coulomb's law, and coefficients."""


def write_force_field(
    forcefield: ForceField,
    system: System,
    cutoff: float = 9.0,
    kspace_accuracy: float = 1e-4,
    periodic: bool = True,
) -> str:
    """An include file with styles and coefficients, to be read after the data file.

    A wall below 1.25 times the inner maximum of each nonbonded curve guards against its collapse.
    What damps the form of Tang and Toennies, and what polarizable atoms feel of each other, is read
    from a file of its own, see `write_damping`.

    Args:
        forcefield: the force field.
        system: its species.
        cutoff: of the nonbonded form and real-space Coulomb interactions, Å.
        kspace_accuracy: relative error of the long-range forces (PPPM).
        periodic: False for molecules in free space: plain Coulomb up to the cutoff, no tail.
            Crystals have none either, as in their fit.

    Raises:
        ValueError: if the terms are not the system's, the cutoff is not positive, two atom types
            have nothing that keeps them apart, or LAMMPS does not have the electrostatics.
    """
    check_field(forcefield, system)
    check_polarizable(forcefield, system)
    if not 0 < cutoff < np.inf:
        raise ValueError(f"cutoff: {cutoff} Å is not a positive number")
    charges = forcefield.electrostatics.charges("liquid")
    hosts = drude_charges(forcefield.electrostatics, system)
    charged = bool(hosts) or any(abs(charge) > _NEUTRAL for charge in charges.values())
    style, coulomb, _ = PAIR[forcefield.nonbonded_form.name]
    reach = "long" if periodic else "cut"
    separate = charged and reach not in coulomb
    main = f"{style}/coul/{reach}" if charged and not separate else style
    pairs = list(_pair_coefficients(forcefield, system, main))
    walled = any(" lj/cut " in line for line in pairs) and main != "lj/cut"
    damped = any(" table " in line for line in pairs)
    # Drude particles feel nothing of the form.
    alone = "*" if separate else f"{len(system.type_names) + 1}*" if hosts else None
    styles = [
        f"{main} {cutoff:g}",
        *([f"coul/{reach} {cutoff:g}"] if alone else []),
        *[f"table spline {_MANY_TABLES_LENGTH if hosts else _TABLE_LENGTH}"] * damped,
        *[f"lj/cut {cutoff:g}"] * walled,
    ]
    lj, coul = forcefield.scale_14 or (0, 0)
    tail = "yes" if system.crystal is None else "no"
    lines = [
        HEADER,
        *(
            [f"fix drude all drude {drude_flags(forcefield.electrostatics, system)}"]
            if hosts
            else []
        ),
        *_bonded_styles(forcefield, system),
        "special_bonds lj/coul 0 0 0"
        if lj == coul == 0
        else f"special_bonds lj 0 0 {lj:.14g} coul 0 0 {coul:.14g}",
        f"pair_style hybrid/overlay {' '.join(styles)}",
        *([f"pair_coeff * {alone} coul/{reach}"] if alone else []),
        *pairs,
        # A hybrid style takes over the flags of the last command, whichever style that names. With
        # the wall's flags last, every tail correction would vanish without a warning.
        *(["pair_modify pair lj/cut tail no shift yes"] if walled else []),
        *([f"pair_modify pair {main} tail {tail} shift no"] if periodic else []),
        *([f"kspace_style pppm {kspace_accuracy:g}"] if periodic and charged else []),
        *_bonded_coefficients(forcefield, system),
    ]
    return "\n".join(lines) + "\n"


def _pair_coefficients(forcefield: ForceField, system: System, style: str) -> Iterator[str]:
    """Every pair of types in full: LAMMPS would mix them by other rules."""
    form = forcefield.nonbonded_form
    tables = {
        (i, j): f"pair_coeff {i} {j} table {DAMPING} {section(i, j)}"
        for i, j in tabulated(forcefield, system)
    }
    labels = type_labels(system)
    numbered = list(enumerate(system.type_names, start=1))
    for (i, first), (j, second) in combinations_with_replacement(numbered, 2):
        parameters = convert(form, forcefield.pair(first, second), KCAL_PER_MOL)
        coefficients = _numbers(PAIR[form.name][2](parameters))
        yield f"pair_coeff {i} {j} {style} {coefficients} # {labels[first]} {labels[second]}"
        if (i, j) in tables:
            yield tables.pop((i, j))
        start, epsilon = pair_wall(forcefield, first, second)
        if start > 0:
            wall = (epsilon / KCAL_PER_MOL, start / 2 ** (1 / 6), start)
            yield f"pair_coeff {i} {j} lj/cut {_numbers(wall)}"
    yield from tables.values()  # of Drude particles


def _used(forcefield: ForceField, system: System, kind: TermKind) -> list[str]:
    """The styles of a kind of interaction, in order of first appearance."""
    forms = [forcefield.term(each.name).form for each in numbered_terms(system, kind)]
    styles = [BONDED[form][0] for form in forms]
    if spring_strengths(forcefield.electrostatics, system, kind):
        styles.append(SPRING_STYLES[kind][0])
    return list(dict.fromkeys(styles))


def _bonded_styles(forcefield: ForceField, system: System) -> Iterator[str]:
    for kind in get_args(TermKind):
        if styles := _used(forcefield, system, kind):
            hybrid = "hybrid " if len(styles) > 1 else ""
            yield f"{kind}_style {hybrid}{' '.join(styles)}"


def _bonded_coefficients(forcefield: ForceField, system: System) -> Iterator[str]:
    labels = type_labels(system)
    for kind in get_args(TermKind):
        hybrid = len(_used(forcefield, system, kind)) > 1
        terms = numbered_terms(system, kind)
        for number, term_type in enumerate(terms, start=1):
            term = forcefield.term(term_type.name)
            style, coefficients = BONDED[term.form]
            parameters = convert(FORMS[term.form], term.parameters, KCAL_PER_MOL)
            text = f"{style} " * hybrid + _numbers(coefficients(parameters))
            types = "-".join(labels[each] for each in term_type.types)
            yield f"{kind}_coeff {number} {text} # {kind} {types}"
        strengths = spring_strengths(forcefield.electrostatics, system, kind)
        for number, strength in enumerate(strengths, start=len(terms) + 1):
            style, spring = SPRING_STYLES[kind]
            text = f"{style} " * hybrid + spring.format(strength)
            yield f"{kind}_coeff {number} {text} # spring of Drude particles"


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.14g}" for value in values)
