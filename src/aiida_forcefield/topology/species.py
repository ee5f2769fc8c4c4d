"""A species: one molecule or ion, its atoms, atom types and the interaction terms between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal

import numpy as np
from ase.formula import Formula
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

Bond = tuple[int, int]
TermKind = Literal["bond", "angle", "dihedral", "improper"]


@dataclass(frozen=True)
class TermType:
    """Interaction terms of equal chemical environment, which share one set of parameters.

    Attributes:
        kind: bond, angle, dihedral or improper.
        types: atom types of each term, in the order of its atoms.
        members: atom indices of each term. The first member is the one that a scan drives.
            A dihedral is i-j-k-l along bonds, where linear centres between j and k are passed
            over; an improper has its trigonal centre first, and its coordinate is the dihedral
            angle centre-j-k-l, which is 0 when the centre is planar.
    """

    kind: TermKind
    types: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """Kind and atom types, such as ``"angle H1-C1-O1"``; unique in a species."""
        return f"{self.kind} {'-'.join(self.types)}"


@dataclass(frozen=True, eq=False)
class Species:
    """One molecule or ion; a single atom is one like any other.

    Who uses a species gives it a name, for itself it has none: so that what was computed of it
    once is found again, whatever others call it.

    Attributes:
        symbols: element of each of the n atoms.
        charge: total charge in e.
        multiplicity: spin multiplicity, 2S + 1.
        atom_types: type of each atom, such as ``"H1"``; equal types share all parameters.
        bonds: pairs of bonded atoms, each with the lower index first.
        term_types: all bonded term types.
        conformers: starting geometries, shape (m, n, 3), Å, best guess first.
        smiles: canonical SMILES, or "" where the structure came from a file.
    """

    symbols: tuple[str, ...]
    charge: int
    multiplicity: int
    atom_types: tuple[str, ...]
    bonds: tuple[Bond, ...]
    term_types: tuple[TermType, ...]
    conformers: NDArray[np.float64]
    smiles: str

    @cached_property
    def key(self) -> str:
        """Formula, charge and a digest of all that makes the species, its geometry left out.

        Species of one key are the same molecule with its atoms in the same order. Stereoisomers
        are told apart where they come from a SMILES.
        """
        made_of = (self.symbols, self.bonds, self.charge, self.multiplicity, self.smiles)
        digest = sha256(repr(made_of).encode()).hexdigest()[:8]
        return f"{self.formula}-{digest}"

    @property
    def formula(self) -> str:
        """In Hill's order, with the charge behind it: ``"CH4O"``, ``"Li+1"``."""
        hill: str = Formula.from_list(list(self.symbols)).format("hill")
        return f"{hill}{self.charge:+d}" if self.charge else hill

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        """The distinct atom types, in order of first appearance."""
        return tuple(dict.fromkeys(self.atom_types))

    @cached_property
    def type_indices(self) -> NDArray[np.int_]:
        """For each atom the index of its type in `type_names`, shape (n,)."""
        return np.array([self.type_names.index(name) for name in self.atom_types])

    @cached_property
    def bond_distances(self) -> NDArray[np.int_]:
        """Number of bonds on the shortest path between each two atoms, shape (n, n).

        Atoms that no path joins are n bonds apart, and at least four.
        """
        n = len(self.symbols)
        steps = shortest_path(self._graph(), unweighted=True)
        return np.where(np.isfinite(steps), steps, max(n, 4)).astype(int)

    @cached_property
    def nonbonded_pairs(self) -> NDArray[np.int_]:
        """Pairs of one molecule that feel each other's nonbonded forces, shape (p, 2).

        They are more than three bonds apart; nearer pairs belong to the bonded terms.
        """
        return np.argwhere(np.triu(self.bond_distances > 3, k=1))

    @cached_property
    def pairs_14(self) -> NDArray[np.int_]:
        """Pairs of atoms three bonds apart, shape (p, 2)."""
        return np.argwhere(np.triu(self.bond_distances == 3, k=1))

    @cached_property
    def is_chiral(self) -> bool:
        """Whether some atom has four neighbours of different types: a molecule and its mirror image
        differ, unless its centres are each other's.
        """
        for atom in range(len(self.symbols)):
            ends = [j if i == atom else i for i, j in self.bonds if atom in (i, j)]
            if len(ends) == 4 and len({self.atom_types[end] for end in ends}) == 4:
                return True
        return False

    def turns_threefold(self, term: TermType) -> bool:
        """Whether a dihedral type turns groups of three equal branches, such as methyl.

        Only the orders 3, 6, ... of its energy then act on a symmetric group: all others cancel.
        """

        def branches(centre: int, beyond: int) -> list[str]:
            ends = [j if i == centre else i for i, j in self.bonds if centre in (i, j)]
            return [self.atom_types[end] for end in ends if end != beyond]

        def threefold(centre: int, beyond: int) -> bool:
            types = branches(centre, beyond)
            return len(types) == 3 and len(set(types)) == 1

        return term.kind == "dihedral" and all(
            threefold(j, k) or threefold(k, j) for _, j, k, _ in term.members
        )

    def path(self, start: int, end: int) -> tuple[int, ...]:
        """Atoms on the shortest way along bonds from one atom to another, both included."""
        _, before = shortest_path(
            self._graph(), unweighted=True, indices=start, return_predecessors=True
        )
        atoms = [end]
        while atoms[-1] != start:
            atoms.append(int(before[atoms[-1]]))
        return tuple(reversed(atoms))

    def fragment(self, axis: tuple[int, int]) -> NDArray[np.int_] | None:
        """Atoms on the far side of the bond ``axis``, the second atom included.

        The ends of a chain of linear centres may stand for a bond, too. Returns None in a ring, so
        that no side can move on its own.
        """
        near, far = axis
        last = {*self.path(near, far)[-2:]}
        _, side = connected_components(self._graph(without=last), directed=False)
        return None if side[near] == side[far] else np.flatnonzero(side == side[far])

    def _graph(self, without: set[int] | None = None) -> csr_array:
        """The bonds, but for one between two atoms, as scipy has graphs, shape (n, n)."""
        bonds = [bond for bond in self.bonds if {*bond} != without]
        return bond_graph(len(self.symbols), bonds)


def bond_graph(atoms: int, bonds: Sequence[Bond]) -> csr_array:
    """Bonds between n atoms as scipy has graphs, shape (n, n)."""
    ends = np.array([*bonds, *(bond[::-1] for bond in bonds)], dtype=int).reshape(-1, 2)
    return csr_array((np.ones(len(ends)), tuple(ends.T)), shape=(atoms, atoms))
