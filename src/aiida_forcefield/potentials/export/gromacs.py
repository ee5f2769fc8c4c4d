"""A force field as topology files of GROMACS, in kJ/mol, nm and degrees.

GROMACS has run Lennard-Jones alone since 2020: its Verlet scheme knows no Buckingham potential and
no tables of the user's for nonbonded interactions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from rdkit import Chem

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.molecule import contents
from aiida_forcefield.potentials.export.names import atom_names, type_labels
from aiida_forcefield.potentials.forcefield import ForceField, check_field, check_fixed, pair_name
from aiida_forcefield.potentials.forms import CHOOSABLE, FORMS, LENNARD_JONES
from aiida_forcefield.potentials.phases import to_phases
from aiida_forcefield.topology.species import TermKind
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KJ_PER_MOL, NM

Parameters = Mapping[str, float]
Rows = Sequence[Sequence[float]]


def _fourier(p: Parameters) -> Rows:
    return [(phase, k, n) for n, k, phase in to_phases(p)]


_BONDED: Final[dict[str, tuple[int, Callable[[Parameters], Rows]]]] = {
    "harmonic_bond": (1, lambda p: [(p["r0"], 2 * p["k"])]),
    "morse": (3, lambda p: [(p["r0"], p["D"], p["alpha"])]),
    "harmonic_angle": (1, lambda p: [(p["theta0"], 2 * p["k"])]),
    "cosine_angle": (2, lambda p: [(p["theta0"], 2 * p["k"])]),
    "fourier": (9, _fourier),
    "fourier6": (9, _fourier),
    "threefold": (9, lambda p: [(0, p["k3"], 3)]),
    "chiral_fourier": (9, _fourier),
    "ryckaert_bellemans": (3, lambda p: [tuple(p.values())]),
    "harmonic_improper": (2, lambda p: [(0, 2 * p["k"])]),
    "cosine_improper": (4, lambda p: [(180, p["k"], 2)]),
}
"""Function type, and the rows of parameters, of each form that GROMACS has."""

NEAREST: Final = {
    "quartic_bond": "morse",
    "linear_angle": "harmonic_angle",
    "exp6": "lennard_jones",
    "born_mayer_huggins": "lennard_jones",
    "tang_toennies": "lennard_jones",
    "overlap": "lennard_jones",
}
_BY_CHOICE: Final = {form.name for forms in CHOOSABLE.values() for form in forms}

_SECTIONS: Final[dict[TermKind, str]] = {
    "bond": "bonds",
    "angle": "angles",
    "dihedral": "dihedrals",
    "improper": "dihedrals",
}


def write_gromacs(forcefield: ForceField, system: System, counts: Sequence[int]) -> dict[str, str]:
    """The files ``forcefield.itp``, ``molecules.itp`` and ``topol.top``, by name.

    Molecules have the names of their species, atom types those of `type_labels`.

    Args:
        forcefield: its charges in the liquid are written.
        system: its species.
        counts: molecules of each species.

    Raises:
        ValueError: if the terms are not the system's, or GROMACS does not have a form.
    """
    check_field(forcefield, system)
    check_fixed(forcefield, "GROMACS files")
    for term in forcefield.terms:
        if nearest := NEAREST.get(term.form):
            # A straight angle has no other form, whatever a study asks for.
            to_choose = {term.form, nearest} <= _BY_CHOICE
            hint = " (a study asks for it by `fit.forms`)" if to_choose else ""
            raise ValueError(
                f"{term.name}: GROMACS has no {term.form}; "
                f"the nearest that it can run is {nearest}{hint}"
            )
    molecules = [f"{name} {n}" for name, n in zip(system.names, counts, strict=True) if n]
    return {
        "forcefield.itp": "\n".join(_force_field(forcefield, system)) + "\n",
        "molecules.itp": "\n".join(_molecules(forcefield, system)) + "\n",
        "topol.top": (
            '#include "forcefield.itp"\n#include "molecules.itp"\n\n'
            f"[ system ]\n{contents(system, counts)}\n\n"
            "[ molecules ]\n" + "\n".join(molecules) + "\n"
        ),
    }


def _force_field(forcefield: ForceField, system: System) -> Iterator[str]:
    rule = 2 if forcefield.combination is None else 3
    lj, coulomb = forcefield.scale_14 or (0.0, 0.0)
    yield "[ defaults ]"
    yield "; nbfunc  comb-rule  gen-pairs  fudgeLJ  fudgeQQ; 1-4 pairs are written out, scaled"
    yield f"1 {rule} no {_numbers([lj, coulomb])}"
    yield "\n[ atomtypes ]"
    table = Chem.GetPeriodicTable()
    labels = type_labels(system)
    for each in system.atom_types:
        name, symbol = each.name, each.symbol
        mass = f"{table.GetAtomicNumber(symbol)} {table.GetAtomicWeight(symbol):.6f}"
        yield f"{labels[name]} {mass} 0.0 A {_lennard_jones(forcefield, name, name)}"
    known = {term.name for term in forcefield.terms}
    own = [pair for pair in combinations(system.type_names, 2) if pair_name(*pair) in known]
    if own:
        yield "\n[ nonbond_params ]"
        yield from (f"{labels[i]} {labels[j]} 1 {_lennard_jones(forcefield, i, j)}" for i, j in own)


def _molecules(forcefield: ForceField, system: System) -> Iterator[str]:
    for place, name in enumerate(system.names):
        yield "\n" * (place > 0) + f"[ moleculetype ]\n{name} 3\n\n[ atoms ]"
        yield from _atoms(forcefield, system, name)
        for kind, section in _SECTIONS.items():
            yield from _terms(forcefield, system, name, kind, section)
        if forcefield.scale_14 and len(pairs := system.of_name(name).pairs_14):
            types = system.types_of(name)
            yield "\n[ pairs ]"
            for i, j in pairs.tolist():
                scaled = _lennard_jones(forcefield, types[i], types[j], forcefield.scale_14[0])
                yield f"{i + 1} {j + 1} 1 {scaled}"


def _atoms(forcefield: ForceField, system: System, name: str) -> Iterator[str]:
    species, labels = system.of_name(name), type_labels(system)
    charges = forcefield.electrostatics.charges("liquid")
    table = Chem.GetPeriodicTable()
    rows = zip(atom_names(species), species.symbols, system.types_of(name), strict=True)
    for number, (atom, symbol, of_type) in enumerate(rows, start=1):
        last = f"{charges[of_type]:.12f} {table.GetAtomicWeight(symbol):.6f}"
        yield f"{number} {labels[of_type]} 1 {name} {atom} {number} {last}"


def _terms(
    forcefield: ForceField, system: System, name: str, kind: TermKind, section: str
) -> Iterator[str]:
    labels = type_labels(system)
    term_types = [each for each in system.terms_of(name) if each.kind == kind]
    if term_types:
        yield f"\n[ {section} ]"
    for each in term_types:
        term = forcefield.term(each.name)
        function, rows = _BONDED[term.form]
        parameters = convert(FORMS[term.form], term.parameters, KJ_PER_MOL, NM)
        yield f"; {kind} {'-'.join(labels[of_type] for of_type in each.types)}"
        for member in each.members:
            atoms = " ".join(str(atom + 1) for atom in member)
            for row in rows(parameters):
                yield f"{atoms} {function} {_numbers(row)}"


def _lennard_jones(forcefield: ForceField, i: str, j: str, scale: float = 1.0) -> str:
    p = convert(LENNARD_JONES, forcefield.pair(i, j), KJ_PER_MOL, NM)
    return _numbers([p["sigma"], scale * p["epsilon"]])


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.14g}" for value in values)
