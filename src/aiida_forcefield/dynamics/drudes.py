"""Atoms with Drude particles in LAMMPS.

The particles are kept so cold that they stay near where springs and charges would have them at
rest, and the atoms feel almost the forces of that (G. Lamoureux, B. Roux, J. Chem. Phys. 119, 3025
(2003)). In a liquid, their heat bath is one of three, beside those of the motion of whole molecules
and of what is left (C. Y. Son et al., J. Phys. Chem. Lett. 10, 7523 (2019)).
"""

from dataclasses import dataclass
from typing import Final

from aiida_forcefield.dynamics.conditions import THERMOSTAT
from aiida_forcefield.dynamics.log import DRUDES, THERMO_KEYWORDS
from aiida_forcefield.dynamics.motion import ATOMS, BAROSTAT, MINIMIZE, Motion, head
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.potentials.export.lammps_drudes import most_particles
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.system import System

TIMESTEP: Final = 1.25
"""fs; a particle swings in 6, whether bonds to hydrogen are rigid or not.

In liquid methanol without a thermostat (12 ps), particles of 0.4 amu stay at 1.0 K, and the energy
drifts by 1e-4 of the kinetic one a picosecond, as it does at 1 fs. Energies, 17.36(4) kcal/mol, are
those of 0.1 amu and 0.5 fs, 17.33(2). Heavier particles allow longer steps, and warm up: 0.8 amu at
1.5 fs by 0.3 K a picosecond, 1.6 amu at 2 fs by 16 K, as half of their frequency is that of bending
hydrogens. There, a cold thermostat takes the heat from the vibrations.
"""
DRUDE_TEMPERATURE: Final = 1.0  # K

_DRUDE_THERMOSTAT: Final = 20.0  # fs


@dataclass(frozen=True)
class AtomsWithDrudes:
    """See `motion.Motion`.

    Attributes:
        types: number of types of atoms; those of the particles follow.
        room: how many particles a molecule has at most.
    """

    types: int
    room: int

    atoms = "atoms"
    temperatures = ("thermo_temp", "drudes")
    longest_timestep = TIMESTEP

    def particles(self) -> list[str]:
        """Lines after those that read the system and the force field: what the particles are."""
        return [
            "comm_modify vel yes",  # of hosts at the boundary, with which particles move
            f"group {self.atoms} type 1:{self.types}",
            "compute drudes all temp/drude",
        ]

    def head(self) -> list[str]:
        """Temperature is that of the atoms, each with its particle; that of these is told, too."""
        atoms, particles = (f"c_drudes[{n}]" for n in (1, 2))
        keywords = [atoms if word == "temp" else word for word in THERMO_KEYWORDS.split()]
        return [
            *head(
                self.particles(),
                # Files that LAMMPS writes do not say how much room `fix drude` needs.
                room=f" extra/special/per/atom {self.room}",
                thermo=" ".join([*keywords, particles]),
            ),
            f"thermo_modify colname {atoms} Temp colname {particles} {DRUDES}",
        ]

    def minimize(self) -> list[str]:
        """The particles come to rest among atoms that stay, before all move."""
        return [
            f"fix still {self.atoms} setforce 0 0 0",
            "minimize 0 1e-3 100 500",
            "unfix still",
            MINIMIZE,
        ]

    def langevin(self, temperature: float, friction: float, seed: int) -> str:
        """Of the atoms, each with its particle, and of particles on their atoms."""
        return (
            f"fix heat all langevin/drude {temperature:g} {friction:g} {seed} "
            f"{DRUDE_TEMPERATURE:g} {_DRUDE_THERMOSTAT:g} {seed + 1}"
        )

    def before_barostat(self) -> list[str]:
        """Of the three temperatures, that of the molecules' motion has no drift in it."""
        return ["fix drift all momentum 100 linear 1 1 1"]

    def barostat(self, temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
        """Nosé and Hoover's, with three thermostats."""
        first, last = temperatures
        return (
            f"fix motion all tgnpt/drude temp {first:g} {last:g} {THERMOSTAT:g} "
            f"{DRUDE_TEMPERATURE:g} {_DRUDE_THERMOSTAT:g} iso {' '.join(pressures)} {BAROSTAT:g}"
        )


def motion_of(field: ForceField, system: System) -> Motion:
    """What moves in a box of a force field."""
    if not isinstance(field.electrostatics, Polarizable):
        return ATOMS
    return AtomsWithDrudes(len(system.type_names), most_particles(field.electrostatics, system))
