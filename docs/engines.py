"""Print the table of what each engine can do, for docs/topics/engines.md: python docs/engines.py"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from aiida_forcefield.runner.engine import Capability
from aiida_forcefield.runner.engines import find_engine
from aiida_forcefield.workflows.pyscf_base import CAN

PAGE = Path(__file__).parent / "topics" / "engines.md"
ENGINES = ("pyscf", "tblite", "ase")
"""Of the runner; those of plugins are not listed."""
MEANING: dict[Capability, str] = {
    "gradient": "gradients, relaxations",
    "hessian": "analytic second derivatives",
    "stress": "stresses of cells",
    "dipole": "dipoles",
    "polarizability": "polarizabilities",
    "potential": "the electrostatic potential of a reference",
    "counterpoise": "counterpoise-corrected interaction energies",
    "periodic": "crystals",
    "correlation": "MP2",
    "solvent": "a continuum around the molecule",
    "gpu": "GPUs",
}


def table() -> str:
    """A row for each capability, a column for each engine as it is set up, in Markdown."""
    columns = {
        f"`{name}`" + f" with `{key}`" * bool(key): can
        for name in ENGINES
        for key, can in sorted(find_engine(name).can.items())
    }
    columns[f"`{CAN.engine}`"] = CAN.names
    return "\n".join(_rows(columns)) + "\n"


def _rows(columns: dict[str, frozenset[Capability]]) -> Iterator[str]:
    yield f"| | {' | '.join(columns)} |"
    yield "|---|" + "---|" * len(columns)
    for name in get_args(Capability):
        marks = ("✓" if name in can else "" for can in columns.values())
        yield f"| `{name}`: {MEANING[name]} | {' | '.join(marks)} |"


if __name__ == "__main__":
    print(table(), end="")
