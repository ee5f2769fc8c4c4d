"""What the residuals of a fit are made from: its data, their weights, and models of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.data import CellPoints, DimerPoints, FitData, MoleculePoints
from aiida_forcefield.fitting.hessian import HessianModel, hessian_model
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.crystal_energy import crystal_model
from aiida_forcefield.potentials.energy import Evaluation, Layout
from aiida_forcefield.potentials.forms import EnergyComponent
from aiida_forcefield.scans.origin import Origin

Array = NDArray[np.float64]
Indices = NDArray[np.int_]
T = TypeVar("T")
Block = tuple[Array, Array]
"""Some numbers, shape (m,), and their Jacobian, shape (m, p)."""


class Group(NamedTuple):
    """Points that are reported together.

    Attributes:
        species: their names.
        origin: of the points.
    """

    species: tuple[str, ...]
    origin: Origin


class Latest(Generic[T]):
    """A function of the parameters that remembers its latest value: several residuals ask it."""

    def __init__(self, function: Callable[[Array], T]) -> None:
        self._function = function
        self._latest: tuple[bytes, T] | None = None

    def __call__(self, parameters: Array) -> T:
        """The value, computed anew where the parameters are not the latest."""
        key = parameters.tobytes()
        if self._latest is None or self._latest[0] != key:
            self._latest = key, self._function(parameters)
        return self._latest[1]


@dataclass(frozen=True, eq=False)
class SetEnergies:
    """Interaction energies of a set of dimers, and of those that were moved apart.

    Attributes:
        energies: of all dimers of two species.
        here: places of the set's dimers.
        there: of those moved apart.
        components: of all dimers as they are, where the form tells them.
    """

    energies: Latest[Block]
    here: slice
    there: slice
    components: Mapping[EnergyComponent, Latest[Block]] = field(default_factory=dict)

    def near(self, parameters: Array) -> Block:
        """Of the set as it is, eV."""
        energy, jacobian = self.energies(parameters)
        return energy[self.here], jacobian[self.here]

    def component(self, name: EnergyComponent, parameters: Array) -> Block:
        """One component of the set as it is, eV."""
        energy, jacobian = self.components[name](parameters)
        return energy[self.here], jacobian[self.here]

    def far(self, parameters: Array) -> Block:
        """Of those moved apart, eV."""
        energy, jacobian = self.energies(parameters)
        return energy[self.there], jacobian[self.there]


@dataclass(frozen=True, eq=False)
class Models:
    """The force field at all structures of a fit, whatever their weights.

    Attributes:
        alone: of each set of molecules, and of the cells, if there are any, in the liquid.
        dimers: of each set of dimers, in vacuum.
        hessians: of each species of several atoms.
    """

    alone: tuple[Latest[Evaluation], ...]
    dimers: tuple[SetEnergies, ...]
    hessians: Mapping[str, HessianModel]

    @classmethod
    def of(cls, layout: Layout, data: FitData) -> "Models":
        """Those of some data."""
        alone = [layout.molecules(each.species, each.positions) for each in data.molecules]
        if data.cells:
            alone.append(crystal_model(layout, data.cells.positions, data.cells.cells))
        hessians = {
            name: hessian_model(layout, name, data.references[name])
            for name, species in layout.system
            if len(species.symbols) > 1
        }
        energies = _set_energies(layout, data.dimers)
        return cls(tuple(Latest(model.evaluate) for model in alone), energies, hessians)


def _set_energies(layout: Layout, sets: Sequence[DimerPoints]) -> tuple[SetEnergies, ...]:
    """All dimers of two species are one model, first as they are, then all that are moved apart:
    there are many small sets, and a form takes as long for one distance as for a hundred."""
    found: dict[int, SetEnergies] = {}
    for pair in dict.fromkeys(points.species for points in sets):
        mine = [k for k, points in enumerate(sets) if points.species == pair]
        near = [sets[k].positions for k in mine]
        far = [moved for k in mine if (moved := sets[k].moved) is not None]
        model = layout.clusters(pair, np.concatenate([*near, *far]), "gas")
        energies = Latest(model.energy)
        components = {}
        if any(sets[k].components for k in mine):
            parts = layout.nonbonded_form.parts
            components = {
                name: Latest(layout.clusters(pair, np.concatenate(near), "gas", name).energy)
                for name in parts
            }
        end, last = 0, sum(map(len, near))
        for k in mine:
            start, end = end, end + len(sets[k].energies)
            first, last = last, last + len(sets[k].pulled)
            found[k] = SetEnergies(energies, slice(start, end), slice(first, last), components)
    return tuple(found[k] for k in range(len(sets)))


@dataclass(frozen=True, eq=False)
class Case:
    """All that the residuals of a fit are made from.

    Attributes:
        layout: of the force field.
        data: with their weights.
        settings: of the fit.
        models: of the data.
    """

    layout: Layout
    data: FitData
    settings: Settings
    models: Models

    def weighted(self, factors: Array) -> "Case":
        """The same with the weights of all points multiplied by factors, shape (s,)."""
        return replace(self, data=self.data.weighted(factors))

    @property
    def alone(self) -> list[tuple[MoleculePoints | CellPoints, Latest[Evaluation], Indices]]:
        """Sets of molecules or cells that count, their model, and the numbers of their points."""
        data = self.data
        sets: list[MoleculePoints | CellPoints] = [*data.molecules]
        sets += [data.cells] if data.cells else []
        together = zip(sets, self.models.alone, self.numbers, strict=False)
        return [each for each in together if each[0].weights.sum() > 0]

    @property
    def dimers(self) -> list[tuple[DimerPoints, SetEnergies, Indices]]:
        """Sets of dimers, their model, and the numbers of their points."""
        data = self.data
        numbers = self.numbers[len(self.numbers) - len(data.dimers) :]
        return list(zip(data.dimers, self.models.dimers, numbers, strict=True))

    def dimer_weights(self, points: DimerPoints) -> Array:
        """By which interaction energies count, shape (s,)."""
        return points.weights * self.settings.energy_weights(points.energies)

    @cached_property
    def numbers(self) -> tuple[Indices, ...]:
        """Numbers of the points of each set among all."""
        ends = np.cumsum([len(points.energies) for points in self.data.sets], dtype=int)
        return tuple(
            np.arange(end - len(points.energies), end)
            for points, end in zip(self.data.sets, ends, strict=True)
        )

    @cached_property
    def point_groups(self) -> tuple[Group, ...]:
        """The group of each point."""
        return tuple(
            Group(points.names, origin) for points in self.data.sets for origin in points.origins
        )

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All groups."""
        return tuple(dict.fromkeys(self.point_groups))

    @cached_property
    def blocks(self) -> Indices:
        """For each point the number of the points that are left out with it, to see how a fit
        without them foresees them, shape (s,).

        They are its group. Each cell is left out by itself, and all pairs that make the pressure of
        a liquid together.
        """
        liquid = len(self.groups)
        places = {group: place for place, group in enumerate(self.groups)}
        blocks = np.array([places[group] for group in self.point_groups], dtype=int)
        for points, numbers in zip(self.data.sets, self.numbers, strict=True):
            if isinstance(points, CellPoints):
                blocks[numbers] = liquid + 1 + np.arange(len(numbers))
            elif isinstance(points, DimerPoints) and len(points.shares):
                blocks[np.isin(blocks, blocks[numbers])] = liquid
        return blocks

    @property
    def of_liquid(self) -> int:
        """The block of the pairs that make the pressure of a liquid."""
        return len(self.groups)
