"""Torsion profiles of force fields, all else relaxed in the field, against those of QM.

    python benchmarks/torsions.py [MOLECULE ...] [-o benchmarks/results/torsions.json]

The force field is fitted to the points in `benchmarks/points`. Around the full circle of each scan
of a dihedral, the dihedral is held by a spring, the molecule relaxes from the nearest structures of
QM, and its energy without the spring is compared with the learned profile where the dihedral then
is. One offset is free. openff-bespokefit reports 0.4 kcal/mol for such profiles (J. T. Horton et
al., J. Chem. Inf. Model. 62, 5622 (2022)); the target here is 0.25.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from points import MOLECULES, Stored, stored
from scipy.optimize import minimize

from aiida_forcefield.fitting import choose_forms
from aiida_forcefield.potentials import ForceField, molecule_energies
from aiida_forcefield.scans import Coordinate
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.surrogate import Observations, Settings, Surrogate, learn
from aiida_forcefield.topology import System
from aiida_forcefield.units import KCAL_PER_MOL
from aiida_forcefield.workflows.protocols import get_protocol

Array = NDArray[np.float64]

STEP = 15  # degrees
SPRING = 10.0  # eV/rad²
STARTS = 3
TARGET = 0.25  # kcal/mol


def main() -> None:
    """Compare all molecules, print what was found, and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("molecules", nargs="*", metavar="MOLECULE", help=", ".join(MOLECULES))
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    report = {}
    for name in arguments.molecules or MOLECULES:
        report[name] = compare(stored(name))
        for scan, found in report[name].items():
            print(f"{name}: {scan}: {found}, met: {found['rmse'] <= TARGET}", flush=True)
        if arguments.output:
            arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def compare(case: Stored) -> dict[str, dict[str, float]]:
    """RMSE and largest error, kcal/mol, of each scan around the circle of a dihedral."""
    _, field = choose_forms(case.system, case.electrostatics, case.data)
    structures = case.data.molecules[0].positions
    found: dict[str, dict[str, float]] = {}
    for coordinate, atoms, profile in profiles(case):
        off = errors(field, case.system, atoms, structures, profile)
        found[coordinate.name] = {
            "rmse": float(np.sqrt(np.mean(off**2))),
            "largest": float(np.abs(off).max()),
        }
    return found


def profiles(case: Stored) -> Iterator[tuple[Coordinate, tuple[int, ...], Surrogate]]:
    """Each dihedral that was scanned, its atoms, and what is learned of QM with the energies and
    slopes along it; of those in rings there are no slopes.
    """
    (species,) = case.system.species
    (points,) = case.data.molecules
    assert points.slopes is not None
    settings = Settings(**get_protocol("fast")["learning"]["molecule"])
    for coordinate in dict.fromkeys(origin.coordinate for origin in points.origins):
        if coordinate is None or coordinate.kind != "dihedral":
            continue
        mine = np.array([origin.coordinate == coordinate for origin in points.origins])
        slopes = np.radians(points.slopes[mine])  # eV/degree
        if np.isnan(slopes).all():
            continue
        terms = (term for term in species.term_types if term.kind == "dihedral")
        atoms = next(term.members[0] for term in terms if term.types == coordinate.types)
        x = np.degrees(evaluate(points.positions[mine], [atoms])[0][:, 0])
        seen = Observations(x, points.energies[mine], slopes)
        yield coordinate, atoms, learn("dihedral", -180.0, 180.0, seen, settings)


def errors(
    field: ForceField,
    system: System,
    atoms: tuple[int, ...],
    structures: Array,
    profile: Surrogate,
) -> Array:
    """Force field minus QM around the circle, shape (m,), kcal/mol, mean taken off.

    Args:
        field: the force field, with the charges that it has in simulations.
        system: of one species.
        atoms: of the dihedral.
        structures: of QM, shape (s, n, 3), Å.
        profile: what was learned of QM.
    """
    known = evaluate(structures, [atoms])[0][:, 0]
    angles = np.radians(np.arange(-180, 180, STEP))
    nearest = np.argsort(np.abs(_turn(known, angles[:, None])), axis=1)[:, :STARTS]
    asked = np.repeat(angles, STARTS)
    energy, reached = held(field, system, atoms, structures[nearest.ravel()], asked)
    best = energy.reshape(-1, STARTS).argmin(axis=1) + STARTS * np.arange(len(angles))
    qm = np.interp(np.degrees(reached[best]), profile.grid, profile.mean)
    off: Array = (energy[best] - qm) / KCAL_PER_MOL
    return off - off.mean()


def held(
    field: ForceField, system: System, atoms: tuple[int, ...], starts: Array, angles: Array
) -> tuple[Array, Array]:
    """Energies, eV, and dihedrals, radians, (s,), at the minima with springs to angles, (s,)."""
    (name,) = system.names

    def energy(flat: Array) -> tuple[float, Array]:
        x = flat.reshape(starts.shape)
        bare, gradient = molecule_energies(field, system, name, x)
        phi, by = evaluate(x, [atoms])
        away = _turn(phi[:, 0], angles)
        gradient[:, list(atoms)] += 2 * SPRING * away[:, None, None] * by[:, 0]
        return float(bare.sum() + SPRING * away @ away), gradient.ravel()

    options = {"maxiter": 10000, "maxfun": 10000, "maxcor": 30, "gtol": 1e-4, "ftol": 1e-14}
    found = minimize(energy, starts.ravel(), jac=True, method="L-BFGS-B", options=options)
    x = found.x.reshape(starts.shape)
    return molecule_energies(field, system, name, x)[0], evaluate(x, [atoms])[0][:, 0]


def _turn(one: Array, other: Array) -> Array:
    """By how much dihedrals are beyond others, within half a turn."""
    return np.angle(np.exp(1j * (one - other)))


if __name__ == "__main__":
    main()
