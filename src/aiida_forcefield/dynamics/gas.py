"""One molecule alone in vacuum: its box, and LAMMPS scripts with a Langevin thermostat.

A Nosé-Hoover thermostat does not make the few modes of a small molecule exchange their energy; the
noise of a Langevin thermostat does. Each leg of each seed needs noise of its own: molecules that
are pushed by the same random numbers end up moving alike.
"""

import numpy as np
from numpy.typing import ArrayLike

from aiida_forcefield.dynamics.conditions import Conditions, steps_of
from aiida_forcefield.dynamics.log import MEASURED
from aiida_forcefield.dynamics.motion import ATOMS, Motion, paced
from aiida_forcefield.dynamics.script import script_end, shake
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System

FRICTION = 200.0  # fs
_MARGIN = 10.0  # Å, beyond the longest that the molecule can be
_LARGEST_SEED = 900_000_000
_NEXT = 7_368_787
"""A prime, by which the noise of a leg differs from that of the one before."""


def vacuum_box(system: System, name: str, positions: ArrayLike) -> Box:
    """A box with one molecule of a species, which sees none of its images.

    Args:
        system: all species.
        name: of the one that is there.
        positions: of its atoms, shape (n, 3), Å.
    """
    x = np.asarray(positions, dtype=float)
    bonds = np.array(system.of_name(name).bonds, dtype=int).reshape(-1, 2)
    contour = float(np.linalg.norm(x[bonds[:, 0]] - x[bonds[:, 1]], axis=1).sum())
    edges = np.full(3, 3 * (contour + _MARGIN))
    counts = tuple(int(each == name) for each in system.names)
    return Box(counts, x - x.mean(axis=0) + edges / 2, edges)


def vacuum_cutoff(box: Box) -> float:
    """Farther than any two atoms of the molecule, and nearer than any image, Å."""
    return float(box.edges.min()) / 3


def gas_equilibration_script(
    conditions: Conditions, duration: float, seed: int, motion: Motion = ATOMS
) -> str:
    """Minimise, and bring the molecule to its temperature for ``duration`` (ps).

    The second half is measured, by which the molecule is judged.

    Raises:
        ValueError: a seed that is not positive, or a duration below two time steps.
    """
    if seed < 1:
        raise ValueError(f"seed: {seed} is not allowed, it must be a positive integer")
    conditions = paced(motion, conditions)
    half = steps_of(conditions, duration / 2)
    return "\n".join(
        [
            *motion.head(),
            *_all_modes(motion),
            *motion.minimize(),
            "reset_timestep 0",
            f"velocity all create {conditions.temperature:g} {seed} dist gaussian mom no "
            "temp thermo_temp",
            *_forces(motion, conditions, seed),
            f"run {half}",
            f'print "{MEASURED}"',
            f"run {half}",
            *script_end(),
        ]
    )


def gas_production_script(
    conditions: Conditions, duration: float, seed: int, leg: int, motion: Motion = ATOMS
) -> str:
    """Go on for ``duration`` (ps) from the positions and velocities of the data file.

    Raises:
        ValueError: a duration below one time step.
    """
    conditions = paced(motion, conditions)
    noise = 1 + (seed + (leg + 1) * _NEXT) % _LARGEST_SEED
    return "\n".join(
        [
            *motion.head(),
            *_all_modes(motion),
            *_forces(motion, conditions, noise),
            f'print "{MEASURED}"',
            f"run {steps_of(conditions, duration)}",
            *script_end(),
        ]
    )


def _all_modes(motion: Motion) -> list[str]:
    """The thermostat acts on the motion of the molecule as a whole, too."""
    return [f"compute_modify {each} extra/dof 0" for each in motion.temperatures]


def _forces(motion: Motion, conditions: Conditions, noise: int) -> list[str]:
    """Langevin dynamics; SHAKE comes last, since it has to know all other forces."""
    return [
        motion.langevin(conditions.temperature, FRICTION, noise),
        "fix motion all nve",
        *shake(conditions),
    ]
