"""Reading LAMMPS logs, also those of jobs that were cut off."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.units import BAR_PER_ATM, KCAL_PER_MOL

_UNITS = {"Time": 1e-3, "Press": BAR_PER_ATM} | dict.fromkeys(
    ("PotEng", "KinEng", "TotEng", "E_vdwl", "E_coul", "E_long", "E_tail"), KCAL_PER_MOL
)
_FIELDS = {
    "Step": "step",
    "Time": "time",
    "Temp": "temperature",
    "Press": "pressure",
    "Density": "density",
    "Volume": "volume",
    "PotEng": "potential_energy",
    "KinEng": "kinetic_energy",
    "TotEng": "total_energy",
    "E_vdwl": "van_der_waals",
    "E_coul": "coulomb",
    "E_long": "long_range",
    "E_tail": "tail",
}
THERMO_KEYWORDS = "step time temp press density vol pe ke etotal evdwl ecoul elong etail"
"""What the scripts print; the columns of `Thermo`, in order."""

DRUDES = "Drudes"
"""Column of the temperature of Drude particles, after those of all liquids."""

HOT_DRUDES = 10.0  # K

MEASURED = "measured from here"
"""What a script prints before the runs that are looked at."""

END_OF_LOG = "Total wall time:"
"""How the last line begins that LAMMPS writes."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*([eE][-+]?\d+)?|nan|inf)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Thermo:
    """Thermodynamic output of one or more runs; arrays of equal length.

    Attributes:
        step: time step.
        time: ps.
        temperature: K.
        pressure: bar.
        density: g/cm³.
        volume: Å³.
        potential_energy, kinetic_energy, total_energy: eV.
        van_der_waals: pair energy without Coulomb, the tail included, eV.
        coulomb: real-space part of the Coulomb energy, eV.
        long_range: reciprocal-space part of the Coulomb energy, eV.
        tail: correction of the van der Waals energy for the cutoff, eV.

    OpenMM tells no part of the nonbonded energy but the tail; the others are NaN.
    """

    step: NDArray[np.float64]
    time: NDArray[np.float64]
    temperature: NDArray[np.float64]
    pressure: NDArray[np.float64]
    density: NDArray[np.float64]
    volume: NDArray[np.float64]
    potential_energy: NDArray[np.float64]
    kinetic_energy: NDArray[np.float64]
    total_energy: NDArray[np.float64]
    van_der_waals: NDArray[np.float64]
    coulomb: NDArray[np.float64]
    long_range: NDArray[np.float64]
    tail: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.step)

    def __getitem__(self, samples: slice) -> Self:
        return type(self)(**{each.name: getattr(self, each.name)[samples] for each in fields(self)})

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """One after the other: the legs of a run.

        A leg starts at time 0 with the state in which the one before ended; that sample is kept
        once, and the times go on.
        """
        columns = {field.name: getattr(parts[0], field.name) for field in fields(cls)}
        for part in parts[1:]:
            for name, column in columns.items():
                offset = column[-1] if name in ("step", "time") else 0.0
                columns[name] = np.concatenate([column, getattr(part, name)[1:] + offset])
        return cls(**columns)


@dataclass(frozen=True, eq=False)
class Log:
    """What a LAMMPS log says.

    Attributes:
        thermo: output of the runs after the last line `MEASURED`, one after the other, if any.
        warnings: texts of the warnings, each once, and one on dangerous neighbour list builds.
        errors: texts of the errors.
        finished: whether LAMMPS came to the end of its script.
        cpu_seconds: processor time of all runs that ended.
        wall_seconds: of all runs that ended.
    """

    thermo: Thermo | None
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    finished: bool
    cpu_seconds: float
    wall_seconds: float


def parse_log(text: str) -> Log:
    """Read a log written with ``units real`` and the thermo style `THERMO_KEYWORDS`.

    A last line without its end is ignored, since its last number may be cut off. Where the log
    does not contain what is asked for, as after an early crash, `Log.thermo` is None.
    """
    lines = text.split("\n")[:-1]
    loops = [
        (float(match[1]), int(match[2]))
        for match in re.finditer(r"^Loop time of (\S+) on (\d+) procs", text, re.MULTILINE)
    ]
    shares = [float(x) for x in re.findall(r"^\s*([\d.]+)% CPU use with", text, re.MULTILINE)]
    builds = sum(int(n) for n in re.findall(r"^Dangerous builds = (\d+)", text, re.MULTILINE))
    warnings = [line.removeprefix("WARNING:").strip() for line in lines if line[:8] == "WARNING:"]
    if builds:
        warnings.append(f"{builds} dangerous neighbour list builds: interactions may be missing")
    table = _measured(lines)
    return Log(
        thermo=_thermo(table) if len(table) else None,
        warnings=(*dict.fromkeys(warnings), *hot_drudes(table[:, len(_FIELDS) :])),
        errors=tuple(
            line.removeprefix("ERROR").strip(" :") for line in lines if line[:5] == "ERROR"
        ),
        finished=any(line.startswith(END_OF_LOG) for line in lines),
        cpu_seconds=sum(
            seconds * processes * share / 100
            for (seconds, processes), share in zip(loops, shares, strict=False)
        ),
        wall_seconds=sum(seconds for seconds, _ in loops),
    )


def hot_drudes(temperatures: NDArray[np.float64]) -> tuple[str, ...]:
    """A warning where Drude particles, of some temperatures (K) if there are any, are not cold."""
    if not temperatures.size or temperatures.mean() <= HOT_DRUDES:
        return ()
    found = f"{temperatures.mean():.0f} K"
    return (f"Drude particles at {found}: induced dipoles are not those at rest",)


def _measured(lines: Sequence[str]) -> NDArray[np.float64]:
    """Rows of the columns of `Thermo`, and of `DRUDES` where there are any."""
    table: list[list[float]] = []
    header: list[str] = []
    marked = False
    for line in lines:
        words = line.split()
        if line == MEASURED:
            marked, table = True, []
        elif words in (list(_FIELDS), [*_FIELDS, DRUDES]):
            header = words if marked else []
        elif line.startswith(("Loop time of", "ERROR")):
            header = []
        elif header and len(words) == len(header) and all(map(_NUMBER.match, words)):
            row = [float(word) for word in words]
            # A run begins with the state in which the one before ended.
            if not table or row[0] != table[-1][0]:
                table.append(row)
    return np.array(table or np.zeros((0, len(_FIELDS))))


def _thermo(table: NDArray[np.float64]) -> Thermo:
    return Thermo(
        **{
            name: table[:, column] * _UNITS.get(header, 1.0)
            for column, (header, name) in enumerate(_FIELDS.items())
        }
    )
