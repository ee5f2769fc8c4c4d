"""The driven coordinate: value and derivatives, in Å or degrees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .status import PointError

Array = NDArray[np.float64]

NEAR_LINEAR = 175.0
"""Degrees: beyond it an angle has no derivative to speak of, and a dihedral about it no value."""

_NAMES = {2: "distance", 3: "angle", 4: "dihedral"}


@dataclass(frozen=True)
class Coordinate:
    """A distance (2 atoms), an angle (3) or a dihedral angle (4; also that of an improper)."""

    atoms: tuple[int, ...]

    @property
    def tolerance(self) -> float:
        """How well a constraint has to be met, Å or degrees."""
        return 1e-3 if len(self.atoms) == 2 else 0.1

    def value(self, positions: Array) -> float:
        """The value at positions (n, 3), Å or degrees; dihedral angles within (-180, 180]."""
        return float(self._primitive.value(positions)) * self._scale

    def gradient(self, positions: Array) -> Array:
        """Derivative with respect to positions, shape (3n,)."""
        return np.asarray(self._primitive.derivative(positions)).ravel() * self._scale

    def hessian(self, positions: Array) -> Array:
        """Second derivative with respect to positions, shape (3n, 3n)."""
        n = positions.size
        return np.asarray(self._primitive.second_derivative(positions)).reshape(n, n) * self._scale

    def distance(self, positions: Array, target: float) -> float:
        """How far the value is from a target, Å or degrees, the short way round for dihedrals."""
        difference = self.value(positions) - target
        if len(self.atoms) == 4:
            difference = (difference + 180.0) % 360.0 - 180.0
        return abs(difference)

    @property
    def words(self) -> str:
        """The coordinate in geomeTRIC's words."""
        return " ".join([_NAMES[len(self.atoms)], *(str(atom + 1) for atom in self.atoms)])

    def constraint(self, target: float) -> str:
        """The constraint in geomeTRIC's words."""
        return f"$set\n{self.words} {target:.10f}"

    def check_not_linear(self, positions: Array) -> None:
        """Refuse a geometry at which the coordinate is not defined.

        Raises:
            PointError: three of its consecutive atoms are nearly in line.
        """
        for k in range(len(self.atoms) - 2):
            angle = Coordinate(self.atoms[k : k + 3])
            if angle.value(positions) > NEAR_LINEAR:
                raise PointError(
                    "near_linear_angle",
                    f"atoms {angle.atoms} form an angle of {angle.value(positions):.1f} degrees",
                )

    @property
    def _primitive(self) -> Any:
        from geometric import internal

        return getattr(internal, _NAMES[len(self.atoms)].capitalize())(*self.atoms)

    @property
    def _scale(self) -> float:
        return 1.0 if len(self.atoms) == 2 else float(np.degrees(1.0))
