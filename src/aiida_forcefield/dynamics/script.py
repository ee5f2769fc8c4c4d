"""LAMMPS input scripts: from a packed box to an equilibrated liquid, and production legs.

Each leg reads a data file and the force field, and writes `FINAL_DATA`, from which the next leg
goes on; so production can be continued until the statistical error is small enough.
"""

from aiida_forcefield.dynamics.conditions import (
    CONDENSING,
    COOLING,
    FOLLOWING,
    HEAT,
    SETTLING,
    SOFT_STEPS,
    SOFT_TIMESTEP,
    SQUEEZE,
    THERMO_EVERY,
    THERMOSTAT,
    Conditions,
    steps_of,
)
from aiida_forcefield.dynamics.frames import DUMP_COLUMNS
from aiida_forcefield.dynamics.log import MEASURED, THERMO_KEYWORDS
from aiida_forcefield.dynamics.many_body import BODIES, ManyBody
from aiida_forcefield.units import BAR_PER_ATM

DATA = "system.data"
FORCE_FIELD = "forcefield.lmp"
FINAL_DATA = "final.data"
FRAMES = "frames.dump"

_BAROSTAT = 1000.0  # fs
# PPPM lays out its mesh for the box that a run begins with, with room for atoms up to half of the
# skin outside. A box that shrinks by a tenth takes that room away ("Out of range atoms"), so the
# liquid condenses in runs that are too short for it.
_CONDENSING_STEPS = 50
_TARGET = "$(v_target)"
_FRAME_FORMAT = "sort id format float %.6f"
_FRAME = f"write_dump all custom {FRAMES} {DUMP_COLUMNS} modify {_FRAME_FORMAT}"


def equilibration_script(
    conditions: Conditions,
    duration: float,
    seed: int,
    many_body: ManyBody | None = None,
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
    condensing, cooling = round(CONDENSING * steps), round(COOLING * steps)
    settling = (steps - condensing - cooling) // 2
    hot, squeezed = HEAT * conditions.temperature, _atm(SQUEEZE)
    hot_until = SOFT_STEPS + condensing
    return "\n".join(
        [
            *script_head(),
            "minimize 0 1e-2 100 500",
            "reset_timestep 0",
            f"velocity all create {hot:g} {seed} dist gaussian",
            f"timestep {SOFT_TIMESTEP:g}",
            "fix motion all nve/limit 0.05",
            f"fix heat all langevin {hot:g} {hot:g} {THERMOSTAT:g} {seed}",
            f"run {SOFT_STEPS}",
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
            *_follow(conditions, many_body, settling, SETTLING),
            f'print "{MEASURED}"',
            _FRAME,
            *_follow(conditions, many_body, steps - condensing - cooling - settling, SETTLING),
            f"{_FRAME} append yes",
            *script_end(),
        ]
    )


def production_script(
    conditions: Conditions,
    duration: float,
    frames_every: float | None = None,
    many_body: ManyBody | None = None,
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
            *_follow(conditions, many_body, steps_of(conditions, duration), FOLLOWING),
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


def _target(conditions: Conditions, many_body: ManyBody | None, molecules: int) -> list[str]:
    """Define the pressure that the barostat aims at, atm, as a function of the volume."""
    if many_body and molecules < 1:
        raise ValueError(f"molecules: {molecules} is not allowed, it must be a positive integer")
    outward = (
        f"-({_atm(many_body.pressure)})*({many_body.volume * molecules:.10g}/vol)^{BODIES}"
        if many_body
        else ""
    )
    return [f"variable target equal {_atm(conditions.pressure)}{outward}"]


def _follow(
    conditions: Conditions, many_body: ManyBody | None, steps: int, every: float
) -> list[str]:
    """NPT whose pressure follows the volume, where it depends on it; each ``every`` ps."""
    barostat = _barostat((conditions.temperature,) * 2, (_TARGET, _TARGET))
    following = f' every {steps_of(conditions, every)} "{barostat}"' if many_body else ""
    return [barostat, f"run {steps}{following}"]


def _barostat(temperatures: tuple[float, float], pressures: tuple[str, str]) -> str:
    """NPT from a temperature (K) and pressure (atm) to others."""
    first, last = temperatures
    return (
        f"fix motion all npt temp {first:g} {last:g} {THERMOSTAT:g} "
        f"iso {' '.join(pressures)} {_BAROSTAT:g}"
    )


def _atm(bar: float) -> str:
    return f"{bar / BAR_PER_ATM:.10g}"


def script_end() -> list[str]:
    """Keep the state in which the leg ends."""
    return [f"write_data {FINAL_DATA} nocoeff", ""]
