"""What kind of file a text is, and what it is where it is none that is read."""

import re
from typing import Final, Literal

READ: Final = (
    "read are OpenMM's XML (<ForceField>), and a data file of LAMMPS and then its input files"
)
"""What is allowed, for the end of a message."""
_ENDINGS: Final = {
    "offxml": "a force field of OpenFF",
    "top": "a topology of GROMACS or AMBER",
    **dict.fromkeys(["itp", "gro"], "a file of GROMACS"),
    **dict.fromkeys(["prmtop", "parm7", "frcmod", "lib", "inpcrd", "rst7"], "a file of AMBER"),
    **dict.fromkeys(["psf", "par", "prm", "rtf", "str"], "a file of CHARMM"),
    "lt": "a file of Moltemplate",
    **dict.fromkeys(["cif", "mol", "mol2", "pdb", "sdf", "xyz"], "a structure"),
    **dict.fromkeys(["json", "yaml", "yml"], "a file of JSON or YAML"),
    **dict.fromkeys(["bz2", "gz", "xz", "zip", "zst"], "a compressed file, to be unpacked first"),
}
_HEADER: Final = re.compile(r"^[ \t]*\d+[ \t]+atoms[ \t\r]*(#.*)?$", re.MULTILINE)
_INPUT: Final = re.compile(
    r"^[ \t]*(read_data|pair_style|pair_coeff|bond_style)[ \t]", re.MULTILINE
)


def format_of(name: str, text: str) -> Literal["openmm", "lammps"]:
    """Whether a file is XML, as OpenMM has it, or a data file of LAMMPS.

    Args:
        name: of the file.
        text: of the file.

    Raises:
        ValueError: it is neither; one line that says what it is, if that is known.
    """
    ending = name.rpartition(".")[2].lower()
    if text.lstrip().startswith("<"):
        return "openmm"
    if _HEADER.search(text):
        return "lammps"
    if _INPUT.search(text):
        raise ValueError(f"an input file of LAMMPS in the place of the data file; {READ}")
    if ending in ("xml", "ffxml"):
        return "openmm"
    known = _ENDINGS.get(ending, "neither XML nor a data file, which has a line such as '14 atoms'")
    raise ValueError(f"{known}; {READ}")
