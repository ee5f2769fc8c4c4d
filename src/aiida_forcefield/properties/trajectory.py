"""What a property is measured from: all runs of one simulation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.dynamics.log import Thermo
from aiida_forcefield.dynamics.many_body import BODIES, ManyBody
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
        many_body: three-body dispersion, for which the barostat acts; None for a gas, and where
            it was not measured.
        frames: of each seed, all legs joined, as many of a leg as the property asked for.
    """

    system: System
    counts: tuple[int, ...]
    runs: tuple[Thermo, ...]
    many_body: ManyBody | None = None
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

    def outward(self, volume: float) -> float:
        """With how many bar three-body dispersion pushes at a volume per molecule (Å³)."""
        return self.many_body.pressure_at(volume) if self.many_body else 0.0

    def stiffness(self, volume: float) -> float:
        """By how much three-body dispersion makes the liquid stiffer, bar.

        It falls as V⁻³: −V dp/dV = 3 p. Between two looks at the volume the barostat aims at a
        constant pressure, so that the volume fluctuates with the stiffness of pairs alone.
        """
        return BODIES * self.outward(volume)
