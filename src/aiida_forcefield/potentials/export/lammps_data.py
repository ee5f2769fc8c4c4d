"""Molecules in a box as a data file of LAMMPS.

In ``units real`` for ``atom_style full``. Types are numbered from 1: atom types in the order of
`Species.type_names`, bonded ones in the order of the species's term types of their kind.
"""

from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from aiida_forcefield.potentials.forcefield import ForceField, check_charges
from aiida_forcefield.topology.species import Species, TermKind

Array = NDArray[np.float64]

_CHARGE_UNIT = 1e-12  # e: the last digit written


def write_data(
    forcefield: ForceField,
    species: Species,
    positions: ArrayLike,
    box: ArrayLike,
    velocities: ArrayLike | None = None,
) -> str:
    """A data file of molecules; its total charge is exactly theirs.

    Args:
        forcefield: its ``charges``, those of the liquid, are written.
        species: the molecule of n atoms.
        positions: M whole molecules, shape (M, n, 3), Å; they may reach out of the box.
        box: lengths, shape (3,), lower and upper ends, shape (3, 2), or lattice vectors as LAMMPS
            wants them, one a row, lower triangular, shape (3, 3), Å.
        velocities: shape (M, n, 3), Å/fs.

    Raises:
        ValueError: if a shape is wrong, a length of the box is not positive, or the charges are
            not those of the molecule.
    """
    check_charges(forcefield.charges, species)
    n = len(species.symbols)
    xyz = _molecules(positions, n, "positions")
    edges = _box_lines(np.asarray(box, dtype=float))
    table = Chem.GetPeriodicTable()
    element = dict(zip(species.atom_types, species.symbols, strict=True))
    sections = {
        "Masses": [
            f"{number} {table.GetAtomicWeight(element[name]):.6f} # {name}"
            for number, name in enumerate(species.type_names, start=1)
        ],
        "Atoms # full": _atom_lines(forcefield, species, xyz),
    }
    if velocities is not None:
        v = _molecules(velocities, n, "velocities").reshape(-1, 3)
        sections["Velocities"] = [
            f"{i} {x:.10g} {y:.10g} {z:.10g}" for i, (x, y, z) in enumerate(v, start=1)
        ]
    header = ["molecules of " + (species.smiles or "".join(species.symbols)), ""]
    header += [f"{xyz.shape[0] * n} atoms", f"{len(species.type_names)} atom types"]
    for kind in get_args(TermKind):
        types = [term for term in species.term_types if term.kind == kind]
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
    header += edges
    body = [f"\n{title}\n\n" + "\n".join(lines) for title, lines in sections.items()]
    return "\n".join(header + body) + "\n"


def _box_lines(box: Array) -> list[str]:
    tilt = []
    if box.shape == (3, 3) and not np.triu(box, 1).any():
        tilt = [f"{box[1, 0]:.10f} {box[2, 0]:.10f} {box[2, 1]:.10f} xy xz yz"]
        box = np.diag(box)
    if box.shape == (3,):
        box = np.stack([np.zeros(3), box], axis=1)
    if box.shape != (3, 2) or not (box[:, 1] > box[:, 0]).all():
        raise ValueError(
            f"box: shape {box.shape} is not 3 positive lengths, 3 pairs of ends or a lower triangle"
        )
    ends = [
        f"{low:.10f} {high:.10f} {axis}lo {axis}hi"
        for axis, (low, high) in zip("xyz", box, strict=True)
    ]
    return ends + tilt


def _atom_lines(forcefield: ForceField, species: Species, xyz: Array) -> Sequence[str]:
    charges = np.array([forcefield.charges[name] for name in species.atom_types])
    last_digits = np.rint(charges / _CHARGE_UNIT).astype(np.int64)
    last_digits[0] += round(species.charge / _CHARGE_UNIT) - last_digits.sum()
    q = [f"{digits * _CHARGE_UNIT:.12f}" for digits in last_digits.tolist()]
    types = (species.type_indices + 1).tolist()
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
