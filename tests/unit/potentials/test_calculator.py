from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_stress
from ase.md.verlet import VelocityVerlet
from ase.units import fs
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials import (
    FixedCharges,
    ForceField,
    ForceFieldCalculator,
    Term,
    interaction_energies,
)
from aiida_forcefield.topology.crystal import from_atoms
from aiida_forcefield.topology.ions import ions_of

from ..synthetic_fields import Case


def box(case: Case, side: int, spacing: float) -> Atoms:
    """Turned molecules on a lattice."""
    rng = np.random.default_rng(0)
    x = case.reference.positions - case.reference.positions.mean(axis=0)
    sites = spacing * (np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3) + 0.5)
    positions = np.concatenate([Rotation.random(rng=rng).apply(x) + site for site in sites])
    symbols = len(sites) * case.species.symbols
    return Atoms(symbols, positions, cell=[side * spacing] * 3, pbc=True)


def test_molecules_in_vacuum_are_those_of_the_fit(case: Case) -> None:
    field, species = case.forcefield, case.species
    calculator = ForceFieldCalculator(field, case.system, [1])
    energy, gradient = case.energies(field, case.molecules[:1])
    one = Atoms(species.symbols, case.molecules[0], calculator=calculator)
    assert one.get_potential_energy() == pytest.approx(energy[0], rel=1e-10)
    np.testing.assert_allclose(-one.get_forces(), gradient[0], atol=1e-9)
    assert sum(calculator.results["terms"].values()) == pytest.approx(energy[0])

    dimer = case.dimers[0]
    both = case.energies(field, dimer.reshape(2, -1, 3))[0].sum()
    across = interaction_energies(field, case.system, case.pair, dimer[None], "liquid")
    expected = both + across[0]
    calculator = ForceFieldCalculator(field, case.system, [2])
    two = Atoms(2 * species.symbols, dimer, calculator=calculator)
    assert two.get_potential_energy() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scale_14", [None, (0.3, 0.5)])
def test_forces_in_a_box_are_those_of_its_energy(methanol: Case, scale_14) -> None:
    atoms = box(methanol, 2, 5.5)
    field = replace(methanol.forcefield, scale_14=scale_14)
    atoms.calc = ForceFieldCalculator(field, methanol.system, [8], cutoff=5.0)
    forces = atoms.get_forces()
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-8)
    for place in ((0, 0), (7, 1), (23, 2)):
        energies = []
        for step in (1e-4, -1e-4):
            moved = atoms.copy()
            moved.positions[place] += step
            moved.calc = atoms.calc
            energies.append(moved.get_potential_energy())
        # The form's jump at the cutoff is no part of the forces, and small.
        assert forces[place] == pytest.approx((energies[1] - energies[0]) / 2e-4, abs=2e-4)


@pytest.mark.parametrize("scale_14", [None, (0.3, 0.5)])
def test_stress_is_that_of_a_strained_cell(methanol: Case, scale_14) -> None:
    atoms = box(methanol, 2, 5.5)
    shear = np.array([[0, 0.4, 0], [0, 0, -0.3], [0.2, 0, 0]])
    atoms.set_cell(atoms.cell.array + shear, scale_atoms=True)
    atoms.wrap()
    field = replace(methanol.forcefield, scale_14=scale_14)
    atoms.calc = ForceFieldCalculator(field, methanol.system, [8], cutoff=5.0)
    # A strain so small that no pair crosses the cutoff, where the form jumps.
    expected = calculate_numerical_stress(atoms, eps=1e-7)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(atoms.get_stress(), expected, atol=3e-6)


def test_a_molecule_in_vacuum_has_no_stress(methanol: Case) -> None:
    atoms = Atoms(methanol.species.symbols, methanol.reference.positions)
    atoms.calc = ForceFieldCalculator(methanol.forcefield, methanol.system, [1])
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_stress()


def test_wrapping_and_large_boxes_change_nothing(methanol: Case) -> None:
    field, system = methanol.forcefield, methanol.system
    atoms = box(methanol, 2, 6.0)
    atoms.calc = ForceFieldCalculator(field, system, [8], cutoff=5.0)
    before, forces = atoms.get_potential_energy(), atoms.get_forces()
    wrapped = atoms.copy()
    wrapped.positions += [3.0, 1.0, -4.0]
    wrapped.wrap()
    wrapped.calc = ForceFieldCalculator(field, system, [8], cutoff=5.0)
    assert wrapped.get_potential_energy() == pytest.approx(before, rel=1e-10)
    np.testing.assert_allclose(wrapped.get_forces(), forces, atol=1e-8)
    twice = atoms.repeat((2, 1, 1))
    twice.calc = ForceFieldCalculator(field, system, [16], cutoff=5.0)
    assert twice.get_potential_energy() == pytest.approx(2 * before, rel=1e-10)

    alone = Atoms(methanol.species.symbols, methanol.molecules[0], cell=[200.0] * 3, pbc=True)
    alone.calc = ForceFieldCalculator(field, system, [1], cutoff=30.0)
    vacuum = methanol.energies(field, methanol.molecules[:1])[0]
    assert alone.get_potential_energy() == pytest.approx(vacuum[0], abs=1e-5)  # dipoles' images


def test_dynamics_conserve_energy(methanol: Case) -> None:
    atoms = Atoms(methanol.species.symbols, methanol.molecules[0])
    atoms.calc = ForceFieldCalculator(methanol.forcefield, methanol.system, [1])
    start = atoms.get_potential_energy()
    VelocityVerlet(atoms, 0.1 * fs).run(100)
    moved = start - atoms.get_potential_energy()
    assert abs(moved) > 0.1
    assert atoms.get_total_energy() == pytest.approx(start, abs=0.01 * abs(moved))


def test_lithium_fluoride_has_the_lattice_constant_of_its_potential() -> None:
    """Tosi and Fumi, J. Phys. Chem. Solids 25, 45 (1964): exact sums give 4.009 Å."""
    system = ions_of(from_atoms(bulk("LiF", "rocksalt", a=4.0)), {"Li": 1, "F": -1})
    joule = 6.241509e18
    b, rho = 0.338e-19 * joule, 0.299
    radius = {"Li": 0.816, "F": 1.179}
    unit, unit8 = 1e-79 * joule * 1e60, 1e-99 * joule * 1e80  # eV Å⁶, eV Å⁸
    data = (
        ("Li:Li1", "Li:Li1", 2.0, 0.073, 0.03),
        ("F:F1", "F:F1", 0.75, 14.5, 17.0),
        ("F:F1", "Li:Li1", 1.375, 0.8, 0.6),
    )
    terms = [
        Term(
            "nonbonded",
            (i,) if i == j else (i, j),
            "born_mayer_huggins",
            {
                "A": pauling * b,
                "rho": rho,
                "sigma": radius[i.partition(":")[0]] + radius[j.partition(":")[0]],
                "C6": c6 * unit,
                "C8": c8 * unit8,
            },
        )
        for i, j, pauling, c6, c8 in data
    ]
    q = {"Li:Li1": 1.0, "F:F1": -1.0}
    field = ForceField(system.atom_types, tuple(terms), FixedCharges(q, q), np.zeros((15, 15)))
    calculator = ForceFieldCalculator(field, system, [1, 1], cutoff=14.0)

    def slope(a: float) -> float:
        energies = []
        for each in (a + 1e-3, a - 1e-3):
            crystal = bulk("LiF", "rocksalt", a=each)
            crystal.calc = calculator
            energies.append(crystal.get_potential_energy())
        return energies[0] - energies[1]

    assert brentq(slope, 3.8, 4.3, xtol=1e-3) == pytest.approx(4.009, abs=0.01)


def test_other_atoms_are_refused(methanol: Case) -> None:
    calculator = ForceFieldCalculator(methanol.forcefield, methanol.system, [1])
    with pytest.raises(ValueError, match="atoms: H2O are not 1 methanol, in this order"):
        Atoms("H2O", np.eye(3), calculator=calculator).get_potential_energy()
    with pytest.raises(ValueError, match="pbc: all directions"):
        Atoms(
            methanol.species.symbols,
            methanol.molecules[0],
            cell=[9, 9, 9],
            pbc=[1, 1, 0],
            calculator=calculator,
        ).get_potential_energy()
