"""What a property is measured from: all runs of one simulation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.statistics import detect_equilibration
from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Independent runs of a simulation.

    Attributes:
        system: its species.
        counts: number of molecules of each.
        runs: thermodynamic output of each seed, all legs joined.
        many_body: what the liquid has beyond pairs, for which the barostat acts; empty for a gas.
        many_body_error: standard error of the pressure of all parts together, bar.
        frames: of each seed, all legs joined, as many of a leg as the property asked for.
    """

    system: System
    counts: tuple[int, ...]
    runs: tuple[Thermo, ...]
    many_body: dict[str, ManyBody]
    many_body_error: float = 0.0
    frames: tuple[Frames, ...] = ()

    @property
    def molecules(self) -> int:
        """How many there are in all."""
        return sum(self.counts)

    @property
    def interval(self) -> float:
        """Time between two samples, ps."""
        return float(np.median(np.diff(self.runs[0].time)))

    @property
    def production(self) -> list[float]:
        """How long each seed ran, ps."""
        return [float(run.time[-1] - run.time[0]) for run in self.runs]

    def settled(self) -> tuple[Thermo, ...]:
        """The runs from where their volumes are in equilibrium."""
        return tuple(run[detect_equilibration(run.volume) :] for run in self.runs)

    def outward(self, volume: float) -> dict[str, float]:
        """With how many bar each part beyond pairs pushes at a volume per molecule (Å³)."""
        return {name: part.pressure_at(volume) for name, part in self.many_body.items()}

    def stiffness(self, volume: float) -> float:
        """By how much what is beyond pairs makes the liquid stiffer, bar.

        It falls as V⁻ᵏ: −V dp/dV = k p. Between two looks at the volume the barostat aims at a
        constant pressure, so that the volume fluctuates with the stiffness of pairs alone.
        """
        outward = self.outward(volume)
        return sum(part.bodies * outward[name] for name, part in self.many_body.items())
