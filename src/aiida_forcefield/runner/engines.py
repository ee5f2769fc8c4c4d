"""What an engine is, the tblite engine, and how a job gets its engines."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .job import Job
from .mean_field import Pyscf
from .status import PointError, Status
from .units import BOHR, DEBYE, HARTREE

Array = NDArray[np.float64]

SHORTEST = 0.4
"""No two atoms are nearer than this (Å) in anything but a mistake; H-H at its minimum is 0.74."""


HEAVIEST = 86
"""Atomic number of radon, the last element of GFN2-xTB."""


class Engine(Protocol):
    """Energies and gradients of one set of atoms."""

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """Energy in eV and, if asked for, its gradient (n, 3) in eV/Å, at positions (n, 3) in Å.

        Raises:
            PointError: the SCF does not converge.
        """

    def dipole(self, positions: Array) -> Array:
        """Dipole about the origin, shape (3,), Debye; raises as `evaluate`."""


class Tblite:
    """An extended tight-binding method of tblite.

    Args:
        symbols: element of each atom.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1.
        method: GFN1-xTB, GFN2-xTB or IPEA1-xTB.
    """

    # A hundredth of tblite's default: Hessians and path tangents are differences of gradients.
    ACCURACY = 0.01

    def __init__(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, method: str
    ) -> None:
        from tblite.interface import Calculator, symbols_to_numbers

        numbers = np.array(symbols_to_numbers(list(symbols)))
        unpaired = multiplicity - 1
        start = np.arange(3.0 * len(symbols)).reshape(-1, 3)  # replaced by every evaluation
        self._calculator = Calculator(method, numbers, start, charge=charge, uhf=unpaired)
        self._calculator.set("verbosity", 0)
        self._calculator.set("accuracy", self.ACCURACY)
        self._latest: Any = None

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """See `Engine.evaluate`; starts from the charges of the geometry before."""
        from tblite.exceptions import TBLiteRuntimeError

        self._calculator.update(positions / BOHR)
        try:
            self._latest = self._calculator.singlepoint(self._latest)
        except TBLiteRuntimeError as error:
            self._latest = None
            status: Status = "error"
            if "converge" in str(error).lower():
                status = "scf_not_converged"
            raise PointError(status, f"tblite: {error}") from error
        energy = float(self._latest.get("energy")) * HARTREE
        return energy, self._latest.get("gradient") * (HARTREE / BOHR) if gradient else None

    def dipole(self, positions: Array) -> Array:
        """See `Engine.dipole`."""
        self.evaluate(positions, gradient=False)
        return np.asarray(self._latest.get("dipole")) * DEBYE


def check_distances(positions: Array) -> None:
    """Refuse overlapping atoms, which some engines bear in silence and some with a crash.

    Raises:
        PointError: two atoms are nearer than `SHORTEST`.
    """
    i, j = np.triu_indices(len(positions), 1)
    distances = np.linalg.norm(positions[i] - positions[j], axis=1)
    if len(distances) and distances.min() < SHORTEST:
        nearest = distances.argmin()
        raise PointError(
            "atoms_overlap",
            f"atoms {i[nearest]} and {j[nearest]} are only {distances[nearest]:.3f} Å apart",
        )


def energy_engine(job: Job) -> Engine:
    """The engine of a job's energies.

    Raises:
        ValueError: the settings do not suit the engine or the molecule.
    """
    check_electrons(job)
    if job.parameters["engine"] == "tblite":
        return Tblite(job.symbols, job.charge, job.multiplicity, job.parameters["tblite"]["method"])
    return potential_engine(job)


def potential_engine(job: Job) -> Pyscf:
    """The PySCF engine of a job, which also gives densities; raises as `energy_engine`."""
    return Pyscf(job.symbols, job.charge, job.multiplicity, job.parameters)


def relaxation_engine(job: Job, energies: Engine) -> Engine | None:
    """The engine of a job's relaxations: None without, ``energies`` itself where it is the same."""
    settings = job.parameters.get("relaxation")
    if settings is None:
        return None
    if settings["engine"] == "pyscf":
        return energies
    if job.parameters["engine"] == "tblite" and (
        job.parameters["tblite"]["method"] == settings["method"]
    ):
        return energies
    return Tblite(job.symbols, job.charge, job.multiplicity, settings["method"])


def cheap_engine(job: Job, surface: Engine) -> Tblite | None:
    """GFN2-xTB, where it knows all atoms, for second derivatives in place of a dearer surface's."""
    from pyscf.data.elements import ELEMENTS

    known = all(ELEMENTS.index(symbol) <= HEAVIEST for symbol in job.symbols)
    if isinstance(surface, Tblite) or not known:
        return None
    return Tblite(job.symbols, job.charge, job.multiplicity, "GFN2-xTB")


def check_electrons(job: Job) -> None:
    """Refuse unknown elements and a multiplicity that the electrons cannot have.

    Raises:
        ValueError: naming the element or the multiplicity.
    """
    from pyscf.data.elements import ELEMENTS

    for symbol in job.symbols:
        if symbol not in ELEMENTS[1:]:
            raise ValueError(f"symbols: {symbol!r} is not an element")
    electrons = sum(ELEMENTS.index(symbol) for symbol in job.symbols) - job.charge
    if electrons < job.multiplicity - 1 or (electrons - job.multiplicity) % 2 == 0:
        raise ValueError(
            f"multiplicity: {job.multiplicity} is impossible with {electrons} electrons"
        )
