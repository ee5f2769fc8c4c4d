"""A force field as a calculator of ASE, in numpy alone: molecules in vacuum or in a cell.

It is slow beside a molecular-dynamics program, and what these are checked against.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import neighbor_list
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import NDArray

from aiida_forcefield.potentials.ewald import reciprocal, screened, split
from aiida_forcefield.potentials.forcefield import ForceField, check_field
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class ForceFieldCalculator(Calculator):
    """Energies, forces and stress of molecules of one kind, atoms of each in the species's order.

    In a cell that is periodic in all directions the nonbonded form ends at the cutoff, without a
    tail correction, and Coulomb's law is summed by Ewald's method; the molecules may be wrapped.
    In vacuum all pairs count. After a calculation ``results["terms"]`` has the energy of each kind
    of interaction, eV.

    Args:
        forcefield: the force field, of which the charges for the liquid act.
        species: its molecule.
        cutoff: of the form, Å.

    Raises:
        ValueError: if the terms are not the species's.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012

    def __init__(
        self,
        forcefield: ForceField,
        species: Species,
        cutoff: float = 9.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        check_field(forcefield, species)
        self._field, self._species = forcefield, species
        self._split = split(cutoff)
        self._charges = np.array([forcefield.charges[name] for name in species.atom_types])

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Energy, forces and, in a cell, the stress.

        Raises:
            ValueError: if the atoms are not molecules of the species, or are periodic in one or
                two directions.
        """
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        symbols = self._species.symbols
        assert self.atoms is not None
        atoms = self.atoms
        count, rest = divmod(len(atoms), len(symbols))
        if rest or tuple(atoms.symbols) != count * symbols:
            raise ValueError(f"atoms: {atoms.symbols} are not molecules of {''.join(symbols)}")
        periodic = bool(atoms.pbc.all())
        if atoms.pbc.any() and not periodic:
            raise ValueError("pbc: all directions must be periodic, or none")
        cell = atoms.cell.array if periodic else None
        x = self._whole(atoms.positions.reshape(count, -1, 3), cell)
        terms, gradient = self._bonded(x)
        flat = x.reshape(-1, 3)
        strain = flat.T @ gradient.reshape(-1, 3)  # of whole molecules
        for kind, (energy, slope, stretch) in self._nonbonded(flat, count, cell).items():
            terms[kind] = energy
            gradient += slope.reshape(x.shape)
            strain += stretch
        energy = sum(terms.values())
        self.results: dict[str, Any] = {
            "energy": energy,
            "free_energy": energy,  # whose derivatives ASE takes the others for
            "forces": -gradient.reshape(-1, 3),
            "terms": terms,
        }
        if periodic:
            stress = full_3x3_to_voigt_6_stress(strain / atoms.get_volume())  # type: ignore[no-untyped-call]
            self.results["stress"] = stress

    def _whole(self, x: Array, cell: Array | None) -> Array:
        """Molecules with each atom beside the image of an atom that it is bonded to."""
        if cell is None:
            return x
        x = x.copy()
        for near, atom in _tree(self._species):
            away = x[:, atom] - x[:, near]
            x[:, atom] -= np.round(away @ np.linalg.inv(cell)) @ cell
        return x

    def _bonded(self, x: Array) -> tuple[dict[str, float], Array]:
        energies: dict[str, float] = {}
        by_atom = np.zeros((x.shape[1], x.shape[0], 3))
        for term_type in self._species.term_types:
            term = self._field.term(term_type.name)
            atoms = np.array(term_type.members)
            q, slopes = evaluate(x, atoms)
            value = FORMS[term.form].evaluate(q, np.array(list(term.parameters.values())))
            energies[term.kind] = energies.get(term.kind, 0.0) + float(value.energy.sum())
            np.add.at(by_atom, atoms, np.moveaxis(value.slope[..., None, None] * slopes, 0, 2))
        return energies, np.moveaxis(by_atom, 0, 1).copy()

    def _nonbonded(
        self, x: Array, count: int, cell: Array | None
    ) -> dict[str, tuple[float, Array, Array]]:
        """Energies of the form and of Coulomb's law, their gradients, and derivatives by strain."""
        cutoff, alpha = self._split.cutoff, self._split.alpha
        n = len(self._species.symbols)
        if cell is None:
            pairs = np.stack(np.triu_indices(len(x), k=1), axis=1)
            d = x[pairs[:, 0]] - x[pairs[:, 1]]
            same = pairs[:, 0] // n == pairs[:, 1] // n
        else:
            box = Atoms(positions=x, cell=cell, pbc=True)
            i, j, away, images = neighbor_list("ijDS", box, cutoff)  # type: ignore[no-untyped-call]
            # Each pair stands there twice, and an atom with its own images too.
            once = (i < j) | ((i == j) & (_first(images) > 0))
            pairs, d = np.stack([i, j], axis=1)[once], -away[once]
            same = (i // n == j // n)[once] & ~images[once].any(axis=1)
        bonds = np.full(len(pairs), n + 4)
        bonds[same] = self._species.bond_distances[tuple(pairs[same].T % n)]
        form_scale, coulomb_scale = self._field.scale_14 or (0.0, 0.0)
        r = np.linalg.norm(d, axis=1)
        product = COULOMB * np.prod(np.tile(self._charges, count)[pairs], axis=1)
        unit = d / r[:, None]

        def weights(scale_14: float) -> Array:
            return np.where(bonds > 3, 1.0, np.where(bonds == 3, scale_14, 0.0))

        def gather(slope: Array) -> tuple[Array, Array]:
            gradient, forces = np.zeros_like(x), slope[:, None] * unit
            np.add.at(gradient, pairs[:, 0], forces)
            np.add.at(gradient, pairs[:, 1], -forces)
            return gradient, d.T @ forces

        form = [part * weights(form_scale) for part in self._form(pairs % n, r)]
        kept = weights(coulomb_scale)
        if cell is None:
            charge_energy, charge_slope = kept / r, -kept / r**2
            far, far_gradient, far_strain = 0.0, np.zeros_like(x), np.zeros((3, 3))
        else:
            # The second sum has all pairs; those that do not count are taken off here.
            charge_energy, charge_slope = screened(r, alpha)
            charge_energy, charge_slope = (
                charge_energy - (1 - kept) / r,
                charge_slope + (1 - kept) / r**2,
            )
            q = np.tile(self._charges, count)
            far, far_gradient, far_strain = reciprocal(x, q, cell, self._split)
        near_gradient, near_strain = gather(product * charge_slope)
        return {
            "nonbonded": (float(form[0].sum()), *gather(form[1])),
            "coulomb": (
                float(product @ charge_energy) + far,
                near_gradient + far_gradient,
                near_strain + far_strain,
            ),
        }

    def _form(self, pairs: Indices, r: Array) -> tuple[Array, Array]:
        """Energy and slope of each pair of atoms of the species."""
        names, evaluate_form = self._species.type_names, self._field.nonbonded_form.evaluate
        types = np.sort(self._species.type_indices[pairs], axis=1)
        code = types @ [len(names), 1]
        energy, slope = np.zeros(len(r)), np.zeros(len(r))
        for each in np.unique(code).tolist():
            here = code == each
            i, j = divmod(each, len(names))
            parameters = self._field.pair(names[i], names[j])
            value = evaluate_form(r[here], np.array(list(parameters.values())))
            energy[here], slope[here] = value.energy, value.slope
        return energy, slope


def _tree(species: Species) -> Iterator[tuple[int, int]]:
    """Pairs of bonded atoms that lead to every atom once, the nearer one first."""
    reached: list[int] = []
    for start in range(len(species.symbols)):
        frontier = [] if start in reached else [start]
        reached += frontier
        while frontier:
            atom = frontier.pop(0)
            ends = (bond for bond in species.bonds if atom in bond)
            for other in (j if atom == i else i for i, j in ends):
                if other not in reached:
                    reached.append(other)
                    frontier.append(other)
                    yield atom, other


def _first(images: Indices) -> Indices:
    """Sign of the first number that is not zero of each row, 0 where all are."""
    signs = np.sign(images)
    return np.where(signs[:, 0] != 0, signs[:, 0], np.where(signs[:, 1] != 0, *signs[:, 1:].T))
