"""The tblite engine: extended tight-binding methods."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..checks import check_choice
from ..engine import Abilities, Capabilities, Declaration, Engine, Parameters, Sections
from ..status import PointError, Status
from ..units import BOHR, DEBYE, HARTREE

Array = NDArray[np.float64]

METHODS = ("GFN1-xTB", "GFN2-xTB", "IPEA1-xTB")
HEAVIEST = 86
"""Atomic number of radon, the last element of GFN2-xTB."""


class Tblite(Engine):
    """An extended tight-binding method of tblite.

    Args:
        symbols: element of each atom.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1.
        method: one of `METHODS`.
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
        self.can = DECLARATION.capabilities({})

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


class _Tblite(Declaration):
    name = "tblite"
    can: ClassVar[Abilities] = {"": frozenset({"gradient", "dipole"})}
    sections: ClassVar[Sections] = {"tblite": (dict, ("method",))}
    level = ("tblite",)

    def capabilities(self, parameters: Mapping[str, Any]) -> Capabilities:
        return Capabilities(self.name, self.can[""], cheap=True)

    def check(self, parameters: Parameters) -> None:
        method = parameters.get("tblite", {}).get("method")
        check_choice("parameters.tblite.method", method, METHODS)

    def method(self, parameters: Mapping[str, Any]) -> str:
        return str(parameters["tblite"]["method"])

    def packages(self, parameters: Parameters) -> tuple[str, ...]:
        return ("tblite",)

    def molecule(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, parameters: Parameters
    ) -> Engine:
        return Tblite(symbols, charge, multiplicity, parameters["tblite"]["method"])


DECLARATION = _Tblite()
