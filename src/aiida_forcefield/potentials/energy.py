"""Energies and gradients of a force field, with analytic Jacobians in its parameters.

The structures of a fit stay while the parameters change, so a `Model` measures every coordinate
once and is then evaluated for as many parameter vectors as needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.potentials.components import Component
from aiida_forcefield.potentials.coordinates import Coordinates, measure, measure_all
from aiida_forcefield.potentials.electrostatics import (
    ElectrostaticModel,
    FieldElectrostatics,
    SitePairs,
    Sites,
    State,
)
from aiida_forcefield.potentials.forcefield import (
    ForceField,
    Term,
    check_terms,
    columns,
    pair_name,
    type_term,
)
from aiida_forcefield.potentials.forms import FORMS, Combination, EnergyComponent, Form
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class Evaluation(NamedTuple):
    """A force field on s structures of n atoms, with p parameters.

    Of cells of a crystal, three rows follow the gradient's n: the derivative dE/dε by a strain of
    the cell with all that is in it, eV.

    Attributes:
        energy: shape (s,), eV.
        gradient: dE/dx, shape (s, n, 3), eV/Å.
        energy_jacobian: ∂E/∂p, shape (s, p).
        gradient_jacobian: shape (s, n, 3, p).
    """

    energy: Array
    gradient: Array
    energy_jacobian: Array
    gradient_jacobian: Array


@dataclass(frozen=True, eq=False)
class Model:
    """Fixed structures whose energy depends on the p parameters of a force field."""

    components: tuple[Component, ...]
    electrostatics: ElectrostaticModel

    def energy(self, parameters: Array) -> tuple[Array, Array]:
        """Energies, shape (s,), eV, and their Jacobian, shape (s, p)."""
        constant, by_charges = self.electrostatics.energy(parameters)
        energy, jacobian = constant.copy(), _start(parameters, constant, by_charges)
        for part in self.components:
            part.add_energy(part.values(parameters), energy, jacobian)
        return energy, jacobian.T

    def slope(self, parameters: Array, directions: Array) -> tuple[Array, Array]:
        """Slopes of the energies along directions of shape (s, 3n), and their Jacobian, (s, p)."""
        constant, by_charges = self.electrostatics.gradient(parameters)
        slope = np.einsum("sx,sx->s", constant, directions)
        if by_charges is not None:
            by_charges = np.einsum("sxp,sx->sp", by_charges, directions)
        jacobian = _start(parameters, slope, by_charges)
        for part in self.components:
            part.add_slope(part.values(parameters), directions, slope, jacobian)
        return slope, jacobian.T

    def gradient(self, parameters: Array) -> tuple[Array, Array]:
        """Energies, shape (s,), eV, and gradients, shape (s, n, 3), eV/Å, without Jacobians."""
        energy = self.electrostatics.energy(parameters)[0].copy()
        gradient = self.electrostatics.gradient(parameters)[0].copy()
        for part in self.components:
            values = part.values(parameters)
            energy += values.energy.sum(axis=1)
            part.add_gradient(values, gradient)
        return energy, gradient.reshape(len(energy), -1, 3)

    def evaluate(self, parameters: Array) -> Evaluation:
        """Energies and gradients with their Jacobians."""
        constant, by_charges = self.electrostatics.energy(parameters)
        energy, energy_jacobian = constant.copy(), _start(parameters, constant, by_charges)
        pull, by_charges = self.electrostatics.gradient(parameters)
        gradient, jacobian = pull.copy(), _start(parameters, pull, by_charges)
        for part in self.components:
            values = part.values(parameters)
            part.add_energy(values, energy, energy_jacobian)
            part.add_gradient(values, gradient)
            part.add_gradient_jacobian(values, jacobian)
        shape = (len(energy), gradient.shape[1] // 3, 3)
        return Evaluation(
            energy,
            gradient.reshape(shape),
            energy_jacobian.T,
            np.moveaxis(jacobian.reshape(-1, *shape), 0, -1),
        )


@dataclass(frozen=True, eq=False)
class Layout:
    """What makes a force field of a system: which parameters act where, whatever their values.

    Attributes:
        system: with the species.
        terms: of the force field; only their forms and order matter here.
        electrostatics: of the force field.
        combination, scale_14: as of `ForceField`.

    Raises:
        ValueError: the terms do not belong to the system.
    """

    system: System
    terms: Sequence[Term]
    electrostatics: FieldElectrostatics
    combination: Combination | None = None
    scale_14: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_terms(self.terms, self.system)

    @cached_property
    def places(self) -> dict[str, Indices]:
        """For each term's name, the places of its parameters in the flat vector."""
        return columns(self.terms)

    @property
    def nonbonded_form(self) -> Form:
        """The one form of all nonbonded terms."""
        return next(FORMS[term.form] for term in self.terms if term.kind == "nonbonded")

    @classmethod
    def of(cls, field: ForceField, system: System) -> "Layout":
        """That of a force field."""
        return cls(system, field.terms, field.electrostatics, field.combination, field.scale_14)

    def molecules(self, name: str, positions: ArrayLike, state: State = "liquid") -> Model:
        """The model of single molecules: bonded terms, and pairs over three bonds apart.

        Args:
            name: of their species, of n atoms.
            positions: s structures, shape (s, n, 3), Å.
            state: of the electrostatics.

        Raises:
            ValueError: the positions do not belong to the species.
        """
        species = self.system.of_name(name)
        xyz = _structures(positions, len(species.symbols), "positions")
        forms = {term.name: FORMS[term.form] for term in self.terms}
        terms = self.system.terms_of(name)
        measured = measure_all(xyz, [np.array(term.members) for term in terms])
        bonded = [
            Component(
                forms[term.name],
                self.places[term.name][None, None],
                np.array([len(term.members)]),
                coordinates,
            )
            for term, coordinates in zip(terms, measured, strict=True)
        ]
        shells = [(species.nonbonded_pairs, 1.0, 1.0)]
        if self.scale_14:
            shells.append((species.pairs_14, *self.scale_14))
        types = self.system.types_of(name)
        nonbonded: list[Component] = []
        charged: list[SitePairs] = []
        for pairs, form_scale, coulomb_scale in shells:
            if not len(pairs):
                continue
            distances = measure(xyz, pairs)
            nonbonded.append(self.nonbonded(np.array(types)[pairs], distances, form_scale))
            charged.append(SitePairs(pairs, distances, coulomb_scale))
        sites = Sites(types, xyz, tuple(charged), bonds=_bonds([species]))
        model = self.electrostatics.model(state, sites, self.places)
        return Model((*bonded, *nonbonded), model)

    def clusters(
        self,
        names: Sequence[str],
        positions: ArrayLike,
        state: State = "gas",
        component: EnergyComponent | None = None,
    ) -> Model:
        """The model of the interaction between rigid molecules: all pairs across them.

        Args:
            names: of the species of each molecule.
            positions: s structures, one molecule after the other, shape (s, n, 3), Å.
            state: of the electrostatics.
            component: of the interaction energy, if it is to be told by itself; without gradients.

        Raises:
            ValueError: the positions do not belong to the species, or the nonbonded form tells no
                such component.
        """
        sites = cluster_sites(self.system, names, positions, self.scale_14 is not None)
        (across,) = sites.pairs
        nonbonded = self.nonbonded(np.array(sites.types)[across.atoms], across.distances)
        if component:
            nonbonded = nonbonded.of_component(component)
        model = self.electrostatics.model(state, sites, self.places, component)
        return Model((nonbonded,), model)

    def nonbonded(
        self, pairs: NDArray[np.str_], distances: Coordinates, weight: float = 1.0
    ) -> Component:
        """The nonbonded form between some pairs of atoms, one set for each two atom types.

        Args:
            pairs: atom types of the pairs, shape (m, 2).
            distances: theirs.
            weight: by which their energy counts.
        """
        places, members = self.places, dict[tuple[str, str], list[int]]()
        for row, (i, j) in enumerate(pairs.tolist()):
            members.setdefault((min(i, j), max(i, j)), []).append(row)

        def made_from(i: str, j: str) -> list[Indices]:
            own = places.get(pair_name(i, j)) if i != j else None
            # The combination of a pair's own parameters with themselves are these parameters.
            return [places[type_term(each)] for each in (i, j)] if own is None else [own, own]

        return Component(
            self.nonbonded_form,
            np.array([made_from(i, j) for i, j in members]),
            np.array([len(rows) for rows in members.values()]),
            distances.take([row for rows in members.values() for row in rows]),
            weight,
            self.combination,
        )


def cluster_sites(
    system: System, names: Sequence[str], positions: ArrayLike, within_14: bool = True
) -> Sites:
    """Molecules of which all pairs of atoms across them act on each other.

    Args:
        system: with the species.
        names: of the species of each molecule.
        positions: s structures, one molecule after the other, shape (s, n, 3), Å.
        within_14: whether atoms three bonds apart act on each other, too.

    Raises:
        ValueError: the positions do not belong to the species.
    """
    species = [system.of_name(name) for name in names]
    sizes = [len(each.symbols) for each in species]
    xyz = _structures(positions, sum(sizes), "clusters")
    starts = accumulate(sizes, initial=0)
    parts = [start + np.arange(size) for start, size in zip(starts, sizes, strict=False)]
    across = np.concatenate(
        [
            np.stack([np.repeat(one, len(other)), np.tile(other, len(one))], axis=1)
            for one, other in combinations(parts, 2)
        ]
    )
    types = tuple(each for name in names for each in system.types_of(name))
    within = [
        np.concatenate([each.nonbonded_pairs, each.pairs_14]) if within_14 else each.nonbonded_pairs
        for each in species
    ]
    return Sites(
        types,
        xyz,
        (SitePairs(across, measure(xyz, across)),),
        bonds=_bonds(species),
        within=_one_after_the_other(within, sizes),
    )


def molecule_energies(
    field: ForceField, system: System, name: str, positions: ArrayLike
) -> tuple[Array, Array]:
    """Intramolecular energies, shape (s,), eV, and gradients, shape (s, n, 3), eV/Å.

    Args:
        field: the force field, with its electrostatics in the liquid.
        system: its system.
        name: of the species.
        positions: shape (s, n, 3), Å.

    Raises:
        ValueError: the positions or the terms do not belong to the species.
    """
    return Layout.of(field, system).molecules(name, positions).gradient(field.vector)


def interaction_energies(
    field: ForceField,
    system: System,
    names: Sequence[str],
    positions: ArrayLike,
    state: State = "gas",
) -> Array:
    """Interaction energies of clusters, shape (s,), eV.

    Args:
        field: the force field.
        system: its system.
        names: of the species of each molecule.
        positions: shape (s, n, 3), Å.
        state: of the electrostatics; by default that of the fit.
    """
    model = Layout.of(field, system).clusters(names, positions, state)
    return model.energy(field.vector)[0]


def _structures(positions: ArrayLike, n: int, field: str) -> Array:
    xyz = np.asarray(positions, dtype=float)
    if xyz.ndim != 3 or xyz.shape[1:] != (n, 3):
        raise ValueError(f"{field}: shape {xyz.shape} is not (structures, {n}, 3)")
    return xyz


def _bonds(species: Sequence[Species]) -> Indices:
    """The bonds of molecules one after the other, shape (b, 2)."""
    bonds = [np.array(each.bonds, dtype=int).reshape(-1, 2) for each in species]
    return _one_after_the_other(bonds, [len(each.symbols) for each in species])


def _one_after_the_other(parts: Sequence[Indices], sizes: Sequence[int]) -> Indices:
    """Pairs of atoms of each of several molecules as pairs among the atoms of all."""
    starts = accumulate(sizes, initial=0)
    return np.concatenate([part + start for part, start in zip(parts, starts, strict=False)])


def _start(parameters: Array, values: Array, jacobian: Array | None) -> Array:
    """The Jacobian of some values, (..., p), with its last axis first; zero where there is none."""
    if jacobian is None:
        return np.zeros((len(parameters), *values.shape))
    return np.moveaxis(jacobian, -1, 0).copy()
