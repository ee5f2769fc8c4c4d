"""One molecule alone: its box, and its scripts."""

import numpy as np
import pytest

from aiida_forcefield.dynamics.conditions import Conditions
from aiida_forcefield.dynamics.gas import (
    gas_equilibration_script,
    gas_production_script,
    vacuum_box,
    vacuum_cutoff,
)
from aiida_forcefield.topology import System, from_smiles

MIXTURE = System(("water", "butane"), (from_smiles("O"), from_smiles("CCCC")), (1.0, 2.0))
ROOM = Conditions(298.15, 0.0, (1,))


def test_no_atom_sees_an_image():
    butane = MIXTURE.of_name("butane")
    box = vacuum_box(MIXTURE, "butane", butane.conformers[0])
    assert box.counts == (0, 1)
    cutoff = vacuum_cutoff(box)
    stretched = 3 * 1.54 + 2 * 1.1
    assert stretched < cutoff < box.edges.min() - cutoff - stretched
    inside = box.positions - box.edges / 2
    assert np.abs(inside).max() < cutoff
    np.testing.assert_allclose(inside.mean(axis=0), 0.0, atol=1e-9)


def test_an_atom_has_a_box_too():
    lithium = System.pure("Li", from_smiles("[Li]"))
    assert vacuum_cutoff(vacuum_box(lithium, "Li", np.zeros((1, 3)))) == pytest.approx(10.0)


def test_scripts():
    lines = gas_equilibration_script(ROOM, 20.0, 7).split("\n")
    assert lines.count("run 5000") == 2
    assert "velocity all create 298.15 7 dist gaussian mom no temp thermo_temp" in lines
    heat = next(i for i, line in enumerate(lines) if "langevin" in line)
    assert lines[heat] == "fix heat all langevin 298.15 298.15 200 7"
    assert heat < lines.index("fix rigid all shake 1e-6 50 0 b 1")
    assert "run 50000" in gas_production_script(ROOM, 100.0, 7, 0).split("\n")


def test_each_leg_of_each_seed_has_noise_of_its_own():
    noise = {
        line.split()[-1]
        for seed in (1, 2, 3)
        for leg in (0, 1, 2)
        for line in gas_production_script(ROOM, 1.0, seed, leg).split("\n")
        if "langevin" in line
    }
    assert len(noise) == 9


def test_bad_seed():
    with pytest.raises(ValueError, match="seed: 0"):
        gas_equilibration_script(ROOM, 1.0, 0)
