"""What the joint fit minimises: every residual in units of its standard deviation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.priors.prior import Prior
from aiida_forcefield.fitting.residuals import RESIDUALS, Relaxing, Residual, Rows
from aiida_forcefield.potentials.forcefield import ForceField

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """The residuals of a fit and their Jacobian.

    Attributes:
        prior: of the parameters.
        case: what the residuals are made from.
        kinds: of residuals, in order.
        residuals: those of which there are data, in that order; others than `Relaxing` ones where
            no structures were relaxed.
    """

    prior: Prior
    case: Case
    kinds: Sequence[type[Residual]]
    residuals: tuple[Residual, ...]

    @classmethod
    def of(cls, prior: Prior, case: Case, kinds: Sequence[type[Residual]] = RESIDUALS) -> "Problem":
        """The problem of a case, before there is a force field."""
        found = [kind.of(case) for kind in kinds]
        return cls(prior, case, kinds, tuple(each for each in found if each))

    def weighted(self, factors: Array) -> "Problem":
        """The same with the weights of all points multiplied by factors; nothing is relaxed."""
        return Problem.of(self.prior, self.case.weighted(factors), self.kinds)

    def relaxed(self, field: ForceField) -> "Problem":
        """The same with structures relaxed in a force field, from where they are."""
        found: list[Residual] = []
        for kind in self.kinds:
            before = next((each for each in self.residuals if type(each) is kind), None)
            if issubclass(kind, Relaxing):
                before = kind.relaxed(self.case, field, before)
            found += [before] if before else []
        return replace(self, residuals=tuple(found))

    @property
    def relaxing(self) -> tuple[Relaxing, ...]:
        """The residuals at structures that the force field relaxes."""
        return tuple(each for each in self.residuals if isinstance(each, Relaxing))

    def evaluate(self, u: Array) -> Block:
        """All residuals, those of the prior first, and their Jacobian in u."""
        parameters = self.prior.to_parameters(u)
        blocks = [each.evaluate(parameters) for each in self.residuals]
        slope = self.prior.jacobian(parameters)
        return (
            np.concatenate([self.prior.rows @ (u - self.prior.centre), *(b[0] for b in blocks)]),
            np.vstack([self.prior.rows, *(b[1] * slope for b in blocks)]),
        )

    def rows(self) -> Rows:
        """What the residuals are of, in their order; of the prior, the kind is -1."""
        parts = [Rows.of_no_points(len(self.prior.rows)), *(each.rows for each in self.residuals)]
        kinds = np.repeat(np.arange(-1, len(self.residuals)), [len(p.points) for p in parts])
        shift = 0
        for place, part in enumerate(parts):
            known = part.offsets >= 0
            parts[place] = replace(part, offsets=np.where(known, part.offsets + shift, -1))
            shift += int(part.offsets.max(initial=-1)) + 1
        return replace(Rows.join(parts), kinds=kinds)
