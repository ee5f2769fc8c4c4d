"""Energies and gradients of a force field, with analytic Jacobians in its parameters.

The structures of a fit stay while the parameters change, so a `Model` measures every coordinate
once and is then evaluated for as many parameter vectors as needed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiida_forcefield.potentials.forcefield import ForceField, Term, check_terms, columns
from aiida_forcefield.potentials.forms import FORMS, FormValue, exp6_pair
from aiida_forcefield.potentials.units import COULOMB
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.topology import Topology

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class Evaluation(NamedTuple):
    """A force field on s structures of n atoms, with p parameters.

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
class _Component:
    """Coordinates that share one form and one set of parameters."""

    form: Callable[[Array, Array], FormValue]
    columns: Indices  # (k,) places of the form's parameters; one may occur twice
    q: Array  # (s, m)
    directions: Array  # (s, m, 3n) dq/dx


@dataclass(frozen=True, eq=False)
class Model:
    """Fixed structures whose energy depends on the p parameters of a force field."""

    components: tuple[_Component, ...]
    coulomb_energy: Array  # (s,)
    coulomb_gradient: Array  # (s, 3n)

    def energy(self, parameters: Array) -> tuple[Array, Array]:
        """Energies, shape (s,), eV, and their Jacobian, shape (s, p)."""
        energy = self.coulomb_energy.copy()
        jacobian = np.zeros((len(energy), len(parameters)))
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            energy += value.energy.sum(axis=1)
            np.add.at(jacobian.T, part.columns, value.energy_jacobian.sum(axis=1).T)
        return energy, jacobian

    def evaluate(self, parameters: Array) -> Evaluation:
        """Energies and gradients with their Jacobians."""
        energy, energy_jacobian = self.energy(parameters)
        gradient = self.coulomb_gradient.copy()
        jacobian = np.zeros((*gradient.shape, len(parameters)))
        for part in self.components:
            value = part.form(part.q, parameters[part.columns])
            gradient += np.einsum("sm,smx->sx", value.slope, part.directions)
            for place, slope in zip(
                part.columns, np.moveaxis(value.slope_jacobian, -1, 0), strict=True
            ):
                jacobian[..., place] += np.einsum("sm,smx->sx", slope, part.directions)
        shape = (len(energy), -1, 3)
        return Evaluation(
            energy,
            gradient.reshape(shape),
            energy_jacobian,
            jacobian.reshape(*shape, len(parameters)),
        )


def molecule_model(
    topology: Topology, terms: Sequence[Term], positions: ArrayLike, charges: Mapping[str, float]
) -> Model:
    """The model of single molecules: bonded terms, and nonbonded pairs over three bonds apart.

    Args:
        topology: the molecule of n atoms.
        terms: the force field's terms; only their forms and order matter here.
        positions: s structures, shape (s, n, 3), Å.
        charges: charge of each atom type, e.

    Raises:
        ValueError: if the positions or the terms do not belong to the topology.
    """
    xyz = _structures(positions, len(topology.symbols), "positions")
    check_terms(terms, topology)
    places = columns(terms)
    forms = {term.name: FORMS[term.form] for term in terms}
    bonded = [
        _Component(
            forms[term.name].evaluate,
            places[term.name],
            *_measure(xyz, np.array(term.members)),
        )
        for term in topology.term_types
    ]
    pairs = topology.nonbonded_pairs
    return _with_pairs(bonded, xyz, pairs, np.array(topology.atom_types), places, charges)


def dimer_model(
    topology: Topology, terms: Sequence[Term], positions: ArrayLike, charges: Mapping[str, float]
) -> Model:
    """The model of the interaction between two rigid molecules: all pairs across them.

    Args and errors as `molecule_model`, with positions of shape (s, 2n, 3), first molecule first.
    """
    n = len(topology.symbols)
    xyz = _structures(positions, 2 * n, "dimers")
    check_terms(terms, topology)
    pairs = np.stack([np.repeat(np.arange(n), n), n + np.tile(np.arange(n), n)], axis=1)
    types = np.array(2 * topology.atom_types)
    return _with_pairs([], xyz, pairs, types, columns(terms), charges)


def molecule_energies(
    forcefield: ForceField,
    topology: Topology,
    positions: ArrayLike,
    charges: Mapping[str, float] | None = None,
) -> tuple[Array, Array]:
    """Intramolecular energies, shape (s,), eV, and gradients, shape (s, n, 3), eV/Å.

    Args:
        forcefield: the force field.
        topology: its molecule.
        positions: shape (s, n, 3), Å.
        charges: charge of each atom type; by default the gas charges, used in the fit.

    Raises:
        ValueError: if the positions or the terms do not belong to the topology.
    """
    charges = forcefield.gas_charges if charges is None else charges
    model = molecule_model(topology, forcefield.terms, positions, charges)
    return model.evaluate(forcefield.vector)[:2]


def interaction_energies(
    forcefield: ForceField,
    topology: Topology,
    positions: ArrayLike,
    charges: Mapping[str, float] | None = None,
) -> Array:
    """Interaction energies of dimers, shape (s,), eV; arguments as `molecule_energies`."""
    charges = forcefield.gas_charges if charges is None else charges
    return dimer_model(topology, forcefield.terms, positions, charges).energy(forcefield.vector)[0]


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
    return values, directions.reshape(*values.shape, -1)


def _with_pairs(
    bonded: list[_Component],
    xyz: Array,
    pairs: Indices,
    types: NDArray[np.str_],
    places: Mapping[str, Indices],
    charges: Mapping[str, float],
) -> Model:
    """Add exp-6, one component per pair of types, and Coulomb, which has no free parameter."""
    if not len(pairs):
        flat = np.zeros((len(xyz), 3 * xyz.shape[1]))
        return Model(tuple(bonded), flat.sum(axis=1), flat)
    r, directions = _measure(xyz, pairs)
    members: dict[tuple[str, str], list[int]] = {}
    for index, (i, j) in enumerate(types[pairs]):
        members.setdefault((min(i, j), max(i, j)), []).append(index)
    nonbonded = [
        _Component(
            exp6_pair,
            np.concatenate([places[f"nonbonded {i}"], places[f"nonbonded {j}"]]),
            r[:, index],
            directions[:, index],
        )
        for (i, j), index in members.items()
    ]
    q = np.array([charges[name] for name in types])
    coulomb = COULOMB * np.prod(q[pairs], axis=1) / r
    return Model(
        (*bonded, *nonbonded),
        coulomb.sum(axis=1),
        np.einsum("sm,smx->sx", -coulomb / r, directions),
    )
