"""The folder of a study's results: force field, numbers and pictures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.cli.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import ProcessNode
    from matplotlib.figure import Figure

    from aiida_forcefield.cli.results import Results

EXAMPLE_BOX = 40.0  # Å; wide enough for twice any cutoff
EXAMPLE = """\
# One molecule in a box: its energy at the geometry of system.data, then a relaxation and a
# picosecond of dynamics. Run as: lmp -in in.lammps
units real
atom_style full
read_data system.data
include forcefield.lmp
thermo_style custom step temp pe ebond eangle edihed evdwl ecoul elong
thermo 200
minimize 1e-8 1e-8 200 2000
velocity all create 298.15 1 mom yes rot yes
timestep 0.5
fix motion all nve
run 2000
"""
MEANING = {
    "forcefield.lmp": "styles and coefficients, to be included after read_data",
    "system.data": "one molecule in a box",
    "in.lammps": "an example that runs both: lmp -in in.lammps",
    "results.json": "all numbers, with all digits",
    "profiles.png": "every scan: QM, surrogate, force field",
    "dimers.png": "interaction energies: force field against QM",
    "chain.png": "the chain of this study",
}


def write_folder(study: "ProcessNode", results: "Results", folder: Path) -> Iterator[str]:
    """Write all files of a study that has a force field; yields a line on each.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (*_lammps(study).items(), ("results.json", _json(results))):
            (folder / name).write_text(text)
            yield _line(folder, name)
        for name, figure in _pictures(study, results):
            from aiida_forcefield.report.style import DPI

            figure.savefig(folder / name, dpi=DPI)
            yield _line(folder, name)
    except OSError as error:
        raise InputError(f"--output: cannot write to {folder}: {error.strerror}") from None


def _lammps(study: "ProcessNode") -> dict[str, str]:
    import numpy as np

    from aiida_forcefield.potentials import write_data, write_force_field

    field, topology = study.outputs.force_field.value, study.outputs.topology.value
    molecule = study.outputs.reference.value.positions[0]
    centred = molecule - molecule.mean(axis=0) + EXAMPLE_BOX / 2
    return {
        "forcefield.lmp": write_force_field(field, topology),
        "system.data": write_data(field, topology, centred[None], np.full(3, EXAMPLE_BOX)),
        "in.lammps": EXAMPLE,
    }


def _json(results: "Results") -> str:
    return json.dumps(results, indent=2, ensure_ascii=False) + "\n"


def _pictures(study: "ProcessNode", results: "Results") -> Iterator[tuple[str, "Figure"]]:
    from aiida_forcefield.cli.findings import collect_dimers, collect_profiles
    from aiida_forcefield.report import draw_chain, draw_dimers, draw_profiles

    name = f"{results['material']['name']}, protocol {results['protocol']}"
    yield "profiles.png", draw_profiles(collect_profiles(study), f"{name}: profiles")
    yield "dimers.png", draw_dimers(collect_dimers(study), f"{name}: two molecules")
    yield "chain.png", draw_chain(results, f"{name}: the chain")


def _line(folder: Path, name: str) -> str:
    return f"  {folder / name!s:<{len(str(folder)) + 16}} {MEANING[name]}"
