"""Molecules in the file formats from which MD programs start."""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from aiida_forcefield.topology.species import Species

RESIDUE: Final = "MOL"
MOST_NUMBERED: Final = 99_999


def atom_names(species: Species) -> tuple[str, ...]:
    """A name of each atom: its element, numbered from 1."""
    counts: Counter[str] = Counter()
    names = []
    for symbol in species.symbols:
        counts[symbol] += 1
        names.append(f"{symbol}{counts[symbol]}")
    return tuple(names)


def write_pdb(species: Species, positions: ArrayLike, box: ArrayLike) -> str:
    """A PDB file with bonds.

    Args:
        species: the molecule of n atoms.
        positions: M whole molecules, shape (M, n, 3), Å; the format keeps three decimals.
        box: lengths, shape (3,), Å.

    Raises:
        ValueError: more atoms than the format has numbers for, by which bonds name them.
    """
    xyz, edges = np.asarray(positions, dtype=float), np.asarray(box, dtype=float)
    names, n = atom_names(species), len(species.symbols)
    if len(xyz) * n > MOST_NUMBERED:
        raise ValueError(f"{len(xyz) * n} atoms; a PDB file with bonds has {MOST_NUMBERED} at most")
    lines = ["CRYST1" + "".join(f"{edge:9.3f}" for edge in edges) + 3 * "  90.00" + " P 1"]
    for molecule, atoms in enumerate(xyz.tolist()):
        for atom, (x, y, z) in enumerate(atoms):
            number = molecule * n + atom + 1
            symbol = species.symbols[atom]
            label = f"{names[atom]:<4}" if len(symbol) == 2 else f" {names[atom]:<3}"
            lines.append(
                f"HETATM{number:5d} {label} {RESIDUE} A{(molecule + 1) % 10000:4d}    "
                f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {symbol.upper():>2}"
            )
    lines += [
        f"CONECT{molecule * n + i + 1:5d}{molecule * n + j + 1:5d}"
        for molecule in range(len(xyz))
        for i, j in species.bonds
    ]
    return "\n".join([*lines, "END"]) + "\n"


def write_gro(species: Species, positions: ArrayLike, box: ArrayLike) -> str:
    """A GRO file, in nm with nine decimals; arguments as `write_pdb`'s."""
    xyz = np.asarray(positions, dtype=float) / 10
    names, n = atom_names(species), len(species.symbols)
    rows = [
        f"{(index // n + 1) % 100000:5d}{RESIDUE:<5}{names[index % n]:>5}{(index + 1) % 100000:5d}"
        + "".join(f"{value:14.9f}" for value in place)
        for index, place in enumerate(xyz.reshape(-1, 3).tolist())
    ]
    edges = " ".join(f"{edge / 10:.9f}" for edge in np.asarray(box, dtype=float))
    return "\n".join([f"molecules of {species.smiles}", str(len(rows)), *rows, edges]) + "\n"
