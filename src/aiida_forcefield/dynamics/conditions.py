"""The state of a liquid, and the course of its simulation, whichever program runs it."""

from dataclasses import dataclass

from aiida_forcefield.topology.system import System

THERMO_EVERY = 50  # steps
THERMOSTAT = 100.0  # fs
SOFT_STEPS, SOFT_TIMESTEP = 1000, 0.5  # fs; in which close contacts are released
# Viscous liquids reach their structure slowly: ethylene carbonate, condensed at 313 K, was still
# contracting after 40 ps. It condenses hot, under a pressure at which no liquid boils.
HEAT = 1.4  # of the temperature
SQUEEZE = 3000.0  # bar
CONDENSING, COOLING = 0.4, 0.2  # of the time
# After which the barostat is told anew what pushes beyond pairs. Told once, at the volume of the
# liquid without it, it tore apart a liquid of ethylene carbonate (2800 bar); told of the volume
# before a leg, it pulled by 300 bar too little throughout the leg. Each time the volume comes to
# rest: told every ps, methanol's had too small fluctuations by a third.
SETTLING = 1.0  # ps
FOLLOWING = 5.0  # ps


@dataclass(frozen=True)
class Conditions:
    """State of the liquid.

    Attributes:
        temperature: K.
        pressure: bar.
        rigid_bonds: numbers of the bond types that are held; see `rigid_bonds`.
        longest_timestep: that something else than bonds allows, fs.

    Raises:
        ValueError: if a value is not physical.
    """

    temperature: float
    pressure: float
    rigid_bonds: tuple[int, ...] = ()
    longest_timestep: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < 1e5:
            raise ValueError(
                f"temperature: {self.temperature:g} K is not allowed, it must be positive"
            )
        if not abs(self.pressure) < 1e6:
            raise ValueError(
                f"pressure: {self.pressure:g} bar is not allowed, it must be a finite number"
            )

    @property
    def timestep(self) -> float:
        """In fs: 2 with rigid bonds, 1 where bonds to hydrogen may vibrate; or the longest."""
        return min(2.0 if self.rigid_bonds else 1.0, self.longest_timestep)


def rigid_bonds(system: System) -> tuple[int, ...]:
    """Numbers of bond types to hydrogen: from 1, species by species in the order of the terms.

    They are those of LAMMPS. Empty where an atom of some species has more than three hydrogens, as
    in methane: LAMMPS' SHAKE cannot hold such clusters, and while one bond to hydrogen vibrates,
    the time step is short.
    """
    found: list[int] = []
    number = 0
    for _, species in system:
        hydrogens = [0] * len(species.symbols)
        for term in (each for each in species.term_types if each.kind == "bond"):
            number += 1
            if "H" not in {species.symbols[atom] for atom in term.members[0]}:
                continue
            found.append(number)
            for i, j in term.members:
                hydrogens[i] += 1
                hydrogens[j] += 1
        if max(hydrogens) > 3:
            return ()
    return tuple(found)


def steps_of(conditions: Conditions, duration: float) -> int:
    """Time steps of a duration in ps; raises ValueError for less than one."""
    steps = round(duration * 1000 / conditions.timestep)
    if steps < 1:
        raise ValueError(
            f"duration: {duration:g} ps is not allowed, it must be at least one time step"
        )
    return steps
