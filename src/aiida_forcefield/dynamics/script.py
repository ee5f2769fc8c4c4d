"""LAMMPS input scripts: from a packed box to an equilibrated liquid, and production legs.

Each leg reads a data file and the force field, and writes `FINAL_DATA`, from which the next leg
goes on; so production can be continued until the statistical error is small enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aiida_forcefield.dynamics.frames import DUMP_COLUMNS
from aiida_forcefield.dynamics.log import MEASURED, THERMO_KEYWORDS
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import BAR_PER_ATM

DATA = "system.data"
FORCE_FIELD = "forcefield.lmp"
FINAL_DATA = "final.data"
FRAMES = "frames.dump"
THERMO_EVERY = 50  # steps

_THERMOSTAT = 100.0  # fs
_BAROSTAT = 1000.0  # fs
_SOFT_STEPS = 1000  # of 0.5 fs
# PPPM lays out its mesh for the box that a run begins with, with room for atoms up to half of the
# skin outside. A box that shrinks by a tenth takes that room away ("Out of range atoms"), so the
# liquid condenses in runs that are too short for it.
_CONDENSING_STEPS = 50
# Viscous liquids reach their structure slowly: ethylene carbonate, condensed at 313 K, was still
# contracting after 40 ps. It condenses hot, under a pressure at which no liquid boils.
_HEAT = 1.4  # of the temperature
_SQUEEZE = 3000.0  # bar
_CONDENSING, _COOLING = 0.4, 0.2  # of the time
# After which the barostat is told anew what pushes beyond pairs. Told once, at the volume of the
# liquid without it, it tore apart a liquid of ethylene carbonate (2800 bar); told of the volume
# before a leg, it pulled by 300 bar too little throughout the leg. Each time the volume comes to
# rest: told every ps, methanol's had too small fluctuations by a third.
_SETTLING = 1.0  # ps
_FOLLOWING = 5.0  # ps
_TARGET = "$(v_target)"
_FRAME_FORMAT = "sort id format float %.6f"
_FRAME = f"write_dump all custom {FRAMES} {DUMP_COLUMNS} modify {_FRAME_FORMAT}"


@dataclass(frozen=True)
class Conditions:
    """State of the liquid.

    Attributes:
        temperature: K.
        pressure: bar.
        rigid_bonds: LAMMPS bond types that SHAKE holds; see `rigid_bonds`.

    Raises:
        ValueError: if a value is not physical.
    """

    temperature: float
    pressure: float
    rigid_bonds: tuple[int, ...] = ()

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
        """In fs: 2 with SHAKE, 1 where bonds to hydrogen may vibrate."""
        return 2.0 if self.rigid_bonds else 1.0


def rigid_bonds(system: System) -> tuple[int, ...]:
    """LAMMPS types (from 1, species by species in the order of the terms) of bonds to hydrogen.

    Empty where an atom of some species has more than three hydrogens, as in methane: LAMMPS' SHAKE
    cannot hold such clusters, and while one bond to hydrogen vibrates, the time step is short.
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


def equilibration_script(
    conditions: Conditions,
    duration: float,
    seed: int,
    many_body: Sequence[ManyBody] = (),
    molecules: int = 0,
) -> str:
    """From a packed box, which is too dilute and may hold close contacts, to the liquid.

    Minimisation; 0.5 ps in which no atom moves more than 0.05 Å a step and a Langevin thermostat
    takes away what the contacts release; then NPT for ``duration`` (ps): the liquid condenses hot
    and under pressure, is brought to its conditions, and settles. The second half of that is
    measured, by which the liquid is judged, with a frame at its begin and its end. Seeds of LAMMPS
    are positive integers.

    Arguments and errors otherwise as of `production_script`.
    """
    if seed < 1:
        raise ValueError(f"seed: {seed} is not allowed, it must be a positive integer")
    steps = steps_of(conditions, duration)
    condensing, cooling = round(_CONDENSING * steps), round(_COOLING * steps)
    settling = (steps - condensing - cooling) // 2
    hot, squeezed = _HEAT * conditions.temperature, _atm(_SQUEEZE)
    hot_until = _SOFT_STEPS + condensing
    return "\n".join(
        [
            *script_head(),
            "minimize 0 1e-2 100 500",
            "reset_timestep 0",
            f"velocity all create {hot:g} {seed} dist gaussian",
            "timestep 0.5",
            "fix motion all nve/limit 0.05",
            f"fix heat all langevin {hot:g} {hot:g} {_THERMOSTAT:g} {seed}",
            f"run {_SOFT_STEPS}",
            "unfix heat",
            "unfix motion",
            "velocity all zero linear",
            *shake(conditions),
            _barostat((hot, hot), (squeezed, squeezed)),
            f"run {condensing} every {_CONDENSING_STEPS} NULL",
            _barostat((hot, conditions.temperature), (squeezed, _atm(conditions.pressure))),
            # Without its ends, a ramp would begin anew in each of the short runs.
            f"run {cooling} start {hot_until} stop {hot_until + cooling} "
            f"every {_CONDENSING_STEPS} NULL",
            *_target(conditions, many_body, molecules),
            *_follow(conditions, many_body, settling, _SETTLING),
            f'print "{MEASURED}"',
            _FRAME,
            *_follow(conditions, many_body, steps - condensing - cooling - settling, _SETTLING),
            f"{_FRAME} append yes",
            *script_end(),
        ]
    )


def production_script(
    conditions: Conditions,
    duration: float,
    frames_every: float | None = None,
    many_body: Sequence[ManyBody] = (),
    molecules: int = 0,
) -> str:
    """NPT for ``duration`` (ps) from where the data file's positions and velocities stand.

    With ``frames_every`` (ps), frames are written to `FRAMES`. The barostat pulls by what
    ``many_body`` pushes at the volume that so many ``molecules`` have at the time.

    Raises:
        ValueError: if a duration or, with ``many_body``, ``molecules`` is not positive.
    """
    dump = []
    if frames_every is not None:
        every = steps_of(conditions, frames_every)
        dump = [
            f"dump frames all custom {every} {FRAMES} {DUMP_COLUMNS}",
            f"dump_modify frames {_FRAME_FORMAT}",
        ]
    return "\n".join(
        [
            *script_head(),
            *shake(conditions),
            *_target(conditions, many_body, molecules),
            *dump,
            f'print "{MEASURED}"',
            *_follow(conditions, many_body, steps_of(conditions, duration), _FOLLOWING),
            *script_end(),
        ]
    )


def script_head() -> list[str]:
    """Read the system and the force field, and say what is printed."""
    return [
        "units real",
        "atom_style full",
        f"read_data {DATA}",
        f"include {FORCE_FIELD}",
        "neighbor 2.0 bin",
        # At every step: an atom at the boundary that strays farther than half of the skin before
        # it is noticed ends the run ("Out of range atoms"), rarely but surely.
        "neigh_modify delay 0 every 1 check yes",
        f"thermo_style custom {THERMO_KEYWORDS}",
        "thermo_modify line one flush yes format float %.10g",
        f"thermo {THERMO_EVERY}",
    ]


def shake(conditions: Conditions) -> list[str]:
    """Hold bonds to hydrogen, and the time step that goes with it."""
    types = " ".join(map(str, conditions.rigid_bonds))
    return [
        *([f"fix rigid all shake 1e-6 50 0 b {types}"] if types else []),
        f"timestep {conditions.timestep:g}",
    ]


def _target(conditions: Conditions, many_body: Sequence[ManyBody], molecules: int) -> list[str]:
    """Define the pressure that the barostat aims at, atm, as a function of the volume."""
    if many_body and molecules < 1:
        raise ValueError(f"molecules: {molecules} is not allowed, it must be a positive integer")
    outward = "".join(
        f"-({_atm(part.pressure)})*({part.volume * molecules:.10g}/vol)^{part.bodies}"
        for part in many_body
    )
    return [f"variable target equal {_atm(conditions.pressure)}{outward}"]


def _follow(
    conditions: Conditions, many_body: Sequence[ManyBody], steps: int, every: float
) -> list[str]:
    """NPT whose pressure follows the volume, where it depends on it; each ``every`` ps."""
    barostat = _barostat((conditions.temperature,) * 2, (_TARGET, _TARGET))
    following = f' every {steps_of(conditions, every)} "{barostat}"' if many_body else ""
    return [barostat, f"run {steps}{following}"]


def _barostat(temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
    """NPT from a temperature (K) and pressure (atm) to others."""
    first, last = temperatures
    return (
        f"fix motion all npt temp {first:g} {last:g} {_THERMOSTAT:g} "
        f"iso {' '.join(pressures)} {_BAROSTAT:g}"
    )


def _atm(bar: float) -> str:
    return f"{bar / BAR_PER_ATM:.10g}"


def script_end() -> list[str]:
    """Keep the state in which the leg ends."""
    return [f"write_data {FINAL_DATA} nocoeff", ""]


def steps_of(conditions: Conditions, duration: float) -> int:
    """Time steps of a duration in ps; raises ValueError for less than one."""
    steps = round(duration * 1000 / conditions.timestep)
    if steps < 1:
        raise ValueError(
            f"duration: {duration:g} ps is not allowed, it must be at least one time step"
        )
    return steps
