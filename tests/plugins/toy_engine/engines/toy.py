"""The engine ``toy``: bonds and contacts from a formula, in microseconds, in place of QM.

Near atoms are bonded by a Morse potential at the sum of their covalent radii; others feel a
Lennard-Jones potential and fixed charges. Diatomics and tetrahedral molecules come out with
sensible geometries and contacts; bent ones are straightened. For tests and as an example.
"""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..elements import covalent_radii, van_der_waals_radii
from ..engine import (
    Abilities,
    Capabilities,
    Declaration,
    Engine,
    Parameters,
    Sections,
)
from ..potential import Electrostatics
from ..units import BOHR, DEBYE

Array = NDArray[np.float64]

DEPTH, STIFFNESS = 4.0, 2.0  # eV, 1/Å
WELL = 0.003  # eV
COULOMB = 14.399645  # eV Å
BONDED, FREE = 1.4, 1.8
"""Distances over the sum of covalent radii between which a bond becomes a contact."""
ELECTRONEGATIVITY = {"H": 2.2, "Li": 1.0, "C": 2.55, "N": 3.04, "O": 3.44, "F": 3.98}
POLARIZABILITY = 1.0  # Å³, of each atom
CONDUCTOR = 1.3
"""Factor by which a conductor around a molecule enlarges its charges."""


class Toy(Engine):
    """The engine of one molecule; every energy takes so many seconds."""

    def __init__(self, symbols: tuple[str, ...], charge: int, seconds: float) -> None:
        self.can = DECLARATION.capabilities({})
        self._seconds = seconds
        self._first, self._second = np.triu_indices(len(symbols), 1)
        covalent, contact = covalent_radii(symbols), van_der_waals_radii(symbols)
        self._bond = covalent[self._first] + covalent[self._second]
        self._sigma = 0.89 * (contact[self._first] + contact[self._second])
        pull = np.array([ELECTRONEGATIVITY.get(symbol, 2.5) for symbol in symbols])
        self._charges = charge / len(symbols) + 0.15 * (pull.mean() - pull)

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """See `Engine.evaluate`."""
        self._work()
        apart = positions[self._first] - positions[self._second]
        r = np.linalg.norm(apart, axis=1)
        morse, morse_slope = self._morse(r)
        contact, contact_slope = self._contact(r)
        x = np.clip((r / self._bond - BONDED) / (FREE - BONDED), 0.0, 1.0)
        free = x**3 * (10 - 15 * x + 6 * x**2)
        free_slope = 30 * x**2 * (1 - x) ** 2 / (self._bond * (FREE - BONDED))
        energy = float(np.sum(morse + free * (contact - morse)))
        if not gradient:
            return energy, None
        slope = morse_slope + free * (contact_slope - morse_slope) + free_slope * (contact - morse)
        pull = (slope / r)[:, None] * apart
        result = np.zeros_like(positions)
        np.add.at(result, self._first, pull)
        np.subtract.at(result, self._second, pull)
        return energy, result

    def dipole(self, positions: Array) -> Array:
        """See `Engine.dipole`."""
        return np.asarray(self._charges @ positions) * (DEBYE / BOHR)

    def polarizability(self, positions: Array) -> Array:
        """See `Engine.polarizability`."""
        return POLARIZABILITY * len(positions) * np.eye(3)

    def electrostatics(self, positions: Array, grid: Array, conductor: bool) -> Electrostatics:
        """See `Engine.electrostatics`."""
        spread = self._charges - self._charges.mean()
        charges = self._charges + (CONDUCTOR - 1.0) * spread * conductor
        distances = np.linalg.norm(grid[:, None] - positions, axis=-1)
        dipole = charges @ positions * (DEBYE / BOHR)
        return Electrostatics(COULOMB * (charges / distances).sum(axis=1), dipole)

    def _work(self) -> None:
        """Take the seconds; those in which the process is stopped are none of them."""
        for _ in range(round(100 * self._seconds)):
            time.sleep(0.01)

    def _morse(self, r: Array) -> tuple[Array, Array]:
        decay = np.exp(-STIFFNESS * (r - self._bond))
        return DEPTH * (decay**2 - 2 * decay), 2 * DEPTH * STIFFNESS * (decay - decay**2)

    def _contact(self, r: Array) -> tuple[Array, Array]:
        six = (self._sigma / r) ** 6
        charges = COULOMB * self._charges[self._first] * self._charges[self._second] / r
        energy = 4 * WELL * (six**2 - six) + charges
        return energy, (24 * WELL * (six - 2 * six**2) - charges) / r


class _Toy(Declaration):
    name = "toy"
    can: ClassVar[Abilities] = {
        "": frozenset({"gradient", "dipole", "polarizability", "potential"})
    }
    sections: ClassVar[Sections] = {"toy": (dict, ("seconds",))}
    level = ()

    def capabilities(self, parameters: Mapping[str, Any]) -> Capabilities:
        return Capabilities(self.name, self.can[""], cheap=True)

    def check(self, parameters: Parameters) -> None:
        seconds = parameters.get("toy", {}).get("seconds", 0)
        if not isinstance(seconds, (int, float)) or seconds < 0:
            raise ValueError(f"parameters.toy.seconds: {seconds!r} is not a number from 0")

    def method(self, parameters: Mapping[str, Any]) -> str:
        return "toy"

    def molecule(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, parameters: Parameters
    ) -> Engine:
        return Toy(symbols, charge, parameters.get("toy", {}).get("seconds", 0))


DECLARATION = _Toy()
