"""Charges of ions: as the file says, or by the lengths of bonds."""

from dataclasses import replace

import pytest
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal

from aiida_forcefield.topology.crystal import Crystal, from_atoms
from aiida_forcefield.topology.ions import ions_of
from aiida_forcefield.topology.oxidation import oxidation_states

SALT = from_atoms(bulk("NaCl", "rocksalt", a=5.64))
LITHIA = crystal(
    ["O", "Li"], [(0, 0, 0), (0.25,) * 3], spacegroup=225, cellpar=[4.62] * 3 + [90] * 3
)
PEROXIDE = crystal(
    ["Li", "Li", "O"],
    [(0, 0, 0), (1 / 3, 2 / 3, 0.75), (1 / 3, 2 / 3, 0.149)],
    spacegroup=194,
    cellpar=[3.14, 3.14, 7.65, 90, 90, 120],
)
MAGNETITE = crystal(
    ["Fe", "Fe", "O"],
    [(0.125,) * 3, (0.5,) * 3, (0.2549,) * 3],
    spacegroup=227,
    setting=2,
    cellpar=[8.39] * 3 + [90] * 3,
)


@pytest.mark.parametrize(
    ("atoms", "charges"),
    [
        (bulk("LiF", "rocksalt", a=4.03), {"Li": 1, "F": -1}),
        (bulk("MgO", "rocksalt", a=4.21), {"Mg": 2, "O": -2}),
        (bulk("LiH", "rocksalt", a=4.08), {"Li": 1, "H": -1}),
        (LITHIA, {"Li": 1, "O": -2}),
        (PEROXIDE, {"Li": 1, "O": -1}),
    ],
)
def test_bond_lengths_tell_charges(atoms: Atoms, charges: dict[str, int]) -> None:
    found = from_atoms(atoms)
    assert oxidation_states(found) == charges
    assert ions_of(found, charges).crystal is found


def test_the_file_is_believed() -> None:
    stated = {"Na": 2, "Cl": -2}
    assert oxidation_states(replace(SALT, charges=stated)) == stated


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (replace(SALT, charges={"Na": 2, "Cl": -1}), r"charges: Na \+2, Cl -1 make \+1 e"),
        (from_atoms(bulk("Li", "bcc", a=3.5)), "charges: none fit the bond lengths"),
        (from_atoms(bulk("He", "fcc", a=4.2)), "charges: none fit the bond lengths"),
        (from_atoms(MAGNETITE), r"charges: atoms of Fe have \+2 and \+3"),
    ],
)
def test_charges_in_doubt_are_refused(found: Crystal, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        oxidation_states(found)
