"""What keeps the barrier between two atom types high enough that they do not collapse."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.case import Block, Case
from aiida_forcefield.fitting.residuals.residual import Residual, Rows
from aiida_forcefield.potentials.collapse import Curve, inner_maximum, keeps_apart
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.forcefield import columns, pair_name, type_term
from aiida_forcefield.potentials.forms import pair_of

Array = NDArray[np.float64]

_STEEPNESS = 10.0  # a barrier a tenth too low costs as much as one standard deviation


@dataclass(frozen=True, eq=False)
class TypePair:
    """Two atom types with their curve.

    Attributes:
        types: their names.
        columns: places of the curve's parameters in the flat vector.
        charge_product: of their charges in the liquid, e².
        form: of the curve.
    """

    types: tuple[str, str]
    columns: NDArray[np.int_]
    charge_product: float
    form: Curve


def type_pairs(layout: Layout) -> Iterator[TypePair]:
    """All pairs of atom types, with the charges that MD runs with."""
    places, charges = columns(layout.terms), layout.electrostatics.charges("liquid")
    form = pair_of(layout.nonbonded_form)
    for i, j in combinations_with_replacement(layout.system.type_names, 2):
        own = places.get(pair_name(i, j)) if i != j else None
        # The combination of a pair's own parameters with themselves are these parameters.
        both = [places[type_term(name)] for name in (i, j)] if own is None else [own, own]
        yield TypePair((i, j), np.concatenate(both), charges[i] * charges[j], form)


class CollapseGuard(Residual):
    """One-sided: zero where a curve's inner maximum is high enough, infinite where it has none.

    The logarithm keeps a fit that starts with a barrier from ever crossing to where there is none.
    The distances of the maximum and of the minimum may be held while differentiating, because the
    slope vanishes at both.
    """

    kind, unit = "collapse_guard", "eV"

    def __init__(self, case: Case) -> None:
        self._pairs = list(type_pairs(case.layout))
        self.standard_error = case.settings.barrier

    @classmethod
    def of(cls, case: Case) -> "CollapseGuard":
        """As of `Residual`."""
        return cls(case)

    @cached_property
    def rows(self) -> Rows:
        """One a pair of types; they are no data."""
        return Rows.of_no_points(len(self._pairs))

    def evaluate(self, parameters: Array) -> Block:
        """As of `Residual`."""
        least = self.standard_error
        residuals = np.zeros(len(self._pairs))
        jacobian = np.zeros((len(self._pairs), len(parameters)))
        for row, pair in enumerate(self._pairs):
            own = parameters[pair.columns]
            if keeps_apart(own, pair.charge_product, pair.form, least):
                continue
            top = inner_maximum(own, pair.charge_product, pair.form)
            if top.barrier <= 0:
                residuals[row] = np.inf
            elif top.barrier < least:
                residuals[row] = _STEEPNESS * np.log(least / top.barrier)
                at_top, at_bottom = pair.form(top.span, own).energy_jacobian
                slope = (at_bottom - at_top) * _STEEPNESS / top.barrier
                np.add.at(jacobian[row], pair.columns, slope)
        return residuals, jacobian
