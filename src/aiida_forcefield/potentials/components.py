"""Coordinates of fixed structures that share a form, as functions of flat parameters."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.coordinates import Coordinates
from aiida_forcefield.potentials.forms import Combination, EnergyComponent, Form, combine

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class Values(NamedTuple):
    """A component at s structures with m coordinates, whose k parameters T sets make.

    Attributes:
        energy: of each coordinate, shape (s, m), eV.
        slope: dE/dq, shape (s, m).
        energy_jacobian: by the parameters of its set, shape (s, m, k).
        slope_jacobian: likewise.
        scales: of these by the flat parameters that they are made from, shape (T, r, k).
    """

    energy: Array
    slope: Array
    energy_jacobian: Array
    slope_jacobian: Array
    scales: Array


@dataclass(frozen=True, eq=False)
class Component:
    """Coordinates that share a form; those of one set, one after the other, share parameters.

    Attributes:
        form: of all.
        places: in the flat vector of the parameters that make those of each set, shape (T, r, k);
            r is 1, or 2 where those of two atom types are combined.
        counts: number of coordinates of each set, shape (T,).
        coordinates: set by set.
        weight: by which their energy counts.
        combination: rule for those of two atom types.
    """

    form: Form
    places: Indices
    counts: Indices
    coordinates: Coordinates
    weight: float = 1.0
    combination: Combination | None = None

    def of_component(self, component: EnergyComponent) -> "Component":
        """What it adds to one component of the interaction energy.

        Raises:
            ValueError: the form does not tell its components.
        """
        if component not in self.form.parts:
            raise ValueError(f"{component}: the form {self.form.name} does not tell it")
        return replace(self, form=replace(self.form, evaluate=self.form.parts[component]))

    @cached_property
    def starts(self) -> Indices:
        """First coordinate of each set, shape (T,)."""
        return np.concatenate([[0], np.cumsum(self.counts)[:-1]])

    def values(self, parameters: Array) -> Values:
        """Energies and slopes of all coordinates."""
        own = parameters[self.places]
        if own.shape[1] == 1:
            joint, scales = own[:, 0], np.ones_like(own)
        else:
            joint, by = combine(self.form, own[:, 0], own[:, 1], self.combination)
            scales = np.moveaxis(by, 0, 1)
        of_each = joint[0] if len(joint) == 1 else np.repeat(joint, self.counts, axis=0).T
        value = self.form.evaluate(self.coordinates.q, of_each)
        if self.weight != 1.0:
            value = type(value)(*(self.weight * part for part in value))
        return Values(*value, scales)

    def add_energy(self, values: Values, energy: Array, jacobian: Array) -> None:
        """Add energies, shape (s,), and their Jacobian, shape (p, s)."""
        energy += values.energy.sum(axis=1)
        self._spread(values, values.energy_jacobian, jacobian)

    def add_gradient(self, values: Values, gradient: Array) -> None:
        """Add dE/dx, shape (s, x)."""
        gradient += np.matmul(values.slope[:, None], self.coordinates.directions)[:, 0]

    def add_gradient_jacobian(self, values: Values, jacobian: Array) -> None:
        """Add that of dE/dx, shape (p, s, x)."""
        slopes = values.slope_jacobian.swapaxes(1, 2)
        ends = self.starts + self.counts
        for start, end, places, scales in zip(
            self.starts, ends, self.places, values.scales, strict=True
        ):
            directions = self.coordinates.directions[:, start:end]
            changes = np.matmul(slopes[:, :, start:end], directions)  # (s, k, x)
            for row, scale in zip(places, scales, strict=True):
                for k, place in enumerate(row):
                    jacobian[place] += scale[k] * changes[:, k]

    def add_slope(self, values: Values, directions: Array, slope: Array, jacobian: Array) -> None:
        """Add slopes along directions of shape (s, x), shape (s,), and their Jacobian, (p, s)."""
        rates = np.matmul(self.coordinates.directions, directions[:, :, None])[..., 0]
        slope += np.sum(rates * values.slope, axis=1)
        self._spread(values, rates[..., None] * values.slope_jacobian, jacobian)

    def _spread(self, values: Values, by_set: Array, jacobian: Array) -> None:
        """Add derivatives by the parameters of sets, shape (s, m, k), to those by all, (p, s)."""
        summed = np.add.reduceat(by_set, self.starts, axis=1)  # (s, T, k)
        by_place = summed[:, :, None] * values.scales
        np.add.at(jacobian, self.places.ravel(), by_place.reshape(len(summed), -1).T)
