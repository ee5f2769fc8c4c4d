"""OpenMM as an engine: a script of ours, `openmm_job`, that reads and writes JSON.

It has no Nosé-Hoover barostat: Langevin's thermostat (``LangevinMiddleIntegrator``) and a Monte
Carlo barostat that moves molecules as a whole give the same ensemble.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

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
    rigid_bonds,
    steps_of,
)
from aiida_forcefield.dynamics.drudes import (
    DRUDE_TEMPERATURE,
    AtomsWithDrudes,
    motion_of,
)
from aiida_forcefield.dynamics.engine import File
from aiida_forcefield.dynamics.gas import FRICTION
from aiida_forcefield.dynamics.log import END_OF_LOG, MEASURED, Log, Thermo, hot_drudes
from aiida_forcefield.dynamics.many_body import BODIES, ManyBody
from aiida_forcefield.dynamics.motion import Motion, paced
from aiida_forcefield.dynamics.tail import count_types, energies_at_cutoff, tail_coefficient
from aiida_forcefield.potentials.export.lammps_data import numbered_terms
from aiida_forcefield.potentials.export.lammps_drudes import drude_charges, particles_of
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box, Frames
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import KJ_PER_MOL, NM

Array = NDArray[np.float64]

JOB: Final = "openmm_job.py"
MISSING: Final = "OpenMM is missing"
"""What the job says where Python does not find OpenMM."""

_FORCE_FIELD = "forcefield.xml"
_MOLECULES = "molecules.json"
_STATE = "state.json"
_FINAL = "final.json"
_FRAMES = "frames.jsonl"
_UNITS = {"volume": NM**3} | dict.fromkeys(
    ("potential_energy", "kinetic_energy", "tail"), KJ_PER_MOL
)
_COLUMNS = (
    *("step", "time", "temperature", "pressure", "density", "volume"),
    *("potential_energy", "kinetic_energy", "tail"),
)
_COLUMNS_WITH_DRUDES = (*_COLUMNS, "drudes")
_PS = 1000.0  # fs
# While it is measured, molecules exchange their energy by themselves: a strong friction would slow
# all motion down, and the volume with it.
_COLLISIONS = 1.0  # 1/ps
# Steps between trials of the barostat: many while the liquid condenses, which takes a third of the
# volume in some ps.
_CONDENSING_BAROSTAT, _BAROSTAT = 5, 25
_RAMP = 50  # steps between two temperatures of a ramp


def job_text() -> str:
    """The script that runs a leg."""
    return resources.files(__package__).joinpath(JOB).read_text()


class OpenMM:
    """See `engine.Engine`."""

    program: Final = "OpenMM"
    role: Final = "openmm"
    state: Final = _STATE
    final: Final = _FINAL
    frames: Final = _FRAMES

    def files(
        self, forcefield: ForceField, system: System, box: Box, cutoff: float, periodic: bool
    ) -> Mapping[str, File]:
        """Force field, molecules with their rigid bonds, and state."""
        molecules: dict[str, Any] = {
            "counts": {name: n for name, n in zip(system.names, box.counts, strict=True) if n},
            "constraints": _constraints(forcefield, system),
        }
        if periodic:
            molecules |= _cut_off(forcefield, system, box.counts, cutoff)
        positions = _with_drudes(forcefield, system, box)
        state = {"positions": (positions / NM).tolist(), "edges": (box.edges / NM).tolist()}
        return {
            "force_field": File(_FORCE_FIELD, write_openmm(forcefield, system)),
            "molecules": File(_MOLECULES, json.dumps(molecules) + "\n"),
            "system": File(_STATE, json.dumps(state) + "\n"),
        }

    def equilibration(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
        many_body: ManyBody | None = None,
        molecules: int = 0,
    ) -> str:
        """As for LAMMPS; the close contacts are released by a strong friction alone."""
        motion = motion_of(forcefield, system)
        conditions = paced(motion, conditions)
        steps = steps_of(conditions, duration)
        condensing, cooling = round(CONDENSING * steps), round(COOLING * steps)
        settling = (steps - condensing - cooling) // 2
        measured = steps - condensing - cooling - settling
        aim, timestep = conditions.temperature, conditions.timestep
        hot = HEAT * aim
        every = steps_of(conditions, SETTLING) if many_body else None
        stage = partial(_stage, friction=_PS / THERMOSTAT)
        squeezed = partial(stage, barostat_every=_CONDENSING_BAROSTAT)
        return _leg(
            motion,
            [
                stage(SOFT_STEPS, SOFT_TIMESTEP, hot, barostat_every=0),
                squeezed(condensing, timestep, hot, (SQUEEZE, SQUEEZE)),
                squeezed(
                    *(cooling, timestep, (hot, aim), (SQUEEZE, conditions.pressure)),
                    control_every=_RAMP,
                ),
                *(stage(part, timestep, aim, control_every=every) for part in (settling, measured)),
            ],
            target=_target(conditions, many_body, molecules),
            seed=_checked(seed),
            frames_every=measured,
        )

    def production(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        frames_every: float | None = None,
        many_body: ManyBody | None = None,
        molecules: int = 0,
    ) -> str:
        """As for LAMMPS; the state has the seed of the noise."""
        motion = motion_of(forcefield, system)
        conditions = paced(motion, conditions)
        every = steps_of(conditions, FOLLOWING) if many_body else None
        steps, aim = steps_of(conditions, duration), conditions.temperature
        return _leg(
            motion,
            [_stage(steps, conditions.timestep, aim, control_every=every)],
            target=_target(conditions, many_body, molecules),
            frames_every=steps_of(conditions, frames_every) if frames_every else None,
        )

    def gas_equilibration(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
    ) -> str:
        """As for LAMMPS."""
        return _gas(forcefield, system, conditions, 2 * [duration / 2], _checked(seed))

    def gas_production(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
        leg: int,
    ) -> str:
        """The same for all seeds and legs, since the state has the seed of the noise."""
        return _gas(forcefield, system, conditions, [duration], None)

    def read_log(self, text: str) -> Log:
        """The columns of OpenMM's jobs; parts of the nonbonded energy are not among them."""
        lines = text.split("\n")[:-1]
        end = [line.split() for line in lines if line.startswith(END_OF_LOG)]
        table = _measured(lines)
        return Log(
            thermo=_thermo(table) if table else None,
            warnings=hot_drudes(table.get("drudes", np.zeros(0))),
            errors=tuple(
                line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")
            ),
            finished=bool(end),
            cpu_seconds=sum(float(words[7]) for words in end),
            wall_seconds=sum(float(words[3]) for words in end),
        )

    def is_whole(self, text: str) -> bool:
        """A state that is cut short is no JSON."""
        try:
            state = json.loads(text)
            return bool(np.shape(state["positions"]) == np.shape(state["velocities"]))
        except (ValueError, KeyError, TypeError):
            return False

    def read_frames(self, text: str, counts: Sequence[int], atoms: int) -> Frames:
        """A line for each."""
        try:
            frames = [json.loads(line) for line in text.split("\n")[:-1]]
            positions, edges = (
                np.array([frame[name] for frame in frames], dtype=float) * NM
                for name in ("positions", "edges")
            )
        except (ValueError, KeyError, TypeError):
            frames = []
        if not frames or not text.endswith("\n"):
            raise ValueError(f"{_FRAMES} is cut short")
        if positions.shape[1:] != (atoms, 3) or edges.shape[1:] != (3,):
            raise ValueError(f"{_FRAMES}: frames of shape {positions.shape[1:]}, not {(atoms, 3)}")
        return Frames(tuple(counts), positions, edges)


def _cut_off(
    forcefield: ForceField, system: System, counts: Sequence[int], cutoff: float
) -> dict[str, Any]:
    """What the job has to know of the cutoff, to have the energy and the pressure of LAMMPS.

    The barostat compares energies. Those of pairs jump at the cutoff, while forces and virial, by
    which LAMMPS has its pressure, do not know of it; argon's pressure differed by 20 bar. So its
    energies are taken from that ``at_cutoff``; by how much the volume then has to add to `tail` for
    the virial beyond the cutoff is the `jump`. Both are energies times the volume.
    """
    atoms, names = count_types(system, counts), system.type_names
    drudes = drude_charges(forcefield.electrostatics, system)
    numbers = np.array([atoms[name] for name in names], dtype=float)
    energies = energies_at_cutoff(forcefield, system, cutoff)
    tail = tail_coefficient(forcefield, system, counts, cutoff)
    jump = 2 * np.pi / 3 * cutoff**3 * numbers @ energies @ numbers
    kinds = {
        name: [names.index(each) for each in system.types_of(name)]
        + [len(names)] * len(particles_of(forcefield.electrostatics, system, name).hosts)
        for name in system.names
    }
    return {
        "cutoff": cutoff / NM,
        "tail": tail / KJ_PER_MOL / NM**3,
        "jump": float(jump) / KJ_PER_MOL / NM**3,
        "types": kinds,
        "at_cutoff": (np.pad(energies, (0, bool(drudes))) / KJ_PER_MOL).tolist(),
    }


def _with_drudes(forcefield: ForceField, system: System, box: Box) -> Array:
    """Positions of the atoms and, behind those of each molecule, of its Drude particles, Å."""
    placed, start = [], 0
    for name, count in zip(system.names, box.counts, strict=True):
        particles = particles_of(forcefield.electrostatics, system, name)
        atoms = len(system.of_name(name).symbols)
        for _ in range(count):
            molecule = box.positions[start : start + atoms]
            placed += [molecule, particles.start(molecule)]
            start += atoms
    return np.concatenate(placed)


def _constraints(forcefield: ForceField, system: System) -> dict[str, list[tuple[int, int, float]]]:
    """By species, two atoms and their distance (nm), as LAMMPS' SHAKE holds it: that at rest."""
    held, terms = rigid_bonds(system), numbered_terms(system, "bond")
    rigid = {terms[number - 1].name for number in held}
    return {
        name: [
            (i, j, forcefield.term(term.name).parameters["r0"] / NM)
            for term in system.terms_of(name)
            if term.name in rigid
            for i, j in term.members
        ]
        for name in system.names
    }


def _stage(
    steps: int,
    timestep: float,
    temperature: float | tuple[float, float],
    pressure: tuple[float, float] | None = None,
    friction: float = _COLLISIONS,
    barostat_every: int = _BAROSTAT,
    control_every: int | None = None,
) -> dict[str, Any]:
    """A part of a leg, at one temperature or from one to another; without a pressure it aims at
    the target, which it looks up after so many steps.
    """
    return {
        "steps": steps,
        "timestep": timestep / _PS,
        "temperature": temperature if isinstance(temperature, tuple) else (temperature,) * 2,
        "pressure": pressure,
        "friction": friction,
        "barostat_every": barostat_every,
        "control_every": control_every,
    }


def _gas(
    forcefield: ForceField,
    system: System,
    conditions: Conditions,
    durations: Sequence[float],
    seed: int | None,
) -> str:
    motion = motion_of(forcefield, system)
    conditions = paced(motion, conditions)
    aim, timestep = conditions.temperature, conditions.timestep
    stages = [
        _stage(steps_of(conditions, each), timestep, aim, friction=_PS / FRICTION)
        for each in durations
    ]
    return _leg(motion, stages, target=None, seed=seed)


def _leg(
    motion: Motion,
    stages: Sequence[Mapping[str, Any]],
    target: Mapping[str, Any] | None,
    seed: int | None = None,
    frames_every: int | None = None,
) -> str:
    """A leg as its job reads it, the last stage of which is measured; the first one has a seed."""
    names = {
        "force_field": _FORCE_FIELD,
        "molecules": _MOLECULES,
        "state": _STATE,
        "final": _FINAL,
        **({"frames": _FRAMES} if frames_every else {}),
    }
    leg: dict[str, Any] = {
        "files": names,
        "seed": seed,
        "stages": stages,
        "target": target,
        "sample_every": THERMO_EVERY,
        "frames_every": frames_every,
        "mark": MEASURED,
        "columns": _COLUMNS,
    }
    if isinstance(motion, AtomsWithDrudes):
        leg["drude_temperature"] = DRUDE_TEMPERATURE
        leg["columns"] = _COLUMNS_WITH_DRUDES
    return json.dumps(leg, indent=1) + "\n"


def _target(conditions: Conditions, many_body: ManyBody | None, molecules: int) -> dict[str, Any]:
    """The pressure that the barostat aims at, as a function of the volume."""
    if many_body and molecules < 1:
        raise ValueError(f"molecules: {molecules} is not allowed, it must be a positive integer")
    outward = (
        {
            "pressure": many_body.pressure,
            "volume": many_body.volume * molecules / NM**3,
            "bodies": BODIES,
        }
        if many_body
        else None
    )
    return {"pressure": conditions.pressure, "outward": outward}


def _checked(seed: int) -> int:
    if seed < 1:
        raise ValueError(f"seed: {seed} is not allowed, it must be a positive integer")
    return seed


def _measured(lines: Sequence[str]) -> dict[str, Array]:
    """The rows behind the names of the columns, column by column; none where there are none."""
    for columns in (_COLUMNS, _COLUMNS_WITH_DRUDES):
        if (header := " ".join(columns)) in lines:
            rows = [*_rows(lines[lines.index(header) + 1 :], len(columns))]
            return dict(zip(columns, np.array(rows).T, strict=True)) if rows else {}
    return {}


def _rows(lines: Sequence[str], length: int) -> Iterator[list[float]]:
    for line in lines:
        try:
            row = [float(word) for word in line.split()]
        except ValueError:  # an error, or the end
            return
        if len(row) != length:
            return
        yield row


def _thermo(table: Mapping[str, Array]) -> Thermo:
    columns = {name: column * _UNITS.get(name, 1.0) for name, column in table.items()}
    columns["total_energy"] = columns["potential_energy"] + columns["kinetic_energy"]
    unknown = np.full(len(columns["step"]), np.nan)
    return Thermo(**{each.name: columns.get(each.name, unknown) for each in fields(Thermo)})
