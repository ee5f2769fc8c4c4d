"""The state in which a leg ends, as LAMMPS writes it: a data file."""

import re

SECTIONS = ("Atoms", "Velocities", "Bonds", "Angles", "Dihedrals", "Impropers")
"""In the order in which LAMMPS writes them."""


def is_whole(text: str) -> bool:
    """Whether a data file of LAMMPS was written to its end: its last section has all its rows."""
    found = re.findall(r"^(\d+) (atoms|bonds|angles|dihedrals|impropers)$", text, re.MULTILINE)
    counts = {name.capitalize(): int(count) for count, name in found}
    counts["Velocities"] = counts.get("Atoms", 0)
    expected = [name for name in SECTIONS if counts.get(name)]
    if not expected:
        return False
    _, title, section = text.rpartition(f"\n{expected[-1]}")
    rows = section.partition("\n\n")[2] if title else ""
    return rows.endswith("\n") and rows.count("\n") == counts[expected[-1]]
