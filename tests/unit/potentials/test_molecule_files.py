"""Files of molecules from which MD programs start."""

import numpy as np
import pytest

from aiida_forcefield.potentials import write_pdb
from aiida_forcefield.topology import from_smiles

WATER = from_smiles("O")


def test_bonds_name_their_atoms_to_the_last_molecule() -> None:
    text = write_pdb(WATER, np.zeros((33_333, 3, 3)), [100.0] * 3)
    assert text.splitlines()[-2] == "CONECT9999799999"


def test_more_atoms_than_the_format_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="100002 atoms; a PDB file with bonds has 99999 at most"):
        write_pdb(WATER, np.zeros((33_334, 3, 3)), [100.0] * 3)
