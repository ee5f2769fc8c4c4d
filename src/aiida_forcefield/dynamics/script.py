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
    THERMOSTAT,
    Conditions,
    steps_of,
)
from aiida_forcefield.dynamics.frames import DUMP_COLUMNS
from aiida_forcefield.dynamics.log import MEASURED
from aiida_forcefield.dynamics.many_body import BODIES, ManyBody
from aiida_forcefield.dynamics.motion import ATOMS, Motion, paced
from aiida_forcefield.units import BAR_PER_ATM

FINAL_DATA = "final.data"
FRAMES = "frames.dump"

# PPPM lays out its mesh for the box that a run begins with, with room for atoms up to half of the
# skin outside. A box that shrinks by a tenth takes that room away ("Out of range atoms"), so the
# liquid condenses in runs that are too short for it.
_CONDENSING_STEPS = 50
_TARGET = "$(v_target)"
_FRAME_FORMAT = "sort id format float %.6f"


def equilibration_script(
    conditions: Conditions,
    duration: float,
    seed: int,
    many_body: ManyBody | None = None,
    molecules: int = 0,
    motion: Motion = ATOMS,
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
    conditions = paced(motion, conditions)
    steps = steps_of(conditions, duration)
    condensing, cooling = round(CONDENSING * steps), round(COOLING * steps)
    settling = (steps - condensing - cooling) // 2
    measured = steps - condensing - cooling - settling
    hot, squeezed = HEAT * conditions.temperature, _atm(SQUEEZE)
    hot_until = SOFT_STEPS + condensing
    frame = f"write_dump {motion.atoms} custom {FRAMES} {DUMP_COLUMNS} modify {_FRAME_FORMAT}"
    return "\n".join(
        [
            *motion.head(),
            *motion.minimize(),
            "reset_timestep 0",
            f"velocity all create {hot:g} {seed} dist gaussian",
            f"timestep {SOFT_TIMESTEP:g}",
            "fix motion all nve/limit 0.05",
            motion.langevin(hot, THERMOSTAT, seed),
            f"run {SOFT_STEPS}",
            "unfix heat",
            "unfix motion",
            "velocity all zero linear",
            *shake(conditions),
            *motion.before_barostat(),
            motion.barostat((hot, hot), (squeezed, squeezed)),
            f"run {condensing} every {_CONDENSING_STEPS} NULL",
            motion.barostat((hot, conditions.temperature), (squeezed, _atm(conditions.pressure))),
            # Without its ends, a ramp would begin anew in each of the short runs.
            f"run {cooling} start {hot_until} stop {hot_until + cooling} "
            f"every {_CONDENSING_STEPS} NULL",
            *_target(conditions, many_body, molecules),
            *_follow(motion, conditions, many_body, settling, SETTLING),
            f'print "{MEASURED}"',
            frame,
            *_follow(motion, conditions, many_body, measured, SETTLING),
            f"{frame} append yes",
            *script_end(),
        ]
    )


def production_script(
    conditions: Conditions,
    duration: float,
    frames_every: float | None = None,
    many_body: ManyBody | None = None,
    molecules: int = 0,
    motion: Motion = ATOMS,
) -> str:
    """NPT for ``duration`` (ps) from where the data file's positions and velocities stand.

    With ``frames_every`` (ps), frames are written to `FRAMES`. The barostat pulls by what
    ``many_body`` pushes at the volume that so many ``molecules`` have at the time. ``motion`` says
    what moves.

    Raises:
        ValueError: if a duration or, with ``many_body``, ``molecules`` is not positive.
    """
    conditions = paced(motion, conditions)
    dump = []
    if frames_every is not None:
        every = steps_of(conditions, frames_every)
        dump = [
            f"dump frames {motion.atoms} custom {every} {FRAMES} {DUMP_COLUMNS}",
            f"dump_modify frames {_FRAME_FORMAT}",
        ]
    return "\n".join(
        [
            *motion.head(),
            *shake(conditions),
            *motion.before_barostat(),
            *_target(conditions, many_body, molecules),
            *dump,
            f'print "{MEASURED}"',
            *_follow(motion, conditions, many_body, steps_of(conditions, duration), FOLLOWING),
            *script_end(),
        ]
    )


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
    motion: Motion, conditions: Conditions, many_body: ManyBody | None, steps: int, every: float
) -> list[str]:
    """NPT whose pressure follows the volume, where it depends on it; each ``every`` ps."""
    barostat = motion.barostat((conditions.temperature,) * 2, (_TARGET, _TARGET))
    following = f' every {steps_of(conditions, every)} "{barostat}"' if many_body else ""
    return [barostat, f"run {steps}{following}"]


def _atm(bar: float) -> str:
    return f"{bar / BAR_PER_ATM:.10g}"


def script_end() -> list[str]:
    """Keep the state in which the leg ends."""
    return [f"write_data {FINAL_DATA} nocoeff", ""]
