"""Whether a molecule says which of its stereoisomers it is."""

from itertools import islice

from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

_NAMED = 8
"""Isomers that a message names."""
_TRIED = 64
"""Isomers that are looked at: six centres have so many."""


def check_stereo(molecule: Chem.Mol) -> None:
    """Refuse a molecule that leaves open which isomer it is; mirror images count as one.

    Args:
        molecule: without explicit hydrogens.

    Raises:
        ValueError: naming the isomers.
    """
    options = StereoEnumerationOptions(  # type: ignore[no-untyped-call]
        onlyUnassigned=True, unique=True, tryEmbedding=True, rand=1
    )
    names: dict[
        str, str
    ] = {}  # by the isomer or its mirror image, whichever is first in the alphabet
    isomers = EnumerateStereoisomers(molecule, options=options)  # type: ignore[no-untyped-call]
    for isomer in islice(isomers, _TRIED):
        smiles = Chem.MolToSmiles(isomer)
        names.setdefault(min(smiles, _mirrored(isomer)), smiles)
    if len(names) > 1:
        listed = sorted(names.values())
        more = " or another" if len(listed) > _NAMED else ""
        raise ValueError(
            f"its stereochemistry is open; write one of {', '.join(listed[:_NAMED])}{more}"
        )


def _mirrored(molecule: Chem.Mol) -> str:
    """SMILES of the mirror image."""
    mirror = Chem.Mol(molecule)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    return str(Chem.MolToSmiles(mirror))
