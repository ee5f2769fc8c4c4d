"""LAMMPS computes from exported files what the force field says, term by term."""

from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.potentials import write_data, write_force_field

from .fields import FIELDS, build, droplet, largest_error, liquid, ours
from .test_lammps_export import forces, lmp, run  # noqa: F401

pytestmark = pytest.mark.integration

TERMS = {"bond": "ebond", "angle": "eangle", "dihedral": "edihed", "improper": "eimp"}


@pytest.mark.parametrize("periodic", [False, True], ids=["vacuum", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(lmp: str, tmp_path: Path, name: str, periodic: bool) -> None:  # noqa: F811
    topology, field = build(*FIELDS[name])
    atoms = liquid(topology) if periodic else droplet(topology)
    include = write_force_field(
        field, topology, cutoff=9 if periodic else 100, kspace_accuracy=1e-9, periodic=periodic
    )
    # LAMMPS looks Coulomb's law up in a table, with errors of 1e-6.
    include += "pair_modify table 0\n" * periodic
    box = np.diag(atoms.cell) if periodic else [[-50, 50]] * 3
    data = write_data(field, topology, atoms.positions.reshape(-1, len(topology.symbols), 3), box)
    found = run(lmp, tmp_path, include, data, boundary="p p p" if periodic else "s s s")

    expected, force = ours(field, topology, atoms)
    for kind, keyword in TERMS.items():
        assert found[keyword] == pytest.approx(expected.get(kind, 0.0), rel=1e-6)
    assert found["evdwl"] - found["etail"] == pytest.approx(expected["nonbonded"], rel=1e-6)
    # Coulomb's law is a difference of two sums, of which LAMMPS knows erfc to 1e-7.
    sums = 1e-6 * (abs(found["ecoul"]) + abs(found["elong"]))
    assert found["ecoul"] + found["elong"] == pytest.approx(expected["coulomb"], rel=0, abs=sums)
    assert found["pe"] - found["etail"] == pytest.approx(expected["energy"], rel=1e-6, abs=sums)
    assert largest_error(forces(tmp_path), force) < 1e-6
