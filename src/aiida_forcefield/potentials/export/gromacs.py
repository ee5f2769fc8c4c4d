"""A force field as species files of GROMACS, in kJ/mol, nm and degrees.

GROMACS has run Lennard-Jones alone since 2020: its Verlet scheme knows no Buckingham potential and
no tables of the user's for nonbonded interactions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from rdkit import Chem

from aiida_forcefield.potentials.convert import convert
from aiida_forcefield.potentials.export.molecule import RESIDUE, atom_names
from aiida_forcefield.potentials.forcefield import ForceField, check_field, pair_name
from aiida_forcefield.potentials.forms import CHOOSABLE, FORMS, LENNARD_JONES
from aiida_forcefield.potentials.phases import to_phases
from aiida_forcefield.topology.species import Species, TermKind
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
}
_BY_CHOICE: Final = {form.name for forms in CHOOSABLE.values() for form in forms}

_SECTIONS: Final[dict[TermKind, str]] = {
    "bond": "bonds",
    "angle": "angles",
    "dihedral": "dihedrals",
    "improper": "dihedrals",
}


def write_gromacs(forcefield: ForceField, species: Species) -> dict[str, str]:
    """The files of a species: ``forcefield.itp``, ``molecule.itp`` and ``topol.top``, by name.

    Args:
        forcefield: its ``charges``, those of the liquid, are written.
        species: its molecule.

    Raises:
        ValueError: if the terms are not the species's, or GROMACS does not have a form.
    """
    check_field(forcefield, species)
    for term in forcefield.terms:
        if nearest := NEAREST.get(term.form):
            # A straight angle has no other form, whatever a study asks for.
            to_choose = {term.form, nearest} <= _BY_CHOICE
            hint = " (a study asks for it by `fit.forms`)" if to_choose else ""
            raise ValueError(
                f"{term.name}: GROMACS has no {term.form}; "
                f"the nearest that it can run is {nearest}{hint}"
            )
    molecule = species.smiles or "".join(species.symbols)
    return {
        "forcefield.itp": "\n".join(_force_field(forcefield, species)) + "\n",
        "molecule.itp": "\n".join(_molecule(forcefield, species)) + "\n",
        "topol.top": (
            '#include "forcefield.itp"\n#include "molecule.itp"\n\n'
            f"[ system ]\nmolecules of {molecule}\n\n[ molecules ]\n{RESIDUE} 1\n"
        ),
    }


def _force_field(forcefield: ForceField, species: Species) -> Iterator[str]:
    rule = 2 if forcefield.combination is None else 3
    lj, coulomb = forcefield.scale_14 or (0.0, 0.0)
    yield "[ defaults ]"
    yield "; nbfunc  comb-rule  gen-pairs  fudgeLJ  fudgeQQ; 1-4 pairs are written out, scaled"
    yield f"1 {rule} no {_numbers([lj, coulomb])}"
    yield "\n[ atomtypes ]"
    table = Chem.GetPeriodicTable()
    element = dict(zip(species.atom_types, species.symbols, strict=True))
    for name in species.type_names:
        symbol = element[name]
        mass = f"{table.GetAtomicNumber(symbol)} {table.GetAtomicWeight(symbol):.6f}"
        yield f"{name} {mass} 0.0 A {_lennard_jones(forcefield, name, name)}"
    known = {term.name for term in forcefield.terms}
    own = [pair for pair in combinations(species.type_names, 2) if pair_name(*pair) in known]
    if own:
        yield "\n[ nonbond_params ]"
        yield from (f"{i} {j} 1 {_lennard_jones(forcefield, i, j)}" for i, j in own)


def _molecule(forcefield: ForceField, species: Species) -> Iterator[str]:
    names, types = atom_names(species), species.atom_types
    table = Chem.GetPeriodicTable()
    yield f"[ moleculetype ]\n{RESIDUE} 3\n\n[ atoms ]"
    for atom, (name, symbol) in enumerate(zip(names, species.symbols, strict=True)):
        last = f"{forcefield.charges[types[atom]]:.12f} {table.GetAtomicWeight(symbol):.6f}"
        yield f"{atom + 1} {types[atom]} 1 {RESIDUE} {name} {atom + 1} {last}"
    for kind, section in _SECTIONS.items():
        terms = [each for each in species.term_types if each.kind == kind]
        if terms:
            yield f"\n[ {section} ]"
        for each in terms:
            term = forcefield.term(each.name)
            function, rows = _BONDED[term.form]
            parameters = convert(FORMS[term.form], term.parameters, KJ_PER_MOL, NM)
            yield f"; {term.name}"
            for member in each.members:
                atoms = " ".join(str(atom + 1) for atom in member)
                for row in rows(parameters):
                    yield f"{atoms} {function} {_numbers(row)}"
    if forcefield.scale_14:
        yield "\n[ pairs ]"
        for i, j in species.pairs_14.tolist():
            scaled = _lennard_jones(forcefield, types[i], types[j], forcefield.scale_14[0])
            yield f"{i + 1} {j + 1} 1 {scaled}"


def _lennard_jones(forcefield: ForceField, i: str, j: str, scale: float = 1.0) -> str:
    p = convert(LENNARD_JONES, forcefield.pair(i, j), KJ_PER_MOL, NM)
    return _numbers([p["sigma"], scale * p["epsilon"]])


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.14g}" for value in values)
