"""Energies and gradients of a force field, with analytic Jacobians in its parameters.

The structures of a fit stay while the parameters change, so a `Model` measures every coordinate
once and is then evaluated for as many parameter vectors as needed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.potentials.forcefield import (
    ForceField,
    Term,
    check_terms,
    columns,
    pair_name,
)
from aiida_forcefield.potentials.forms import FORMS, Combination, FormValue, pair_of
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import COULOMB

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
class Component:
    """Coordinates that share one form and one set of parameters."""

    form: Callable[[Array, Array], FormValue]
    columns: Indices  # (k,) places of the form's parameters; one may occur twice
    q: Array  # (s, m)
    directions: Array  # (s, m, 3n) dq/dx, of crystals with dq/dε
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Model:
    """Fixed structures whose energy depends on the p parameters of a force field."""

    components: tuple[Component, ...]
    coulomb_energy: Array  # (s,)
    coulomb_gradient: Array  # (s, 3n), of crystals (s, 3n + 9)

    def energy(self, parameters: Array) -> tuple[Array, Array]:
        """Energies, shape (s,), eV, and their Jacobian, shape (s, p)."""
        energy = self.coulomb_energy.copy()
        jacobian = np.zeros((len(energy), len(parameters)))
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            energy += part.weight * value.energy.sum(axis=1)
            columns = part.weight * value.energy_jacobian.sum(axis=1)
            np.add.at(jacobian.T, part.columns, columns.T)
        return energy, jacobian

    def slope(self, parameters: Array, directions: Array) -> tuple[Array, Array]:
        """Slopes of the energies along directions of shape (s, 3n), and their Jacobian, (s, p)."""
        slope = np.einsum("sx,sx->s", self.coulomb_gradient, directions)
        jacobian = np.zeros((len(slope), len(parameters)))
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            rates = part.weight * np.einsum("smx,sx->sm", part.directions, directions)
            slope += np.sum(rates * value.slope, axis=1)
            columns = np.einsum("sm,smk->sk", rates, value.slope_jacobian)
            np.add.at(jacobian.T, part.columns, columns.T)
        return slope, jacobian

    def gradient(self, parameters: Array) -> tuple[Array, Array]:
        """Energies, shape (s,), eV, and gradients, shape (s, n, 3), eV/Å, without Jacobians."""
        energy, gradient = self.coulomb_energy.copy(), self.coulomb_gradient.copy()
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            energy += part.weight * value.energy.sum(axis=1)
            gradient += np.einsum("sm,smx->sx", part.weight * value.slope, part.directions)
        return energy, gradient.reshape(len(energy), -1, 3)

    def evaluate(self, parameters: Array) -> Evaluation:
        """Energies and gradients with their Jacobians."""
        energy, energy_jacobian = self.energy(parameters)
        gradient = self.coulomb_gradient.copy()
        jacobian = np.zeros((*gradient.shape, len(parameters)))
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            slopes = part.weight * value.slope
            gradient += np.einsum("sm,smx->sx", slopes, part.directions)
            by_parameter = part.weight * np.moveaxis(value.slope_jacobian, -1, 0)
            for place, slope in zip(part.columns, by_parameter, strict=True):
                jacobian[..., place] += np.einsum("sm,smx->sx", slope, part.directions)
        shape = (len(energy), gradient.shape[1] // 3, 3)
        return Evaluation(
            energy,
            gradient.reshape(shape),
            energy_jacobian,
            jacobian.reshape(*shape, len(parameters)),
        )


def molecule_model(
    species: Species,
    terms: Sequence[Term],
    positions: ArrayLike,
    charges: Mapping[str, float],
    combination: Combination | None = None,
    scale_14: tuple[float, float] | None = None,
) -> Model:
    """The model of single molecules: bonded terms, and nonbonded pairs over three bonds apart.

    Args:
        species: the molecule of n atoms.
        terms: the force field's terms; only their forms and order matter here.
        positions: s structures, shape (s, n, 3), Å.
        charges: charge of each atom type, e.
        combination: as `ForceField`'s.
        scale_14: as `ForceField`'s.

    Raises:
        ValueError: if the positions or the terms do not belong to the species.
    """
    xyz = _structures(positions, len(species.symbols), "positions")
    check_terms(terms, species)
    places = columns(terms)
    forms = {term.name: FORMS[term.form] for term in terms}
    bonded = [
        Component(
            forms[term.name].evaluate,
            places[term.name],
            *_measure(xyz, np.array(term.members)),
        )
        for term in species.term_types
    ]
    shells = [_Shell(species.nonbonded_pairs)]
    if scale_14:
        shells.append(_Shell(species.pairs_14, *scale_14))
    types = np.array(species.atom_types)
    return _with_pairs(bonded, xyz, shells, types, terms, charges, combination)


def dimer_model(
    species: Species,
    terms: Sequence[Term],
    positions: ArrayLike,
    charges: Mapping[str, float],
    combination: Combination | None = None,
) -> Model:
    """The model of the interaction between two rigid molecules: all pairs across them.

    Args and errors as `molecule_model`, with positions of shape (s, 2n, 3), first molecule first.
    """
    n = len(species.symbols)
    xyz = _structures(positions, 2 * n, "dimers")
    check_terms(terms, species)
    pairs = np.stack([np.repeat(np.arange(n), n), n + np.tile(np.arange(n), n)], axis=1)
    types = np.array(2 * species.atom_types)
    return _with_pairs([], xyz, [_Shell(pairs)], types, terms, charges, combination)


def molecule_energies(
    forcefield: ForceField,
    species: Species,
    positions: ArrayLike,
) -> tuple[Array, Array]:
    """Intramolecular energies, shape (s,), eV, and gradients, shape (s, n, 3), eV/Å.

    Args:
        forcefield: the force field, with its charges for the liquid.
        species: its molecule.
        positions: shape (s, n, 3), Å.

    Raises:
        ValueError: if the positions or the terms do not belong to the species.
    """
    model = molecule_model(
        species,
        forcefield.terms,
        positions,
        forcefield.charges,
        forcefield.combination,
        forcefield.scale_14,
    )
    return model.gradient(forcefield.vector)


def interaction_energies(
    forcefield: ForceField,
    species: Species,
    positions: ArrayLike,
    charges: Mapping[str, float] | None = None,
) -> Array:
    """Interaction energies of dimers, shape (s,), eV.

    Args:
        forcefield: the force field.
        species: its molecule.
        positions: shape (s, 2n, 3), Å.
        charges: charge of each atom type; by default those of the gas, as in the fit.
    """
    charges = forcefield.gas_charges if charges is None else charges
    model = dimer_model(species, forcefield.terms, positions, charges, forcefield.combination)
    return model.energy(forcefield.vector)[0]


def _structures(positions: ArrayLike, n: int, field: str) -> Array:
    xyz = np.asarray(positions, dtype=float)
    if xyz.ndim != 3 or xyz.shape[1:] != (n, 3):
        raise ValueError(f"{field}: shape {xyz.shape} is not (structures, {n}, 3)")
    return xyz


def _measure(xyz: Array, atoms: Indices) -> tuple[Array, Array]:
    """Values, shape (s, m), and Cartesian derivatives, shape (s, m, 3n)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values, gradients = evaluate(xyz, atoms)
    # The bending direction of a straight angle is undefined, and its force is zero.
    gradients = np.nan_to_num(gradients, posinf=0.0, neginf=0.0)
    directions = np.zeros((*values.shape, *xyz.shape[1:]))
    rows = np.arange(len(atoms))
    for place, atom in enumerate(atoms.T):
        directions[:, rows, atom] = gradients[:, :, place]
    return values, directions.reshape(*values.shape, 3 * xyz.shape[1])


@dataclass(frozen=True, eq=False)
class _Shell:
    """Pairs of atoms, and by how much their form and their Coulomb energy count."""

    pairs: Indices
    form: float = 1.0
    coulomb: float = 1.0


def _with_pairs(
    bonded: list[Component],
    xyz: Array,
    shells: Sequence[_Shell],
    types: NDArray[np.str_],
    terms: Sequence[Term],
    charges: Mapping[str, float],
    combination: Combination | None,
) -> Model:
    """Add the nonbonded form, one component per pair of types, and Coulomb with no parameter."""
    q = np.array([charges[name] for name in types])
    coulomb_energy = np.zeros(len(xyz))
    coulomb_gradient = np.zeros((len(xyz), 3 * xyz.shape[1]))
    nonbonded: list[Component] = []
    for shell in shells:
        if not len(shell.pairs):
            continue
        r, directions = _measure(xyz, shell.pairs)
        nonbonded += [
            Component(form, place, r[:, rows], directions[:, rows], shell.form)
            for form, place, rows in nonbonded_of(types[shell.pairs], terms, combination)
        ]
        energy = shell.coulomb * COULOMB * np.prod(q[shell.pairs], axis=1) / r
        coulomb_energy += energy.sum(axis=1)
        coulomb_gradient += np.einsum("sm,smx->sx", -energy / r, directions)
    return Model((*bonded, *nonbonded), coulomb_energy, coulomb_gradient)


def nonbonded_of(
    pairs: NDArray[np.str_], terms: Sequence[Term], combination: Combination | None = None
) -> Iterator[tuple[Callable[[Array, Array], FormValue], Indices, list[int]]]:
    """For each two atom types: their form, the places of its parameters, and their pairs.

    Args:
        pairs: atom types of pairs of atoms, shape (m, 2).
        terms: of the force field.
        combination: as `ForceField`'s.
    """
    places, forms = columns(terms), {term.name: FORMS[term.form] for term in terms}
    members: dict[tuple[str, str], list[int]] = {}
    for row, (i, j) in enumerate(pairs):
        members.setdefault((min(i, j), max(i, j)), []).append(row)
    for (i, j), rows in members.items():
        own, like = pair_name(i, j), f"nonbonded {i}"
        if i != j and own in forms:
            yield forms[own].evaluate, places[own], rows
        else:
            both = np.concatenate([places[like], places[f"nonbonded {j}"]])
            yield pair_of(forms[like], combination), both, rows
