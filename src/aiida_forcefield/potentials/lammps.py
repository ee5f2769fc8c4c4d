"""A force field as LAMMPS input: the coefficients, and a data file of molecules in a box.

Both are in ``units real`` for ``atom_style full``. Types are numbered from 1: atom types in the
order of `Topology.type_names`, bonded ones in the order of the topology's term types of their kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from aiida_forcefield.potentials.collapse import wall
from aiida_forcefield.potentials.forcefield import ForceField, check_terms
from aiida_forcefield.potentials.units import KCAL_PER_MOL
from aiida_forcefield.topology.topology import TermType, Topology

Array = NDArray[np.float64]

_STYLES = {"bond": "morse", "angle": "harmonic", "dihedral": "fourier", "improper": "harmonic"}
_CHARGE_UNIT = 1e-12  # e: the last digit written
_NEUTRAL = 1e-9  # e: smaller charges are none


def write_force_field(
    forcefield: ForceField,
    topology: Topology,
    cutoff: float = 9.0,
    kspace_accuracy: float = 1e-4,
    periodic: bool = True,
) -> str:
    """An include file with styles and coefficients, to be read after the data file.

    A wall below 1.25 times the inner maximum of each exp-6 curve guards against its collapse.

    Args:
        forcefield: the force field.
        topology: its molecule.
        cutoff: of the exp-6 and real-space Coulomb interactions, Å.
        kspace_accuracy: relative error of the long-range forces (PPPM).
        periodic: False for molecules in free space: plain Coulomb up to the cutoff, no tail.

    Raises:
        ValueError: if the terms are not the topology's, the cutoff is not positive, or two atom
            types have nothing that keeps them apart.
    """
    check_terms(forcefield.terms, topology)
    if not 0 < cutoff < np.inf:
        raise ValueError(f"cutoff: {cutoff} Å is not a positive number")
    charged = any(abs(charge) > _NEUTRAL for charge in forcefield.charges.values())
    pair_style = f"buck/coul/{'long' if periodic else 'cut'}" if charged else "buck"
    pairs = list(_pair_coefficients(forcefield, topology, pair_style))
    walled = any(" lj/cut " in line for line in pairs)
    lines = [
        "# units real, atom_style full; include after read_data",
        *(f"{kind}_style {_STYLES[kind]}" for kind in _STYLES if _of_kind(topology, kind)),
        "special_bonds lj/coul 0 0 0",
        f"pair_style hybrid/overlay {pair_style} {cutoff:g}" + walled * f" lj/cut {cutoff:g}",
        *pairs,
        # A hybrid style takes over the flags of the last command, whichever style that names. With
        # the wall's flags last, every tail correction would vanish without a warning.
        *(["pair_modify pair lj/cut tail no shift yes"] if walled else []),
        *([f"pair_modify pair {pair_style} tail yes shift no"] if periodic else []),
        *([f"kspace_style pppm {kspace_accuracy:g}"] if periodic and charged else []),
        *_bonded_coefficients(forcefield, topology),
    ]
    return "\n".join(lines) + "\n"


def write_data(
    forcefield: ForceField,
    topology: Topology,
    positions: ArrayLike,
    box: ArrayLike,
    velocities: ArrayLike | None = None,
) -> str:
    """A data file of molecules; its total charge is exactly theirs.

    Args:
        forcefield: its ``charges``, those of the liquid, are written.
        topology: the molecule of n atoms.
        positions: M whole molecules, shape (M, n, 3), Å; they may reach out of the box.
        box: lengths, shape (3,), or lower and upper ends, shape (3, 2), Å.
        velocities: shape (M, n, 3), Å/fs.

    Raises:
        ValueError: if a shape is wrong or a length of the box is not positive.
    """
    n = len(topology.symbols)
    xyz = _molecules(positions, n, "positions")
    ends = np.asarray(box, dtype=float)
    if ends.shape == (3,):
        ends = np.stack([np.zeros(3), ends], axis=1)
    if ends.shape != (3, 2) or not (ends[:, 1] > ends[:, 0]).all():
        raise ValueError(f"box: shape {ends.shape} is not 3 positive lengths or 3 pairs of ends")
    table = Chem.GetPeriodicTable()
    element = dict(zip(topology.atom_types, topology.symbols, strict=True))
    sections = {
        "Masses": [
            f"{number} {table.GetAtomicWeight(element[name]):.6f} # {name}"
            for number, name in enumerate(topology.type_names, start=1)
        ],
        "Atoms # full": _atom_lines(forcefield, topology, xyz),
    }
    if velocities is not None:
        v = _molecules(velocities, n, "velocities").reshape(-1, 3)
        sections["Velocities"] = [
            f"{i} {x:.10g} {y:.10g} {z:.10g}" for i, (x, y, z) in enumerate(v, start=1)
        ]
    header = ["molecules of " + (topology.smiles or "".join(topology.symbols)), ""]
    header += [f"{xyz.shape[0] * n} atoms", f"{len(topology.type_names)} atom types"]
    for kind in _STYLES:
        types = _of_kind(topology, kind)
        members = [
            (number, atoms) for number, term in enumerate(types, start=1) for atoms in term.members
        ]
        header += [f"{len(xyz) * len(members)} {kind}s", f"{len(types)} {kind} types"]
        if members:
            rows = (
                (number, [str(n * molecule + atom + 1) for atom in atoms])
                for molecule in range(len(xyz))
                for number, atoms in members
            )
            sections[f"{kind}s".capitalize()] = [
                f"{i} {number} {' '.join(atoms)}" for i, (number, atoms) in enumerate(rows, start=1)
            ]
    header += [
        f"{low:.10f} {high:.10f} {axis}lo {axis}hi"
        for axis, (low, high) in zip("xyz", ends, strict=True)
    ]
    body = [f"\n{title}\n\n" + "\n".join(lines) for title, lines in sections.items()]
    return "\n".join(header + body) + "\n"


def _of_kind(topology: Topology, kind: str) -> list[TermType]:
    return [term for term in topology.term_types if term.kind == kind]


def _pair_coefficients(
    forcefield: ForceField, topology: Topology, pair_style: str
) -> Iterator[str]:
    """Every pair of types in full: LAMMPS would mix them by other rules."""
    numbered = list(enumerate(topology.type_names, start=1))
    for (i, first), (j, second) in combinations_with_replacement(numbered, 2):
        names = f"nonbonded {first}", f"nonbonded {second}"
        parameters = np.array([list(forcefield.term(name).parameters.values()) for name in names])
        A, rho, C6 = parameters.T
        yield (
            f"pair_coeff {i} {j} {pair_style} {_kcal(np.sqrt(A.prod()))} "
            f"{2 / np.sum(1 / rho):.14g} {_kcal(np.sqrt(C6.prod()))} # {first} {second}"
        )
        product = forcefield.charges[first] * forcefield.charges[second]
        try:
            start, epsilon = wall(parameters.ravel(), product)
        except ValueError as error:
            raise ValueError(f"{first} and {second}: {error}") from None
        if start > 0:
            sigma = start / 2 ** (1 / 6)
            yield f"pair_coeff {i} {j} lj/cut {_kcal(epsilon)} {sigma:.14g} {start:.14g}"


def _bonded_coefficients(forcefield: ForceField, topology: Topology) -> Iterator[str]:
    for kind in _STYLES:
        for number, term in enumerate(_of_kind(topology, kind), start=1):
            coefficients = _coefficients(kind, forcefield.term(term.name).parameters)
            yield f"{kind}_coeff {number} {coefficients} # {term.name}"


def _coefficients(kind: str, p: Mapping[str, float]) -> str:
    if kind == "bond":
        return f"{_kcal(p['D'])} {p['alpha']:.14g} {p['r0']:.14g}"
    if kind == "angle":
        return f"{_kcal(p['k'])} {p['theta0']:.14g}"
    if kind == "dihedral":
        return "4 " + " ".join(f"{_kcal(p[f'k{n}'])} {n} 0" for n in range(1, 5))
    return f"{_kcal(p['k'])} 0"


def _atom_lines(forcefield: ForceField, topology: Topology, xyz: Array) -> Sequence[str]:
    charges = np.array([forcefield.charges[name] for name in topology.atom_types])
    last_digits = np.rint(charges / _CHARGE_UNIT).astype(np.int64)
    last_digits[0] += round(topology.charge / _CHARGE_UNIT) - last_digits.sum()
    q = [f"{digits * _CHARGE_UNIT:.12f}" for digits in last_digits.tolist()]
    types = (topology.type_indices + 1).tolist()
    n = len(types)
    return [
        f"{m * n + i + 1} {m + 1} {types[i]} {q[i]} {x:.10f} {y:.10f} {z:.10f}"
        for m, molecule in enumerate(xyz.tolist())
        for i, (x, y, z) in enumerate(molecule)
    ]


def _molecules(values: ArrayLike, n: int, field: str) -> Array:
    array = np.asarray(values, dtype=float)
    if array.ndim != 3 or array.shape[1:] != (n, 3) or not np.isfinite(array).all():
        raise ValueError(f"{field}: shape {array.shape} is not finite (molecules, {n}, 3)")
    return array


def _kcal(energy: float) -> str:
    return f"{energy / KCAL_PER_MOL:.14g}"
