"""What an engine is: how it declares what it can do, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .interaction import Interaction
    from .job import Fragment, Job
    from .potential import Electrostatics

Array = NDArray[np.float64]
Parameters = dict[str, Any]
Section = tuple[type, tuple[str, ...] | None]
"""Type of the value of a key, and the keys allowed inside; None where any are."""

Capability = Literal[
    "gradient",
    "hessian",
    "stress",
    "dipole",
    "polarizability",
    "potential",
    "counterpoise",
    "periodic",
    "correlation",
    "solvent",
    "gpu",
]

Abilities = Mapping[str, frozenset[Capability]]
Sections = Mapping[str, Section]


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do, as it is set up.

    Attributes:
        engine: its name, with the setting that limits it: ``pyscf with correlation``.
        names: what it can do beside energies. ``hessian`` is an analytic one: others are
            differences of gradients. ``stress`` is that of the cells of ``periodic``.
        cheap: gradients cost less than the way to them, and are exact to many digits.
    """

    engine: str
    names: frozenset[Capability]
    cheap: bool = False

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def refusal(self, key: str) -> ValueError:
        """The error that says that a key of the parameters asks for too much."""
        can = ", ".join(sorted(self.names)) or "energies only"
        return ValueError(f"parameters.{key}: the engine {self.engine} cannot do it; it can: {can}")


class Engine:
    """Computes molecules of the same atoms; each engine overrides what it can do.

    Attributes:
        can: what it can do.
    """

    can: Capabilities

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """Energy in eV and, if asked for, its gradient (n, 3) in eV/Å, at positions (n, 3) in Å.

        Raises:
            PointError: the SCF does not converge.
        """
        raise NotImplementedError

    def dipole(self, positions: Array) -> Array:
        """Dipole about the origin, shape (3,), Debye; raises as `evaluate`."""
        raise NotImplementedError

    def polarizability(self, positions: Array) -> Array:
        """Static dipole polarizability, symmetric, shape (3, 3), Å³; raises as `evaluate`."""
        raise NotImplementedError

    def hessian(self, positions: Array) -> Array:
        """Analytic second derivatives, symmetric, shape (3n, 3n), eV/Å²; raises as `evaluate`."""
        raise NotImplementedError

    def electrostatics(self, positions: Array, grid: Array, conductor: bool) -> Electrostatics:
        """Potential at points (m, 3) in Å and dipole; of the molecule alone or, as a conductor
        around it polarises it, in its place; raises as `evaluate`."""
        raise NotImplementedError

    def counterpoise(
        self, fragments: Sequence[Fragment], own: Callable[[Fragment], Any]
    ) -> Callable[[Array], Interaction]:
        """Makes interaction energies that are free of the superposition error of basis sets.

        Args:
            fragments: the molecules of the cluster.
            own: makes the engine of one molecule.
        """
        raise NotImplementedError


class CrystalEngine:
    """Computes cells of the same ions.

    Attributes:
        can: what it can do.
    """

    can: Capabilities

    def evaluate(
        self, lattice: Array, positions: Array, derivatives: bool
    ) -> tuple[float, Array | None, Array | None]:
        """Energy of a cell in eV and, if asked for, its derivatives.

        Args:
            lattice: vectors of the cell, one a row, shape (3, 3), Å.
            positions: shape (n, 3), Å.
            derivatives: whether gradient and stress are wanted.

        Returns:
            The energy; its gradient, shape (n, 3), eV/Å; and the stress (dE/dε) / V, shape
            (3, 3), eV/Å³.

        Raises:
            PointError: the cell cannot be computed.
        """
        raise NotImplementedError


class Declaration:
    """What an engine can do and what it takes, told without loading its program.

    Each file of `engines` has one, ``DECLARATION``.

    Attributes:
        name: of the engine, and of its file.
        can: what it can do; by the key of the parameters that limits or extends it, "" without.
        sections: keys of the parameters that are its own.
        level: those of them that its energies depend on.
    """

    name: ClassVar[str]
    can: ClassVar[Abilities]
    sections: ClassVar[Sections]
    level: ClassVar[tuple[str, ...]]

    def capabilities(self, parameters: Mapping[str, Any]) -> Capabilities:
        """What the engine can do with these parameters."""
        key = next((key for key in self.can if parameters.get(key)), "")
        return Capabilities(f"{self.name} with {key}" if key else self.name, self.can[key])

    def check(self, parameters: Parameters) -> None:
        """Check its own sections, of which keys and types are known to be right.

        Raises:
            ValueError: with one line that names the key.
        """

    def method(self, parameters: Mapping[str, Any]) -> str:
        """Name of the method, for people: ``PBE0/def2-SVP``."""
        raise NotImplementedError

    def packages(self, parameters: Parameters) -> tuple[str, ...]:
        """Python packages beside NumPy that it needs where the job runs."""
        return ()

    def start(self, threads: int, kilobytes: int | None) -> None:
        """Have its program keep to threads and memory; called once, before any engine is made."""

    def molecule(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, parameters: Parameters
    ) -> Engine:
        """The engine of a molecule.

        Args:
            symbols: element of each atom.
            charge: total charge, e.
            multiplicity: spin multiplicity, 2S + 1.
            parameters: checked settings.

        Raises:
            ValueError: the settings do not suit the engine or the molecule.
            ProgramError: its program is missing.
        """
        raise NotImplementedError

    def crystal(self, job: Job, parameters: Parameters) -> CrystalEngine:
        """The engine of a job's cells; raises as `molecule`."""
        raise NotImplementedError
