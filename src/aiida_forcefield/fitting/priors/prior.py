"""What is known of a force field before the fit: values, widths and bounds of its parameters.

The fit works in u: ln p for positive parameters, p for the others. The prior is Gaussian in u,
a sum of squares |L (u − u0)|². No experimental property enters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.data import Reference
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics
from aiida_forcefield.potentials.forcefield import ForceField, Kind, Term
from aiida_forcefield.potentials.forms import Form
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]
TypePair = tuple[str, str]
"""Names of two atom types, as `pair_types` orders them."""


@dataclass(frozen=True, eq=False)
class Prior:
    """A Gaussian in u, within bounds.

    Attributes:
        terms: the terms at the prior's centre, from which the fit starts.
        logarithmic: where u = ln p, shape (p,).
        centre: u0, shape (p,).
        rows: L, shape (p, p).
        lower: bound of u, shape (p,).
        upper: bound of u, shape (p,).
        held: parameters that stay at the centre, shape (p,).
    """

    terms: tuple[Term, ...]
    logarithmic: NDArray[np.bool_]
    centre: Array
    rows: Array
    lower: Array
    upper: Array
    held: NDArray[np.bool_]

    def to_parameters(self, u: Array) -> Array:
        """The parameters p(u)."""
        return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, u, 0.0)), u)

    def jacobian(self, parameters: Array) -> Array:
        """dp/du, which is diagonal, shape (p,)."""
        return np.where(self.logarithmic, parameters, 1.0)

    def field(self, system: System, electrostatics: FieldElectrostatics) -> ForceField:
        """What is known of a force field before any point: the centre, and how far it may be off.

        Args:
            system: of which it is.
            electrostatics: of the field.
        """
        slope = self.jacobian(self.to_parameters(self.centre))
        covariance = np.linalg.inv(self.rows.T @ self.rows) * np.outer(slope, slope)
        return ForceField(system.atom_types, self.terms, electrostatics, covariance)

    @property
    def widths(self) -> Array:
        """Standard deviation of each u, shape (p,)."""
        covariance = np.linalg.inv(self.rows.T @ self.rows)
        return np.sqrt(np.diag(covariance))


class PriorSource(Protocol):
    """Where priors come from: physical reasoning, or what other molecules taught."""

    def prior(
        self,
        system: System,
        references: Mapping[str, Reference],
        settings: Settings,
        forms: Mapping[Kind, Form],
        pairs: Sequence[TypePair] = (),
    ) -> Prior:
        """The prior of all terms of a system.

        Args:
            system: whose terms they are.
            references: minimum of each species, by its name.
            settings: of the fit.
            forms: of each kind of interaction; angles that are straight and dihedrals of symmetric
                groups have one of their own.
            pairs: pairs of types that have parameters of their own; for the others there is the
                combination rule.

        Raises:
            ValueError: a reference does not fit its species, or a C6 is not positive.
        """
