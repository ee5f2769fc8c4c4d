"""The name of a file says whether it is a CIF or a POSCAR."""

from pathlib import Path

import pytest
from ase.build import bulk

from aiida_forcefield.topology.crystal_file import read_crystal

SALT = bulk("NaCl", "rocksalt", a=5.64)


@pytest.mark.parametrize("name", ["a.cif", "A.CIF", "POSCAR", "CONTCAR", "a.vasp", "POSCAR_salt"])
def test_formats_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    SALT.write(path, format="cif" if name.lower().endswith("cif") else "vasp")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # the mark of some editors
    assert sorted(read_crystal(path).symbols) == ["Cl", "Na"]


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"salt.xyz: a CIF \(\*.cif\) or a POSCAR .* is needed"):
        read_crystal(_written(tmp_path / "salt.xyz"))


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="POSCAR: line 3: a lattice vector"):
        read_crystal(_written(tmp_path / "POSCAR"))


def _written(path: Path) -> Path:
    path.write_text("none\n")
    return path
