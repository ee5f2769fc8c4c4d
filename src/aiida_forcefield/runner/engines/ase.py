"""The engine of ASE's calculators: DFT programs, machine-learned potentials, force fields.

A calculator goes by the name that ASE registers it under, or by one of `CALCULATORS`; its settings
are plain JSON. Neither can name a module, a file of code or a command.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..checks import is_positive
from ..engine import (
    Abilities,
    Capabilities,
    Capability,
    CrystalEngine,
    Declaration,
    Engine,
    Parameters,
    Sections,
)
from ..job import Job
from ..status import PointError, ProgramError
from ..units import BOHR, DEBYE

Array = NDArray[np.float64]
Electrons = Callable[[int, int], dict[str, Any]]
"""The settings that tell a calculator of charge and multiplicity."""

PROPERTIES: dict[str, Capability] = {"forces": "gradient", "stress": "stress", "dipole": "dipole"}
"""What ASE calls a property, and what it makes an engine capable of."""
FORBIDDEN = ("command", "profile")
"""Settings that name a program: that is set up where the job runs."""


def keywords(charge: str, multiplicity: str) -> Electrons:
    """Charge and multiplicity as two settings of these names."""
    return lambda q, m: {charge: q, multiplicity: m}


def electrons_of_gpaw(charge: int, multiplicity: int) -> dict[str, Any]:
    """Charge and multiplicity in GPAW's settings: open shells keep their magnetic moment."""
    settings: dict[str, Any] = {"charge": charge} if charge else {}
    if multiplicity != 1:
        occupations = {"name": "fermi-dirac", "width": 0.0, "fixmagmom": True}
        settings |= {"spinpol": True, "occupations": occupations}
    return settings


@dataclass(frozen=True)
class Calculator:
    """What has to be known of a calculator beside its name.

    Attributes:
        module: that it is imported from.
        name: of its class there.
        package: the Python package that it comes with; "" if none.
        electrons: how it takes charge and multiplicity; None if it knows no electrons.
        can: what it can do at most.
        cheap: see `Capabilities`.
        boxed: whether a molecule needs a box.
        defaults: settings that differ from its own.
    """

    module: str
    name: str
    package: str
    electrons: Electrons | None = None
    can: frozenset[Capability] = frozenset({"gradient", "stress", "periodic"})
    cheap: bool = False
    boxed: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)


ALL: frozenset[Capability] = frozenset({"gradient", "stress", "dipole", "periodic"})
CALCULATORS = {
    "chgnet": Calculator("chgnet.model", "CHGNetCalculator", "chgnet", cheap=True),
    "gpaw": Calculator(
        *("gpaw", "GPAW", "gpaw", electrons_of_gpaw, ALL),
        boxed=True,
        # It refuses a point that has less symmetry than the first one of the job.
        defaults={"txt": None, "symmetry": {"point_group": False}},
    ),
    "mace": Calculator("mace.calculators", "MACECalculator", "mace-torch", cheap=True),
    "orca": Calculator(
        *("ase.calculators.orca", "ORCA", "", keywords("charge", "mult")),
        frozenset({"gradient", "dipole"}),
    ),
    "psi4": Calculator(
        *("ase.calculators.psi4", "Psi4", "psi4", keywords("charge", "multiplicity")),
        frozenset({"gradient"}),
    ),
    "sevenn": Calculator("sevenn.calculator", "SevenNetCalculator", "sevenn", cheap=True),
    "tblite": Calculator(
        *("tblite.ase", "TBLite", "tblite", keywords("charge", "multiplicity"), ALL),
        cheap=True,
        defaults={"verbosity": 0},
    ),
}
"""Calculators that ASE does not register, and those of which more has to be known."""


class AseMolecule(Engine):
    """A molecule with a calculator of ASE.

    Args:
        symbols: element of each atom.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1.
        section: the settings ``ase``.

    Raises:
        ValueError: the calculator refuses its settings, or the molecule's charge.
        ProgramError: it is not installed.
    """

    def __init__(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, section: Parameters
    ) -> None:
        from ase import Atoms

        name = section["calculator"]
        known = CALCULATORS.get(name)
        self._box = section.get("box")
        if known and known.boxed and self._box is None:
            raise ValueError(f"parameters.ase.box: {name} needs it: the edges of a box, three in Å")
        self._atoms = Atoms(symbols, cell=self._box)
        unpaired = multiplicity - 1
        if unpaired:
            self._atoms.set_initial_magnetic_moments(np.full(len(symbols), unpaired / len(symbols)))
        self._atoms.calc = make_calculator(section, charge, multiplicity)
        # The dipole of an ion depends on the origin, which calculators choose differently.
        self.can = capabilities_of(self._atoms.calc, section, {"dipole"} if charge else set())

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """See `Engine.evaluate`."""
        self._place(positions)
        with failures():
            # What asks for most comes first: a calculation that comes to it has the energy too.
            forces = np.asarray(self._atoms.get_forces()) if gradient else None
            energy = float(self._atoms.get_potential_energy())
        return energy, None if forces is None else -forces

    def dipole(self, positions: Array) -> Array:
        """See `Engine.dipole`."""
        self._place(positions)
        with failures():
            return np.asarray(self._atoms.get_dipole_moment()) * (DEBYE / BOHR)

    def _place(self, positions: Array) -> None:
        """Put the atoms where they are, or into the middle of their box."""
        shift = 0.0 if self._box is None else np.array(self._box) / 2 - positions.mean(axis=0)
        self._atoms.set_positions(positions + shift)


class AseCrystal(CrystalEngine):
    """The cells of a job with a calculator of ASE; raises as `AseMolecule`."""

    def __init__(self, job: Job, section: Parameters) -> None:
        from ase import Atoms

        if job.charge or job.multiplicity != 1:
            raise ValueError(
                f"charge, multiplicity: {job.charge}, {job.multiplicity}; a cell must be neutral "
                "and have closed shells"
            )
        self._atoms = Atoms(job.symbols, cell=np.eye(3), pbc=True)
        self._atoms.calc = make_calculator(section, 0, 1)
        self.can = capabilities_of(self._atoms.calc, section, set())

    def evaluate(
        self, lattice: Array, positions: Array, derivatives: bool
    ) -> tuple[float, Array | None, Array | None]:
        """See `CrystalEngine.evaluate`."""
        gradient = stress = None
        self._atoms.set_cell(lattice)
        self._atoms.set_positions(positions)
        with failures():
            if derivatives:
                if "stress" in self.can:
                    stress = np.asarray(self._atoms.get_stress(voigt=False))
                gradient = -np.asarray(self._atoms.get_forces())
            return float(self._atoms.get_potential_energy()), gradient, stress


def make_calculator(section: Parameters, charge: int, multiplicity: int) -> Any:
    """ASE's calculator of a molecule; raises as `AseMolecule`."""
    name, known = section["calculator"], CALCULATORS.get(section["calculator"])
    settings = {**(known.defaults if known else {}), **section.get("settings", {})}
    if known and known.electrons:
        settings = known.electrons(charge, multiplicity) | settings
    elif charge or multiplicity != 1:
        raise ValueError(
            f"charge, multiplicity: {charge}, {multiplicity}; the calculator {name} knows no "
            "electrons and takes only neutral molecules with closed shells, 0, 1"
        )
    kind = find_class(name)
    try:
        return kind(**settings)
    except Exception as error:  # whatever a calculator raises
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"parameters.ase.settings: {name} refuses them: {reason}") from None


def find_class(name: str) -> Callable[..., Any]:
    """The class of a calculator.

    Raises:
        ValueError: there is no such calculator.
        ProgramError: it is not installed.
    """
    from ase.calculators.calculator import get_calculator_class, names

    if name not in names and name not in CALCULATORS:
        allowed = ", ".join(sorted({*names, *CALCULATORS}))
        raise ValueError(f"parameters.ase.calculator: {name!r} is not one of {allowed}")
    try:
        if known := CALCULATORS.get(name):
            found: Callable[..., Any] = getattr(import_module(known.module), known.name)
            return found
        return get_calculator_class(name)  # type: ignore[no-any-return]
    except ImportError as error:
        raise ProgramError(
            "missing_program",
            f"the calculator {name} cannot be imported where the job runs: {error}",
        ) from None


def capabilities_of(calculator: Any, section: Parameters, without: set[str]) -> Capabilities:
    """What a calculator says that it can do, as far as its entry in `CALCULATORS` goes."""
    declared = DECLARATION.capabilities({"ase": section})
    properties = getattr(calculator, "implemented_properties", ())
    said = {PROPERTIES[name] for name in properties if name in PROPERTIES} | {"periodic"}
    return Capabilities(declared.engine, (declared.names & said) - without, declared.cheap)


@contextmanager
def failures() -> Iterator[None]:
    """Say what failed in the runner's words; raises PointError."""
    try:
        yield
    except Exception as error:
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        if "converge" in text.lower():
            raise PointError("scf_not_converged", text) from error
        raise


class _Ase(Declaration):
    name = "ase"
    can: ClassVar[Abilities] = {"": ALL}
    sections: ClassVar[Sections] = {"ase": (dict, ("calculator", "settings", "box"))}
    level = ("ase",)

    def capabilities(self, parameters: Mapping[str, Any]) -> Capabilities:
        name = parameters.get("ase", {}).get("calculator", "")
        known = CALCULATORS.get(name) if isinstance(name, str) else None
        words = f"{self.name} with {name}" if name else self.name
        return Capabilities(words, known.can if known else ALL, bool(known and known.cheap))

    def check(self, parameters: Parameters) -> None:
        section = parameters.get("ase", {})
        name, settings, box = (section.get(key) for key in ("calculator", "settings", "box"))
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                f"parameters.ase.calculator: {name!r} must be the name of a calculator"
            )
        if settings is not None and not isinstance(settings, dict):
            raise ValueError(f"parameters.ase.settings: {settings!r} must be a JSON object")
        for key in FORBIDDEN:
            if key in (settings or {}):
                raise ValueError(
                    f"parameters.ase.settings.{key}: is not taken from a study; set up the program "
                    "where the job runs, by ASE's configuration file or environment"
                )
        if box is not None and (
            not isinstance(box, list) or len(box) != 3 or not all(map(is_positive, box))
        ):
            raise ValueError(f"parameters.ase.box: {box!r} must be three edges in Å")

    def method(self, parameters: Mapping[str, Any]) -> str:
        section = parameters["ase"]
        settings = section.get("settings", {})
        words = [str(settings[key]) for key in ("method", "xc", "model") if key in settings]
        return " ".join([section["calculator"], *words])

    def packages(self, parameters: Parameters) -> tuple[str, ...]:
        known = CALCULATORS.get(parameters["ase"]["calculator"])
        return ("ase", known.package) if known and known.package else ("ase",)

    def molecule(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, parameters: Parameters
    ) -> Engine:
        return AseMolecule(symbols, charge, multiplicity, parameters["ase"])

    def crystal(self, job: Job, parameters: Parameters) -> CrystalEngine:
        return AseCrystal(job, parameters["ase"])


DECLARATION = _Ase()
