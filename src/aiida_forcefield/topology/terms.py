"""Interaction terms: the bonds, angles, dihedrals and impropers of a molecule."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.topology.species import TermKind, TermType

Member = tuple[int, ...]
Array = NDArray[np.float64]

LINEAR = 165.0  # degrees: above it a bond angle leaves no dihedral defined beyond it
_OPPOSITE = 150.0  # degrees: above it two ligands of a crowded centre are opposite each other
_PLANAR = 350.0  # degrees: three bond angles of a trigonal centre sum up to at least this


def find_terms(
    types: Sequence[str], bonds: Sequence[tuple[int, int]], positions: Array
) -> tuple[TermType, ...]:
    """All term types of a molecule.

    Terms are equal if the types of their atoms are, read forward or backward. The geometry only
    decides what the shape of a centre is, for all atoms of its type alike:

    - no dihedral has a linear centre (two neighbours at more than 165°) in its middle; but where
      a chain of linear centres ends in two that are flat or bent, as in allene, which hold each
      other's plane, a dihedral leads over the whole chain, its axis;
    - a trigonal centre (three neighbours, angles that sum up to 350° or more) has an improper,
      whose neighbours stand in the order of their types;
    - opposite ligands of a centre with more than four neighbours (octahedral PF6-) make no angle:
      they would share a type with adjacent ones, which determine the shape alone.

    Args:
        types: type of each of the n atoms.
        bonds: pairs of bonded atoms.
        positions: shape (n, 3), Å.
    """
    neighbours: list[list[int]] = [[] for _ in types]
    for i, j in sorted(bonds):
        neighbours[i].append(j)
        neighbours[j].append(i)
    neighbours = [sorted(atoms) for atoms in neighbours]

    def angle(i: int, j: int, k: int) -> float:
        u, v = positions[i] - positions[j], positions[k] - positions[j]
        return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v)), u @ v)))

    def shaped(count: int, least: float) -> set[str]:
        return {
            types[centre]
            for centre, around in enumerate(neighbours)
            if len(around) == count
            and sum(angle(i, centre, k) for i, k in combinations(around, 2)) > least
        }

    linear, trigonal = shaped(2, LINEAR), shaped(3, _PLANAR)

    def axes() -> Iterator[tuple[int, int, int, int]]:
        """Two atoms about whose axis others turn, and the neighbour of each along it."""
        for j, k in sorted(bonds):
            if not linear & {types[j], types[k]}:
                yield j, k, k, j
        for j, around in enumerate(neighbours):
            for first in around:
                if types[j] not in linear and types[first] in linear:
                    before, last = j, first
                    while types[last] in linear:
                        beyond = next(atom for atom in neighbours[last] if atom != before)
                        before, last = last, beyond
                    if j < last and holds(j) and holds(last):
                        yield j, last, first, before

    def holds(end: int) -> bool:
        """Whether the end of a linear chain has a plane; one with three groups turns freely."""
        return len(neighbours[end]) == 2 or types[end] in trigonal

    def angles() -> Iterator[Member]:
        for j, around in enumerate(neighbours):
            for i, k in combinations(around, 2):
                if len(around) <= 4 or angle(i, j, k) < _OPPOSITE:
                    yield i, j, k

    def dihedrals() -> Iterator[Member]:
        for j, k, beside_j, beside_k in axes():
            for i, m in product(neighbours[j], neighbours[k]):
                if i != beside_j and m != beside_k and i != m:
                    yield i, j, k, m

    def impropers() -> Iterator[Member]:
        for centre, around in enumerate(neighbours):
            if types[centre] in trigonal and len(around) == 3:
                yield centre, *sorted(around, key=lambda atom: (types[atom], atom))

    def forward(member: Member) -> Member:
        return min(member, member[::-1], key=lambda atoms: ([types[a] for a in atoms], atoms))

    return (
        *_group("bond", types, map(forward, sorted(bonds))),
        *_group("angle", types, map(forward, angles())),
        *_group("dihedral", types, map(forward, dihedrals())),
        *_group("improper", types, impropers()),
    )


def _group(kind: TermKind, types: Sequence[str], members: Iterable[Member]) -> Iterator[TermType]:
    groups: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        groups.setdefault(tuple(types[atom] for atom in member), []).append(member)
    for of_types, equal in groups.items():
        yield TermType(kind, of_types, tuple(sorted(equal)))
