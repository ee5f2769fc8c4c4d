"""What the joint fit minimises: every residual in units of its standard deviation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.collapse import inner_maximum
from aiida_forcefield.potentials.energy import Evaluation, Model
from aiida_forcefield.potentials.forcefield import Term, columns, pair_name
from aiida_forcefield.potentials.forms import FORMS, FormValue, pair_of
from aiida_forcefield.potentials.hessian import HessianModel
from aiida_forcefield.potentials.points import DimerPoints, MoleculePoints
from aiida_forcefield.potentials.prior import Prior
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.potentials.torsions import Torsions
from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import GPA

Array = NDArray[np.float64]
Block = tuple[Array, Array]
"""Residuals and their Jacobian."""

ALONG = "torsion", "torsion slope"
"""Kinds of residuals of points along dihedrals, with all else relaxed in the force field."""

VOIGT = [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]
"""Places of the components xx, yy, zz, yz, xz and xy of a symmetric matrix."""

_STEEPNESS = 3.0  # of a threefold term: its slope over its energy, 1/rad
_GUARD = 10.0  # a barrier a tenth too low costs as much as one standard deviation


@dataclass(frozen=True, eq=False)
class TypePair:
    """Two atom types: their parameters' places in the flat vector, and their charges' product."""

    name: str
    columns: NDArray[np.int_]
    charge_product: float


@dataclass(frozen=True, eq=False)
class Rows:
    """What each of the m residuals is of.

    Attributes:
        kinds: ``"energy"``, ``"gradient"``, ``"stress"``, ``"torsion"``, ``"torsion slope"``,
            ``"interaction"``, ``"virial"``, ``"pressure"`` or ``"hessian"``; empty for prior and
            guard.
        labels: where its point comes from, or its points.
        points: number of its point among all, -1 without one.
        weights: by which its square counts, that of its point; 0 for prior and guard.
    """

    kinds: NDArray[np.str_]
    labels: NDArray[np.str_]
    points: NDArray[np.int_]
    weights: Array


@dataclass(frozen=True, eq=False)
class Problem:
    """The residuals of a fit and their Jacobian.

    All sets of dimers are one model, in their order, and then all that are stretched: there are
    many small ones, and a form takes as long for one distance as for a hundred.
    """

    prior: Prior
    settings: Settings
    hessian: HessianModel | None
    molecules: Model
    molecule_points: MoleculePoints
    dimers: Model
    dimer_points: Sequence[DimerPoints]
    pairs: Sequence[TypePair]
    torsions: Torsions | None = None

    @property
    def pair_form(self) -> Callable[[Array, Array], FormValue]:
        """The nonbonded form between two atom types: parameters of one, then of the other."""
        terms = self.prior.terms
        return pair_of(next(FORMS[term.form] for term in terms if term.kind == "nonbonded"))

    @property
    def has_gradient(self) -> NDArray[np.bool_]:
        points = self.molecule_points
        return np.isfinite(points.gradients).all(axis=(1, 2)) & (points.weights > 0)

    @property
    def has_stress(self) -> NDArray[np.bool_]:
        points = self.molecule_points
        if points.stresses is None:
            return np.zeros(len(points.weights), dtype=bool)
        return np.isfinite(points.stresses).all(axis=(1, 2)) & (points.weights > 0)

    def residuals(self, u: Array) -> Block:
        """All residuals in units of their standard deviation, and their Jacobian in u."""
        parameters = self.prior.to_parameters(u)
        blocks = [
            self._hessian(parameters),
            *self._molecule(parameters),
            *self._torsion(parameters),
            *chain(*self._dimers(parameters)),
            self._guard(parameters),
        ]
        slope = self.prior.jacobian(parameters)
        return (
            np.concatenate([self.prior.rows @ (u - self.prior.centre), *(b[0] for b in blocks)]),
            np.vstack([self.prior.rows, *(b[1] * slope for b in blocks)]),
        )

    def weighted(self, factors: Array) -> "Problem":
        """The same with the weights of the points of `rows` multiplied by factors, shape (s,)."""
        molecules, dimers = self.molecule_points, []
        count = len(molecules.energies) if molecules.weights.sum() else 0
        if count:
            molecules = replace(molecules, weights=molecules.weights * factors[:count])
        for points in self.dimer_points:
            own = factors[count : count + len(points.energies)]
            dimers.append(replace(points, weights=points.weights * own))
            count += len(points.energies)
        return replace(self, molecule_points=molecules, dimer_points=dimers)

    def rows(self) -> Rows:
        """What the residuals are of, in their order."""
        molecules = self.molecule_points
        count = len(molecules.energies) if molecules.weights.sum() else 0
        known = np.flatnonzero(self.has_gradient)
        components = np.repeat(known, molecules.positions[0].size if count else 0)
        labels, weights = np.array(molecules.labels), molecules.weights
        stressed = np.repeat(np.flatnonzero(self.has_stress), len(VOIGT[0]))
        elements = self.hessian.size if self.hessian else 0
        blocks = [
            _no_points(len(self.prior.rows)),
            _rows("hessian", np.full(elements, ""), np.full(elements, -1), np.ones(elements)),
            _rows("energy", labels[:count], np.arange(count), weights[:count]),
            _rows("gradient", labels[components], components, weights[components]),
            _rows("stress", labels[stressed], stressed, weights[stressed]),
        ]
        if self.torsions:
            places = self.torsions.places
            sloping = places[np.isfinite(self.torsions.qm_slopes)]
            blocks += [
                _rows(kind, labels[of_them], of_them, weights[of_them])
                for kind, of_them in zip(ALONG, (places, sloping), strict=True)
            ]
        virials = []
        for points in self.dimer_points:
            places, of_them = count + np.arange(len(points.energies)), points.pulled
            count += len(places)
            label, weights = np.full(len(places), points.label), self._weights(points)
            blocks.append(_rows("interaction", label, places, weights))
            virials.append(_rows("virial", label[of_them], places[of_them], weights[of_them]))
        liquid = np.array([points.label for points in self.dimer_points if len(points.shares)], str)
        pressures = _rows("pressure", liquid, np.full(len(liquid), -1), np.ones(len(liquid)))
        blocks += [*virials, pressures, _no_points(len(self.pairs))]
        columns = ([getattr(b, f.name) for b in blocks] for f in fields(Rows))
        return Rows(*(np.concatenate(column) for column in columns))

    def errors(self, parameters: Array) -> dict[str, float]:
        """Weighted root-mean-square errors, eV, eV/Å, GPa and 1/cm, of what there is data for."""
        scale = (self.settings.energy_error, self.settings.gradient_error)
        found: dict[str, float] = {}
        energy, gradient, stress = (block[0] for block in self._molecule(parameters))
        weights = self.molecule_points.weights
        per_structure = self.molecule_points.gradients[0].size if len(weights) else 1
        whole = "intramolecular" if self.molecule_points.cells is None else "cell"
        found |= _rmse(f"rmse_energy_{whole}", energy * scale[0], weights.sum())
        total = weights[self.has_gradient].sum() * per_structure
        found |= _rmse("rmse_gradient", gradient * scale[1], total)
        total = weights[self.has_stress].sum() * 9
        found |= _rmse("rmse_stress", stress * self.settings.stress_error, total)
        if self.torsions:
            turned = self._torsion(parameters)[0][0] * self.settings.torsion_error
            total = weights[self.torsions.places].sum()
            found |= _rmse("rmse_torsion", turned, total)
        if self.hessian and self.hessian.size:
            found["rmse_frequency"] = self.hessian.frequency_error(parameters)
        interactions, virials, _ = self._dimers(parameters)
        sets = [block[0] * self.settings.interaction_error for block in interactions]
        weight = [self._weights(points).sum() for points in self.dimer_points]
        if sets:
            found |= _rmse("rmse_interaction", np.concatenate(sets), sum(weight))
            changes = np.concatenate([block[0] for block in virials])
            total = sum(self._weights(p)[p.pulled].sum() for p in self.dimer_points)
            found |= _rmse("rmse_virial", changes * self.settings.virial_error, total)
        for points, error, total in zip(self.dimer_points, sets, weight, strict=True):
            found |= _rmse(f"rmse_interaction {points.label}", error, total)
        return found

    def _hessian(self, parameters: Array) -> Block:
        if not self.hessian:
            return np.zeros(0), np.zeros((0, len(parameters)))
        off, jacobian = self.hessian.errors(parameters)
        return off / self.settings.hessian_error, jacobian / self.settings.hessian_error

    def _molecule(self, parameters: Array) -> list[Block]:
        points, model = self.molecule_points, self.molecules.evaluate(parameters)
        if not points.weights.sum():
            return [(np.zeros(0), np.zeros((0, len(parameters))))] * 3
        share = points.weights / points.weights.sum()
        error, jacobian = model.energy - points.energies, model.energy_jacobian
        # The common offset of the energies is solved for, exactly, by taking the mean off.
        error, jacobian = error - share @ error, jacobian - share @ jacobian
        known, root = self.has_gradient, np.sqrt(points.weights)
        n = points.positions.shape[1]
        difference = (model.gradient[:, :n] - points.gradients)[known] * root[known, None, None]
        gradient_jacobian = model.gradient_jacobian[known, :n] * root[known, None, None, None]
        return [
            (
                error * root / self.settings.energy_error,
                jacobian * root[:, None] / self.settings.energy_error,
            ),
            (
                difference.ravel() / self.settings.gradient_error,
                gradient_jacobian.reshape(-1, len(parameters)) / self.settings.gradient_error,
            ),
            self._stress(model),
        ]

    def _stress(self, model: Evaluation) -> Block:
        """Of cells, the components that differ."""
        points, known = self.molecule_points, self.has_stress
        parameters = model.energy_jacobian.shape[1]
        if points.cells is None or points.stresses is None:
            return np.zeros(0), np.zeros((0, parameters))
        n, root = points.positions.shape[1], np.sqrt(points.weights[known])
        scale = root * GPA / self.settings.stress_error
        per_volume = scale / np.abs(np.linalg.det(points.cells[known]))
        expected = scale[:, None, None] * points.stresses[known]
        error = per_volume[:, None, None] * model.gradient[known, n:] - expected
        jacobian = per_volume[:, None, None, None] * model.gradient_jacobian[known, n:]
        a, b = VOIGT
        # Those off the diagonal occur twice.
        counted = np.where(np.equal(a, b), 1.0, np.sqrt(2.0))
        return (
            (counted * error[:, a, b]).ravel(),
            (counted[:, None] * jacobian[:, a, b]).reshape(-1, parameters),
        )

    def _torsion(self, parameters: Array) -> list[Block]:
        """Energies along each dihedral, whose mean is taken off as an offset of its own; slopes."""
        if not self.torsions:
            return []
        points, places = self.molecule_points, self.torsions.places
        weights, labels = points.weights[places], np.array(points.labels)[places]
        together = (labels[:, None] == labels) * weights
        total = together.sum(axis=1, keepdims=True)
        share = np.divide(together, total, out=np.zeros_like(together), where=total > 0)
        energy, jacobian = self.torsions.energy(parameters)
        error = energy - points.energies[places]
        root = np.sqrt(weights) / self.settings.torsion_error
        expected, sloping = self.torsions.qm_slopes, np.isfinite(self.torsions.qm_slopes)
        slope, change = (part[sloping] for part in self.torsions.slope(parameters))
        steep = root[sloping] / _STEEPNESS
        return [
            (root * (error - share @ error), root[:, None] * (jacobian - share @ jacobian)),
            (steep * (slope - expected[sloping]), steep[:, None] * change),
        ]

    def _dimers(self, parameters: Array) -> tuple[list[Block], list[Block], list[Block]]:
        """Of each set, its interaction energies, how they change as molecules move apart, and what
        pressure that makes in a liquid.
        """
        energy, jacobian = self.dimers.energy(parameters)
        interactions, virials, pressures = [], [], []
        end, last = 0, sum(len(points.energies) for points in self.dimer_points)
        for points in self.dimer_points:
            start, end = end, end + len(points.energies)
            root, off = np.sqrt(self._weights(points)), energy[start:end] - points.energies
            share = root / self.settings.interaction_error
            interactions.append((share * off, share[:, None] * jacobian[start:end]))

            mine = points.pulled
            first, last = last, last + len(mine)
            strains = points.strains
            change = (energy[first:last] - points.stretched_energies - off[mine]) / strains
            slope = (jacobian[first:last] - jacobian[start:end][mine]) / strains[:, None]
            share = root[mine] / self.settings.virial_error
            virials.append((share * change, share[:, None] * slope))
            if len(points.shares):
                all_in_all = points.shares * points.weights[mine] / self.settings.pressure_error
                pressures.append((np.array([all_in_all @ change]), (all_in_all @ slope)[None]))
        return interactions, virials, pressures

    def _weights(self, points: DimerPoints) -> Array:
        return points.weights * self.settings.energy_weights(points.energies)

    def _guard(self, parameters: Array) -> Block:
        """One-sided: zero where a curve's inner maximum is high enough, infinite where it has none.

        The logarithm keeps a fit that starts with a barrier from ever crossing to where there is
        none. The distances of the maximum and of the minimum may be held while differentiating,
        because the slope vanishes at both.
        """
        residuals = np.zeros(len(self.pairs))
        jacobian = np.zeros((len(self.pairs), len(parameters)))
        for row, pair in enumerate(self.pairs):
            top = inner_maximum(parameters[pair.columns], pair.charge_product, self.pair_form)
            if top.barrier <= 0:
                residuals[row] = np.inf
            elif top.barrier < self.settings.barrier:
                residuals[row] = _GUARD * np.log(self.settings.barrier / top.barrier)
                value = self.pair_form(top.span, parameters[pair.columns])
                at_top, at_bottom = value.energy_jacobian
                slope = (at_bottom - at_top) * _GUARD / top.barrier
                np.add.at(jacobian[row], pair.columns, slope)
        return residuals, jacobian


def _rows(kind: str, labels: NDArray[np.str_], points: NDArray[np.int_], weights: Array) -> Rows:
    return Rows(np.full(len(points), kind), labels, points, weights)


def _no_points(count: int) -> Rows:
    return _rows("", np.full(count, ""), np.full(count, -1), np.zeros(count))


def type_pairs(
    species: Species, terms: Sequence[Term], charges: Mapping[str, float]
) -> Iterator[TypePair]:
    """All pairs of atom types, with the charges that MD runs with."""
    places = columns(terms)
    for i, j in combinations_with_replacement(species.type_names, 2):
        own = places.get(pair_name(i, j)) if i != j else None
        # The combination of a pair's own parameters with themselves are these parameters.
        both = [places[f"nonbonded {name}"] for name in (i, j)] if own is None else [own, own]
        yield TypePair(f"{i}-{j}", np.concatenate(both), charges[i] * charges[j])


def _rmse(name: str, weighted_errors: Array, weight: float) -> dict[str, float]:
    """One entry, or none where there is no data: JSON has no NaN."""
    return {name: float(np.sqrt(weighted_errors @ weighted_errors / weight))} if weight > 0 else {}
