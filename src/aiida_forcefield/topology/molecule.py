"""Molecules from SMILES and from XYZ files."""

import re
from collections.abc import Sequence

import numpy as np
from ase.formula import Formula
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from scipy.sparse.csgraph import connected_components

from aiida_forcefield.runner.bonds import CATIONS, find_bonds
from aiida_forcefield.topology.conformers import find_conformers
from aiida_forcefield.topology.species import Bond, Species, bond_graph
from aiida_forcefield.topology.stereo import check_stereo
from aiida_forcefield.topology.terms import find_terms
from aiida_forcefield.topology.types import find_types
from aiida_forcefield.topology.xyz import ELEMENTS, read_xyz

MOST_ATOMS = 200
"""No molecule that is computed here has more, and a text of a line may ask for millions."""

_MOST_LETTERS = 2000
_MOST_RINGS = 100  # a fullerene of 200 atoms has them


def from_smiles(smiles: str, multiplicity: int | None = None, seed: int = 1) -> Species:
    """The species of one molecule or ion, with its conformers.

    The charge is the sum of the formal charges. Atoms keep the order of the SMILES, hydrogens
    follow; numbers of an atom map have no meaning here.

    Args:
        smiles: such as ``"CO"`` or ``"[Li+]"``.
        multiplicity: 2S + 1; by default all unpaired electrons of the SMILES are parallel.
        seed: of the search for conformers.

    Raises:
        ValueError: no SMILES of one molecule, one that leaves open which of several stereoisomers
            is meant, or a multiplicity that its electrons cannot have.
    """
    try:
        molecule = _parse(smiles)
        symbols = tuple(atom.GetSymbol() for atom in molecule.GetAtoms())
        charge = Chem.GetFormalCharge(molecule)
        if multiplicity is None:
            multiplicity = 1 + sum(a.GetNumRadicalElectrons() for a in molecule.GetAtoms())
        _check_size(len(symbols))
        _check_electrons(symbols, charge, multiplicity)
        conformers = find_conformers(molecule, seed)
    except (ValueError, RuntimeError) as error:
        reason = str(error) if isinstance(error, ValueError) else "RDKit fails on it"
        shown = smiles if len(smiles) <= 100 else smiles[:100] + "..."
        msg = f"SMILES {shown!r}: {reason}"
        raise ValueError(msg) from None
    with rdBase.BlockLogs():
        canonical = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    return _species(symbols, charge, multiplicity, _bonds(molecule), conformers, canonical)


def from_xyz(text: str, charge: int, multiplicity: int) -> Species:
    """The species of the molecule or ion in the text of an XYZ file.

    Atoms keep the order of the file, its geometry is the only conformer, and bonds are found by
    distance and valence.

    Args:
        text: one frame, coordinates in Å.
        charge: total charge in e.
        multiplicity: spin multiplicity, 2S + 1.

    Raises:
        ValueError: text that is no XYZ file of one molecule, overlapping atoms, bonds that
            distances do not tell, or a charge and multiplicity that its electrons cannot have.
    """
    symbols, positions = read_xyz(text)
    _check_size(len(symbols))
    _check_electrons(symbols, charge, multiplicity)
    bonds = find_bonds(symbols, positions)
    count, parts = connected_components(bond_graph(len(symbols), bonds), directed=False)
    if count > 1:
        formulas = (
            Formula.from_list([symbols[atom] for atom in np.flatnonzero(parts == part)])
            for part in range(count)
        )
        _refuse_fragments([formula.format("hill") for formula in formulas], symbols)
    return _species(symbols, charge, multiplicity, bonds, positions[None], "")


def has_atom_map(smiles: str) -> bool:
    """Whether atoms of a valid SMILES carry numbers of an atom map."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles.strip())
    return any(atom.GetAtomMapNum() for atom in molecule.GetAtoms())


def ions_of(smiles: str) -> list[str]:
    """The ions of a molecule in whose valid SMILES a metal cation has bonds; none of others."""
    with rdBase.BlockLogs():
        molecule = Chem.RWMol(Chem.MolFromSmiles(smiles.strip()))
    metals = [atom for atom in molecule.GetAtoms() if atom.GetSymbol() in CATIONS]
    bonds = [(metal, other) for metal in metals for other in metal.GetNeighbors()]
    for metal, other in bonds:
        molecule.RemoveBond(metal.GetIdx(), other.GetIdx())
        metal.SetFormalCharge(metal.GetFormalCharge() + 1)
        other.SetFormalCharge(other.GetFormalCharge() - 1)
        other.SetNumRadicalElectrons(0)
    return Chem.MolToSmiles(molecule).split(".") if bonds else []


def _species(
    symbols: tuple[str, ...],
    charge: int,
    multiplicity: int,
    bonds: tuple[Bond, ...],
    conformers: NDArray[np.float64],
    smiles: str,
) -> Species:
    types = find_types(symbols, bonds)
    terms = find_terms(types, bonds, conformers[0])
    return Species(symbols, charge, multiplicity, types, bonds, terms, conformers, smiles)


def _bonds(molecule: Chem.Mol) -> tuple[Bond, ...]:
    ends = ((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds())
    return tuple(sorted((min(pair), max(pair)) for pair in ends))


def _parse(smiles: str) -> Chem.Mol:
    """A molecule with explicit hydrogens."""
    with rdBase.BlockLogs():
        _check_cost(smiles)
        molecule = Chem.MolFromSmiles(smiles.strip())
        if molecule is None:
            raise ValueError(_complaint(smiles))
    if molecule.GetNumAtoms() == 0:
        msg = "the molecule is empty; give at least one atom, such as 'CO' for methanol"
        raise ValueError(msg)
    if any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        msg = "it has a dummy atom '*'; every atom needs an element"
        raise ValueError(msg)
    if any(atom.GetIsotope() for atom in molecule.GetAtoms()):
        msg = "isotope labels are not supported; elements with their natural masses are allowed"
        raise ValueError(msg)
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
    molecule = Chem.RemoveHs(molecule)  # those with a map number are still there
    fragments = Chem.GetMolFrags(molecule, asMols=True)
    if len(fragments) > 1:
        symbols = [atom.GetSymbol() for atom in molecule.GetAtoms()]
        _refuse_fragments([repr(Chem.MolToSmiles(part)) for part in fragments], symbols)
    with rdBase.BlockLogs():
        check_stereo(molecule)
    return Chem.AddHs(molecule)


def _check_cost(smiles: str) -> None:
    """Raise ValueError for what would keep RDKit busy for hours."""
    if len(smiles) > _MOST_LETTERS:
        msg = f"it has {len(smiles)} letters; up to {_MOST_LETTERS} are allowed"
        raise ValueError(msg)
    molecule = Chem.MolFromSmiles(smiles.strip(), sanitize=False)
    if molecule is None:
        return
    _check_size(sum(1 + atom.GetNumExplicitHs() for atom in molecule.GetAtoms()))
    rings = molecule.GetNumBonds() - molecule.GetNumAtoms() + len(Chem.GetMolFrags(molecule))
    if rings > _MOST_RINGS:
        msg = f"it has {rings} rings; up to {_MOST_RINGS} are allowed"
        raise ValueError(msg)


def _complaint(smiles: str) -> str:
    """What is wrong with a SMILES that cannot be read."""
    for symbol in re.findall(r"\[\d*([A-Z][a-z]?)", smiles):
        if symbol not in ELEMENTS:
            return f"unknown element {symbol!r}; use symbols such as C, Li or Cl"
    unchecked = Chem.MolFromSmiles(smiles.strip(), sanitize=False)
    problems = Chem.DetectChemistryProblems(unchecked) if unchecked else ()
    reason = "; ".join(problem.Message().strip() for problem in problems)
    return reason or "it cannot be read; check brackets, ring closures and element symbols"


def _check_size(atoms: int) -> None:
    if atoms > MOST_ATOMS:
        msg = f"it has {atoms} atoms; up to {MOST_ATOMS} are allowed"
        raise ValueError(msg)


def _check_electrons(symbols: Sequence[str], charge: int, multiplicity: int) -> None:
    table = Chem.GetPeriodicTable()
    electrons = sum(table.GetAtomicNumber(symbol) for symbol in symbols) - charge
    if (
        electrons < 1
        or not 1 <= multiplicity <= electrons + 1
        or (electrons + multiplicity) % 2 == 0
    ):
        allowed = "an odd number from 1" if electrons % 2 == 0 else "an even number from 2"
        msg = (
            f"multiplicity {multiplicity} is not possible with {electrons} electrons"
            f" (charge {charge:+d}); allowed is {allowed}"
        )
        raise ValueError(msg)


def _refuse_fragments(fragments: Sequence[str], symbols: Sequence[str]) -> None:
    ions = sorted(CATIONS & {*symbols})
    why = f" contacts of {', '.join(ions)} are no bonds;" if ions else ""
    raise ValueError(
        f"several fragments ({', '.join(fragments)});{why} one molecule or ion is allowed, and "
        "several are the species of a `system`"
    )
