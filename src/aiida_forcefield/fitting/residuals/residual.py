"""What a residual of the joint fit is. A new kind is one file beside this one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.potentials.forcefield import ForceField

Array = NDArray[np.float64]
Indices = NDArray[np.int_]
NONE = -1


@dataclass(frozen=True, eq=False)
class Rows:
    """What m residuals are of.

    Attributes:
        points: number of its point among all, -1 without one, shape (m,).
        weights: by which its square counts, that of its point; 0 of what is no data, shape (m,).
        blocks: number of the rows that are left out together, as of `Case.blocks`; -1 of those that
            stay, shape (m,).
        offsets: number of an unknown offset that it shares with others, -1 without one, shape (m,).
        kinds: place of its residual among all, shape (m,).
    """

    points: Indices
    weights: Array
    blocks: Indices
    offsets: Indices
    kinds: Indices = field(default_factory=lambda: np.zeros(0, dtype=int))

    @classmethod
    def of_points(cls, case: Case, points: Indices, weights: Array, offset: int = NONE) -> "Rows":
        """Rows of some points, in a block each as the case says."""
        return cls(points, weights, case.blocks[points], np.full(len(points), offset))

    @classmethod
    def of_no_points(cls, count: int, weight: float = 0.0, block: int = NONE) -> "Rows":
        """Rows that are of no point."""
        none = np.full(count, NONE)
        return cls(none, np.full(count, weight), np.full(count, block), none)

    @classmethod
    def join(cls, parts: Sequence["Rows"]) -> "Rows":
        """Rows one after the other, as one residual has them."""
        if not parts:
            return cls.of_no_points(0)
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.blocks for part in parts]),
            np.concatenate([part.offsets for part in parts]),
        )


class Residual(ABC):
    """One kind of residuals, each in units of its standard error.

    Attributes:
        kind: its name.
        unit: of the errors that it reports.
        data: of which data it is, for the foresight of single points; empty where that has none.
        judges: whether points that are far off in it are outliers.
        counted: whether its data count in χ²; not those that others have counted.
        closely: whether it is followed closer than forms can: what they miss of it is noise of its
            own.
        standard_error: of one, in its unit.
    """

    kind: ClassVar[str]
    unit: ClassVar[str]
    data: ClassVar[str] = ""
    judges: ClassVar[bool] = False
    counted: ClassVar[bool] = True
    closely: ClassVar[bool] = False
    standard_error: float

    @classmethod
    @abstractmethod
    def of(cls, case: Case) -> "Residual | None":
        """Those of a fit; None where it has no data of this kind."""

    @property
    @abstractmethod
    def rows(self) -> Rows:
        """What they are of."""

    @abstractmethod
    def evaluate(self, parameters: Array) -> Block:
        """Residuals, shape (m,), times the roots of their weights, and their Jacobian, (m, p)."""

    @property
    def redundant(self) -> int:
        """How many of them follow from the others."""
        return 0

    def error(self, residuals: Array, mine: NDArray[np.bool_]) -> float | None:
        """Root mean square error of some of them, in `unit`; None where there is none.

        Args:
            residuals: shape (m,).
            mine: which of them, shape (m,).
        """
        return root_mean_square(residuals[mine], self.rows.weights[mine], self.standard_error)


class Relaxing(Residual):
    """Residuals at structures that the force field itself relaxes, made anew as it changes."""

    @classmethod
    def of(cls, case: Case) -> None:
        """None before there is a force field."""

    @classmethod
    @abstractmethod
    def relaxed(cls, case: Case, field: ForceField, before: "Residual | None") -> "Relaxing | None":
        """Those in a force field; None where the fit has no data of this kind.

        Args:
            case: of the fit.
            field: in which structures relax.
            before: the same of a force field nearby, to start from.
        """

    @abstractmethod
    def change(self, before: Residual) -> float:
        """By how much the data differ from those at the structures before, eV."""

    @property
    @abstractmethod
    def settled(self) -> bool:
        """Whether all structures came to rest."""


def root_mean_square(residuals: Array, weights: Array, standard_error: float) -> float | None:
    """Of weighted residuals, in the unit of the standard error; None where nothing weighs."""
    total = float(weights.sum())
    return standard_error * float(np.sqrt(residuals @ residuals / total)) if total > 0 else None


def stack(blocks: Sequence[Block], parameters: Array) -> Block:
    """Blocks one below the other."""
    if not blocks:
        return np.zeros(0), np.zeros((0, len(parameters)))
    return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])
