"""Torsions with all else relaxed, in QM and in the force field.

Where a dihedral turns, QM opens and closes the angles beside it, which no term here couples to the
dihedral. At the structures of QM the force field is strained by that, and its energies there say
little of what it has once all but the dihedral relaxes, as in a liquid. So the points of a scan
along a dihedral count at the structures that the force field itself has there. By them, dihedral
terms alone are fitted: others would buy energy at structures that their next relaxation leaves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from aiida_forcefield.fitting.data import MoleculePoints
from aiida_forcefield.potentials.energy import Layout, Model
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species, TermType
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]

_SPRING = 10.0  # eV/rad²: a stiffer one takes many more steps
_PULLS = 2  # once again with the spring moved by what it gave way, 1.5 degrees at stiff dihedrals
_STEPS = 3000
_FORCE = 2e-3  # eV/Å that is left on an atom


@dataclass(frozen=True, eq=False)
class Torsions:
    """Points of a species along dihedrals, at the structures of a force field.

    Attributes:
        points: of the species.
        places: of the s points along dihedrals among them, shape (s,).
        profiles: number of the profile that each belongs to, shape (s,).
        qm_slopes: along the dihedral, shape (s,), eV/rad; NaN where unknown.
        positions: relaxed with the dihedral held, shape (s, n, 3), Å.
        directions: in which one side of the bond turns as a whole, shape (s, 3n), Å/rad. Where all
            but the dihedral is relaxed, the slope is the same in any that turns it alike.
        model: their energies.
        parameters: of the force field, shape (p,).
        free: which of them are of dihedral terms, shape (p,).
        settled: whether all came to rest.
    """

    points: MoleculePoints
    places: NDArray[np.int_]
    profiles: NDArray[np.int_]
    qm_slopes: Array
    positions: Array
    directions: Array
    model: Model
    parameters: Array
    free: NDArray[np.bool_]
    settled: bool

    def energy(self, parameters: Array) -> tuple[Array, Array]:
        """Energies with other dihedral terms, shape (s,), eV, and their Jacobian, shape (s, p)."""
        energy, jacobian = self.model.energy(self._mixed(parameters))
        return energy, np.where(self.free, jacobian, 0.0)

    def slope(self, parameters: Array) -> tuple[Array, Array]:
        """By how much these change as the dihedral turns, eV/rad, shapes as of `energy`."""
        slope, jacobian = self.model.slope(self._mixed(parameters), self.directions)
        return slope, np.where(self.free, jacobian, 0.0)

    def change(self, before: "Torsions") -> float:
        """By how much profiles differ from what structures relaxed before made of them, eV.

        Args:
            before: relaxed in a force field nearby.

        Returns:
            The root mean square of the profile that differs most, without its offset.
        """
        own = self.energy(self.parameters)[0] - before.energy(self.parameters)[0]
        return float(max(np.std(own[self.profiles == k]) for k in np.unique(self.profiles)))

    def _mixed(self, parameters: Array) -> Array:
        return np.where(self.free, parameters, self.parameters)


def along_dihedrals(species: Species, points: MoleculePoints) -> dict[int, TermType]:
    """Places of the points that count and whose scan of a dihedral has all else relaxed.

    Dihedrals about a bond in a ring are not among them: they bend its angles, and are part of it.

    Returns:
        For each place the term type that its scan turns.
    """
    turning = {}
    for term in species.term_types:
        if term.kind == "dihedral":
            _, j, k, _ = term.members[0]
            if species.fragment((j, k)) is not None:
                turning[term.types] = term
    coordinates = [origin.coordinate for origin in points.origins]
    return {
        place: turning[each.types]
        for place, each in enumerate(coordinates)
        if each and each.kind == "dihedral" and each.types in turning and points.weights[place] > 0
    }


def relaxed_torsions(
    system: System,
    field: ForceField,
    points: MoleculePoints,
    before: Torsions | None = None,
) -> Torsions:
    """Relax the points along dihedrals in a force field.

    Args:
        system: of the species.
        field: the force field.
        points: of the species.
        before: of a force field nearby, to start from.
    """
    layout, species = Layout.of(field, system), system.of_name(points.species)

    def model_at(positions: Array) -> Model:
        return layout.molecules(points.species, positions)

    along = along_dihedrals(species, points)
    places, terms = np.array(list(along), dtype=int), list(along.values())
    names = list(dict.fromkeys(term.name for term in terms))
    profiles = np.array([names.index(term.name) for term in terms])
    atoms = np.array([term.members[0] for term in terms])
    asked = _dihedrals(points.positions[places], atoms)[0]
    pulled = asked

    def energy(flat: Array) -> tuple[float, Array]:
        x = flat.reshape(-1, *points.positions.shape[1:])
        bare, gradient = model_at(x).gradient(field.vector)
        values, by = _dihedrals(x, atoms)
        away = _turn(values, pulled)
        rows = np.arange(len(x))[:, None]
        np.add.at(gradient, (rows, atoms), 2 * _SPRING * away[:, None, None] * by)
        return float(bare.sum() + _SPRING * away @ away), gradient.ravel()

    positions = points.positions[places] if before is None else before.positions
    settled = True
    for _ in range(_PULLS):
        found = minimize(
            energy,
            positions.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": _STEPS,
                "maxfun": _STEPS,
                "maxcor": 30,
                "gtol": _FORCE,
                "ftol": 1e-10,
            },
        )
        positions, settled = np.asarray(found.x).reshape(positions.shape), bool(found.success)
        pulled = pulled + _turn(asked, _dihedrals(positions, atoms)[0])
    qm_slopes = np.full(len(places), np.nan) if points.slopes is None else points.slopes[places]
    kinds = [term.kind for term in field.terms for _ in term.parameters]
    free = np.array(kinds) == "dihedral"
    directions = np.stack([_turning(species, x, a) for x, a in zip(positions, atoms, strict=True)])
    model = model_at(positions)
    return Torsions(
        points,
        places,
        profiles,
        qm_slopes,
        positions,
        directions,
        model,
        field.vector,
        free,
        settled,
    )


def _turning(species: Species, positions: Array, atoms: NDArray[np.int_]) -> Array:
    """How the side of the last atom of a dihedral moves as it turns about its bond, shape (3n,)."""
    _, j, k, _ = atoms
    axis = (positions[k] - positions[j]) / np.linalg.norm(positions[k] - positions[j])
    side, direction = species.fragment((j, k)), np.zeros_like(positions)
    direction[side] = np.cross(axis, positions[side] - positions[j])
    return direction.ravel()


def _turn(one: Array, other: Array) -> Array:
    """By how much dihedrals are beyond others, within half a turn."""
    beyond: Array = np.angle(np.exp(1j * (one - other)))
    return beyond


def _dihedrals(positions: Array, atoms: NDArray[np.int_]) -> tuple[Array, Array]:
    """One dihedral of each structure, radians, shape (s,), and its derivatives (s, 4, 3)."""
    values, by = evaluate(np.take_along_axis(positions, atoms[:, :, None], axis=1), [range(4)])
    return values[:, 0], by[:, 0]
