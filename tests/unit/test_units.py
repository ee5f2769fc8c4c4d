"""Units: no number is given twice, but for the runner, which travels to compute nodes alone."""

import pytest
from ase import units as ase_units

from aiida_forcefield import units
from aiida_forcefield.runner import units as runner_units


def test_units_agree_with_another_package() -> None:
    assert pytest.approx(ase_units.kB, rel=1e-6) == units.BOLTZMANN
    assert pytest.approx(ase_units.Hartree, rel=1e-6) == units.HARTREE
    assert pytest.approx(ase_units.Bohr, rel=1e-6) == units.BOHR
    assert pytest.approx(ase_units.kcal / ase_units.mol, rel=1e-6) == units.KCAL_PER_MOL
    assert pytest.approx(ase_units.kJ / ase_units.mol, rel=1e-6) == units.KJ_PER_MOL
    assert pytest.approx(1 / ase_units.bar, rel=1e-6) == units.BAR
    assert pytest.approx(1 / ase_units.GPa, rel=1e-6) == units.GPA
    assert pytest.approx(1 / ase_units.Debye, rel=1e-6) == units.DEBYE_PER_E_ANGSTROM
    assert pytest.approx(ase_units.Hartree * ase_units.Bohr, rel=1e-6) == units.COULOMB


def test_runner_has_the_same_units() -> None:
    assert runner_units.HARTREE == units.HARTREE
    assert runner_units.BOHR == units.BOHR
    assert pytest.approx(units.DEBYE_PER_E_ANGSTROM * units.BOHR, rel=1e-8) == runner_units.DEBYE
