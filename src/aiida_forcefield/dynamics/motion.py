"""What moves in LAMMPS: the lines of a script in which atoms alone differ from atoms with more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from aiida_forcefield.dynamics.conditions import THERMO_EVERY, THERMOSTAT, Conditions
from aiida_forcefield.dynamics.log import THERMO_KEYWORDS

DATA: Final = "system.data"
FORCE_FIELD: Final = "forcefield.lmp"
BAROSTAT: Final = 1000.0  # fs
MINIMIZE: Final = "minimize 0 1e-2 100 500"


class Motion(Protocol):
    """What moves, and how it is kept at its temperature and pressure.

    Attributes:
        atoms: the group of the atoms.
        temperatures: what computes temperatures.
        longest_timestep: fs.
    """

    @property
    def atoms(self) -> str: ...
    @property
    def temperatures(self) -> Sequence[str]: ...
    @property
    def longest_timestep(self) -> float: ...

    def head(self) -> list[str]:
        """Read the system and the force field, and say what is printed."""

    def minimize(self) -> list[str]:
        """Take away what close contacts push."""

    def langevin(self, temperature: float, friction: float, seed: int) -> str:
        """Friction and noise, beside which something moves the particles.

        Args:
            temperature: K.
            friction: in what time it slows an atom down, fs.
            seed: of the noise.
        """

    def before_barostat(self) -> list[str]:
        """What a liquid needs beside its barostat."""

    def barostat(self, temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
        """NPT from a temperature (K) and pressure (atm) to others."""


class Atoms:
    """Atoms alone."""

    atoms = "all"
    temperatures = ("thermo_temp",)
    longest_timestep = 2.0

    def head(self) -> list[str]:
        """See `Motion`."""
        return head([])

    def minimize(self) -> list[str]:
        """See `Motion`."""
        return [MINIMIZE]

    def langevin(self, temperature: float, friction: float, seed: int) -> str:
        """See `Motion`."""
        return f"fix heat all langevin {temperature:g} {temperature:g} {friction:g} {seed}"

    def before_barostat(self) -> list[str]:
        """See `Motion`."""
        return []

    def barostat(self, temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
        """See `Motion`; Nosé and Hoover's."""
        first, last = temperatures
        return (
            f"fix motion all npt temp {first:g} {last:g} {THERMOSTAT:g} "
            f"iso {' '.join(pressures)} {BAROSTAT:g}"
        )


ATOMS: Final = Atoms()


def paced(motion: Motion, conditions: Conditions) -> Conditions:
    """The conditions with a time step that what moves can follow."""
    return replace(conditions, longest_timestep=motion.longest_timestep)


def head(groups: Sequence[str], room: str = "", thermo: str = THERMO_KEYWORDS) -> list[str]:
    """The head of a script.

    Args:
        groups: lines that say more of the particles.
        room: what `read_data` is told beside the name of the file.
        thermo: what is printed.
    """
    return [
        "units real",
        "atom_style full",
        f"read_data {DATA}{room}",
        f"include {FORCE_FIELD}",
        "neighbor 2.0 bin",
        # At every step: an atom at the boundary that strays farther than half of the skin before
        # it is noticed ends the run ("Out of range atoms"), rarely but surely.
        "neigh_modify delay 0 every 1 check yes",
        *groups,
        f"thermo_style custom {thermo}",
        "thermo_modify line one flush yes format float %.10g",
        f"thermo {THERMO_EVERY}",
    ]
