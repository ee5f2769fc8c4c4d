"""What a program of molecular dynamics has to do for a simulation."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from aiida_forcefield.dynamics.conditions import Conditions
from aiida_forcefield.dynamics.log import Log
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box, Frames
from aiida_forcefield.topology.system import System


class File(NamedTuple):
    """A file of a job."""

    name: str
    text: str


class Engine(Protocol):
    """A program of molecular dynamics, told what to do in files and asked what it did.

    A simulation is made of legs, each a job. It reads the files of the simulation, the state in
    which the leg before ended, and a script; it writes a log, its final state and frames. All
    engines follow the same course, in the same ensemble, with the same cutoff, tail correction,
    time step and rigid bonds.

    Attributes:
        program: its name, for people.
        role: of its code in a study.
        state, final, frames: names of the files of the state that a leg begins with and ends in,
            and of frames; a script that asks for frames names the file.
    """

    @property
    def program(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def final(self) -> str: ...
    @property
    def frames(self) -> str: ...

    def files(
        self, forcefield: ForceField, system: System, box: Box, cutoff: float, periodic: bool
    ) -> Mapping[str, File]:
        """The files of a simulation by their labels; ``system`` is the state that it begins with.

        Args:
            forcefield: what acts between the atoms.
            system: the species.
            box: the molecules.
            cutoff: of the nonbonded form and real-space Coulomb interactions, Å.
            periodic: False for one molecule in vacuum.

        Raises:
            ValueError: the program cannot say a term of the force field.
        """

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
        """The script of the first leg of a liquid; see `script.equilibration_script`."""

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
        """That of any other leg of a liquid; see `script.production_script`."""

    def gas_equilibration(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
    ) -> str:
        """That of the first leg of one molecule; see `gas.gas_equilibration_script`."""

    def gas_production(
        self,
        forcefield: ForceField,
        system: System,
        conditions: Conditions,
        duration: float,
        seed: int,
        leg: int,
    ) -> str:
        """That of any other leg of one molecule; see `gas.gas_production_script`."""

    def read_log(self, text: str) -> Log:
        """What a leg printed."""

    def is_whole(self, text: str) -> bool:
        """Whether a final state was written to its end."""

    def read_frames(self, text: str, counts: Sequence[int], atoms: int) -> Frames:
        """The frames of a leg.

        Args:
            text: of the file.
            counts: number of molecules of each species.
            atoms: of all of them together.

        Raises:
            ValueError: the file is cut short, or of another box.
        """
