"""Starting geometries: the conformers that distance geometry and a classical field find."""

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolAlign

Array = NDArray[np.float64]

_EMBEDDINGS = 30
_ATTEMPTS = 20  # at each of them; a cage such as C60 may take all there are
_KEPT = 5
_WINDOW = 10.0  # kcal/mol
_SAME_ENERGY = 0.1  # kcal/mol
_SAME_SHAPE = 0.3  # Å, root mean square over heavy atoms and polar hydrogens
_PERMUTATIONS = 1000  # of equal atoms that are tried; a borate with eight CF3 has 6e8


def find_conformers(molecule: Chem.Mol, seed: int) -> Array:
    """Up to five distinct conformers, lowest energy first.

    Distance geometry embeds (ETKDG and KDG), MMFF94 relaxes and ranks (UFF where MMFF94 lacks an
    element; where both do, the embedding stays as it is). Copies, mirror images included, and
    conformers more than 10 kcal/mol above the lowest are dropped. Coordinates are rounded to
    1e-4 Å, so that a seed gives the same numbers on every machine.

    Args:
        molecule: with explicit hydrogens; its conformers are replaced.
        seed: of the embedding.

    Returns:
        Positions, shape (m, n, 3), Å, each with its centroid at the origin.

    Raises:
        ValueError: no geometry satisfies the bonds.
    """
    with rdBase.BlockLogs():
        _embed(molecule, seed)
        energies = [_relax(molecule, conf.GetId()) for conf in molecule.GetConformers()]

    positions = np.array([conf.GetPositions() for conf in molecule.GetConformers()])
    shape = _shape(molecule)
    kept: list[int] = []
    for new in np.argsort(np.round(energies, 3), kind="stable").tolist():  # ties: in order
        if energies[new] - min(energies) > _WINDOW:
            break
        if not any(
            energies[new] - energies[old] < _SAME_ENERGY
            and _deviation(shape, new, old) < _SAME_SHAPE
            for old in kept
        ):
            kept.append(new)
    chosen = positions[kept[:_KEPT]]
    centred = chosen - chosen.mean(axis=1, keepdims=True)
    rounded: Array = np.round(centred, 4) + 0.0  # no negative zeros: equal numbers, equal hashes
    return rounded


def _embed(molecule: Chem.Mol, seed: int) -> None:
    """Half with the torsions that crystals prefer, half without: crystals lack some minima."""
    molecule.RemoveAllConformers()
    for random_coordinates in (False, True):
        for offset, settings in enumerate((rdDistGeom.ETKDGv3(), rdDistGeom.KDG())):
            choices = {
                "randomSeed": seed + offset,
                "useRandomCoords": random_coordinates,
                "clearConfs": False,
                "maxIterations": _ATTEMPTS,
                "forceTransAmides": False,  # nor esters: the other minimum counts as well
            }
            for name, value in choices.items():
                setattr(settings, name, value)
            rdDistGeom.EmbedMultipleConfs(molecule, _EMBEDDINGS // 2, settings)
        if molecule.GetNumConformers():
            return
    msg = "no geometry satisfies its bonds; give one as an XYZ file"
    raise ValueError(msg)


def _relax(molecule: Chem.Mol, conformer: int) -> float:
    """Relax in place; the energy in kcal/mol, 0 where there is no field for the elements."""
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
        properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(molecule)
        field = rdForceFieldHelpers.MMFFGetMoleculeForceField(
            molecule, properties, confId=conformer
        )
    elif rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
        field = rdForceFieldHelpers.UFFGetMoleculeForceField(molecule, confId=conformer)
    else:
        return 0.0
    field.Initialize()
    field.Minimize(maxIts=10_000, forceTol=1e-6, energyTol=1e-10)
    return float(field.CalcEnergy())


def _shape(molecule: Chem.Mol) -> Chem.Mol:
    """The molecule without the hydrogens on carbon, whose permutations are too many to try.

    Where they still are, halogens on carbon go as well.
    """
    shape = _without(molecule, {"H"})
    matches = shape.GetSubstructMatches(shape, uniquify=False, maxMatches=_PERMUTATIONS + 1)
    return shape if len(matches) <= _PERMUTATIONS else _without(shape, {"F", "Cl", "Br", "I"})


def _without(molecule: Chem.Mol, symbols: set[str]) -> Chem.Mol:
    """The molecule without such atoms at the ends of bonds to carbon."""
    rest = Chem.RWMol(molecule)
    for atom in reversed(list(molecule.GetAtoms())):
        if atom.GetSymbol() in symbols and any(a.GetSymbol() == "C" for a in atom.GetNeighbors()):
            rest.RemoveAtom(atom.GetIdx())
    return rest.GetMol()


def _deviation(shape: Chem.Mol, new: int, old: int) -> float:
    """Smallest root mean square deviation in Å over equal atoms and over both mirror images."""
    ids = [conf.GetId() for conf in shape.GetConformers()]
    mirror = Chem.Mol(shape)
    conformer = mirror.GetConformer(ids[new])
    conformer.SetPositions(conformer.GetPositions() * [-1.0, 1.0, 1.0])
    return min(
        float(
            rdMolAlign.GetBestRMS(
                Chem.Mol(probe), shape, ids[new], ids[old], maxMatches=_PERMUTATIONS
            )
        )
        for probe in (shape, mirror)
    )
