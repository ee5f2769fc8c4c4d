"""Atom types: atoms of equal chemical environment."""

from collections import Counter
from collections.abc import Sequence

from rdkit import Chem


def find_types(symbols: Sequence[str], bonds: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Type of each atom, such as ``"C1"``: element and number in order of first appearance.

    Atoms are equal if the graph of elements and bonds cannot tell them apart. Bond orders and
    formal charges are left out of it, so that atoms that only differ between two resonance
    structures, as the oxygens of a carboxylate do, are equal. So are sites that differ in
    geometry alone (cis and trans, diastereotopic hydrogens).
    """
    ranks = Chem.CanonicalRankAtoms(_graph(symbols, bonds), breakTies=False, includeChirality=False)

    names: dict[int, str] = {}
    used: Counter[str] = Counter()
    for symbol, rank in zip(symbols, ranks, strict=True):
        if rank not in names:
            used[symbol] += 1
            names[rank] = f"{symbol}{used[symbol]}"
    return tuple(names[rank] for rank in ranks)


def match_atoms(
    symbols: Sequence[str],
    bonds: Sequence[tuple[int, int]],
    other_symbols: Sequence[str],
    other_bonds: Sequence[tuple[int, int]],
) -> tuple[int, ...] | None:
    """For each atom of a molecule its place in another description of it; None if they differ."""
    sound = {frozenset(bond) for bond in other_bonds if bond[0] != bond[1]}
    if sorted(symbols) != sorted(other_symbols) or not (
        len(bonds) == len(other_bonds) == len(sound)
    ):
        return None
    if tuple(symbols) == tuple(other_symbols) and _same(bonds, other_bonds):
        return tuple(range(len(symbols)))  # and not another order of equal atoms
    other = _graph(other_symbols, other_bonds)
    return tuple(other.GetSubstructMatch(_graph(symbols, bonds))) or None


def _same(bonds: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> bool:
    return {frozenset(bond) for bond in bonds} == {frozenset(bond) for bond in others}


def _graph(symbols: Sequence[str], bonds: Sequence[tuple[int, int]]) -> Chem.RWMol:
    """The graph of elements and bonds."""
    graph = Chem.RWMol()
    for symbol in symbols:
        atom = Chem.Atom(symbol)
        atom.SetNoImplicit(True)
        graph.AddAtom(atom)
    for i, j in bonds:
        graph.AddBond(int(i), int(j), Chem.BondType.SINGLE)
    graph.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(graph)
    return graph
