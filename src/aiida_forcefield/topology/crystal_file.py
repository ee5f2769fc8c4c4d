"""Files that hold a crystal."""

from pathlib import Path

from aiida_forcefield.bounded import read_bytes, reason_of
from aiida_forcefield.topology.cif import read_cif
from aiida_forcefield.topology.crystal import Crystal
from aiida_forcefield.topology.poscar import read_poscar


def read_crystal(path: Path) -> Crystal:
    """The primitive cell of the crystal in a CIF or a POSCAR, as the name of the file says.

    A CIF ends in ``.cif``; a POSCAR in ``.vasp`` or ``.poscar``, or has POSCAR or CONTCAR in its
    name.

    Raises:
        ValueError: another name, a file that cannot be read, or as `read_cif` and `read_poscar`;
            one line that names the file.
    """
    name = path.name.lower()
    try:
        text = read_bytes(path).decode("utf-8-sig", errors="replace")
        if name.endswith(".cif"):
            return read_cif(text)
        if name.endswith(".vasp") or "poscar" in name or "contcar" in name:
            return read_poscar(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {reason_of(error)}") from None
    raise ValueError(
        f"{path}: a CIF (*.cif) or a POSCAR (POSCAR, CONTCAR, *.vasp, *.poscar) is needed"
    )
