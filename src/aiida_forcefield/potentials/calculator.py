"""A force field as a calculator of ASE, in numpy alone: molecules of a system in vacuum or a cell.

It is slow beside a molecular-dynamics program, and what these are checked against.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import neighbor_list
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import NDArray

from aiida_forcefield.potentials.ewald import reciprocal, screened, split
from aiida_forcefield.potentials.forcefield import ForceField, check_field, check_fixed
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.species import Species
from aiida_forcefield.topology.system import System
from aiida_forcefield.units import COULOMB

Array = NDArray[np.float64]
Indices = NDArray[np.int_]


class ForceFieldCalculator(Calculator):
    """Energies, forces and stress of any mixture of the molecules of a system.

    Atoms stand species by species and molecule by molecule, those of each in its species' order. In
    a cell that is periodic in all directions the nonbonded form ends at the cutoff, without a tail
    correction, and Coulomb's law is summed by Ewald's method; the molecules may be wrapped. In
    vacuum all pairs count. After a calculation ``results["terms"]`` has the energy of each kind of
    interaction, eV.

    Args:
        field: the force field, of which the charges for the liquid act.
        system: its system.
        counts: number of molecules of each species.
        cutoff: of the form, Å.

    Raises:
        ValueError: if the terms are not the system's, or the counts are not of its species.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012

    def __init__(
        self, field: ForceField, system: System, counts: Sequence[int], cutoff: float = 9.0
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        check_field(field, system)
        check_fixed(field, "the ASE calculator")
        if len(counts) != len(system.names):
            raise ValueError(f"counts: {len(counts)} for {len(system.names)} species")
        self._field, self._system, self._counts = field, system, tuple(counts)
        self._split = split(cutoff)
        together = list(zip(self._counts, system.names, system.species, strict=True))
        charges = field.electrostatics.charges("liquid")
        types = [each for count, name, _ in together for each in count * system.types_of(name)]
        self._charges = np.array([charges[each] for each in types])
        self._types = np.array([system.type_names.index(each) for each in types], dtype=int)
        self._symbols = tuple(s for count, _, each in together for s in count * each.symbols)
        sizes = [len(each.symbols) for count, _, each in together for _ in range(count)]
        self._molecules = np.repeat(np.arange(len(sizes)), sizes)
        self._starts = np.cumsum([0, *sizes])[self._molecules]
        self._species = np.repeat(
            np.arange(len(together)), [count * len(each.symbols) for count, _, each in together]
        )
        ends = np.cumsum([0, *(count * len(each.symbols) for count, _, each in together)])
        self._parts = [slice(start, end) for start, end in pairwise(ends.tolist())]

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Energy, forces and, in a cell, the stress.

        Raises:
            ValueError: if the atoms are not the molecules of the system, or are periodic in one or
                two directions.
        """
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        atoms = self.atoms
        if tuple(atoms.symbols) != self._symbols:
            what = " ".join(
                f"{n} {name}" for n, name in zip(self._counts, self._system.names, strict=True)
            )
            raise ValueError(f"atoms: {atoms.symbols} are not {what}, in this order")
        periodic = bool(atoms.pbc.all())
        if atoms.pbc.any() and not periodic:
            raise ValueError("pbc: all directions must be periodic, or none")
        cell = atoms.cell.array if periodic else None
        x = self._whole(atoms.positions, cell)
        terms, gradient = self._bonded(x)
        strain = x.T @ gradient  # of whole molecules
        for kind, (energy, slope, stretch) in self._nonbonded(x, cell).items():
            terms[kind] = energy
            gradient += slope
            strain += stretch
        energy = sum(terms.values())
        self.results: dict[str, Any] = {
            "energy": energy,
            "free_energy": energy,  # whose derivatives ASE takes the others for
            "forces": -gradient,
            "terms": terms,
        }
        if periodic:
            stress = full_3x3_to_voigt_6_stress(strain / atoms.get_volume())  # type: ignore[no-untyped-call]
            self.results["stress"] = stress

    def _each(self) -> Iterator[tuple[str, Species, slice]]:
        """Name, species and atoms of those of which there are molecules."""
        for (name, species), part in zip(self._system, self._parts, strict=True):
            if part.stop > part.start:
                yield name, species, part

    def _whole(self, positions: Array, cell: Array | None) -> Array:
        """Molecules with each atom beside the image of an atom that it is bonded to."""
        x = positions.copy()
        if cell is None:
            return x
        inverse = np.linalg.inv(cell)
        for _, species, part in self._each():
            own = x[part].reshape(-1, len(species.symbols), 3)
            for near, atom in _tree(species):
                away = own[:, atom] - own[:, near]
                own[:, atom] -= np.round(away @ inverse) @ cell
            x[part] = own.reshape(-1, 3)
        return x

    def _bonded(self, x: Array) -> tuple[dict[str, float], Array]:
        energies: dict[str, float] = {}
        gradient = np.zeros_like(x)
        for name, species, part in self._each():
            n = len(species.symbols)
            own = x[part].reshape(-1, n, 3)
            by_atom = np.zeros((n, len(own), 3))
            for term_type in self._system.terms_of(name):
                term = self._field.term(term_type.name)
                atoms = np.array(term_type.members)
                q, slopes = evaluate(own, atoms)
                value = FORMS[term.form].evaluate(q, np.array(list(term.parameters.values())))
                energies[term.kind] = energies.get(term.kind, 0.0) + float(value.energy.sum())
                np.add.at(by_atom, atoms, np.moveaxis(value.slope[..., None, None] * slopes, 0, 2))
            gradient[part] = np.moveaxis(by_atom, 0, 1).reshape(-1, 3)
        return energies, gradient

    def _bonds_between(self, pairs: Indices, same: NDArray[np.bool_]) -> Indices:
        """How many bonds are between the atoms of each pair; many where they are in two."""
        bonds = np.full(len(pairs), 99)
        local = pairs - self._starts[pairs]
        for place, species in enumerate(self._system.species):
            here = same & (self._species[pairs[:, 0]] == place)
            bonds[here] = species.bond_distances[tuple(local[here].T)]
        return bonds

    def _nonbonded(self, x: Array, cell: Array | None) -> dict[str, tuple[float, Array, Array]]:
        """Energies of the form and of Coulomb's law, their gradients, and derivatives by strain."""
        cutoff, alpha = self._split.cutoff, self._split.alpha
        if cell is None:
            pairs = np.stack(np.triu_indices(len(x), k=1), axis=1)
            d = x[pairs[:, 0]] - x[pairs[:, 1]]
            same = self._molecules[pairs[:, 0]] == self._molecules[pairs[:, 1]]
        else:
            box = Atoms(positions=x, cell=cell, pbc=True)
            i, j, away, images = neighbor_list("ijDS", box, cutoff)  # type: ignore[no-untyped-call]
            # Each pair stands there twice, and an atom with its own images too.
            once = (i < j) | ((i == j) & (_first(images) > 0))
            pairs, d = np.stack([i, j], axis=1)[once], -away[once]
            near = self._molecules[i] == self._molecules[j]
            same = near[once] & ~images[once].any(axis=1)
        bonds = self._bonds_between(pairs, same)
        form_scale, coulomb_scale = self._field.scale_14 or (0.0, 0.0)
        r = np.linalg.norm(d, axis=1)
        product = COULOMB * np.prod(self._charges[pairs], axis=1)
        unit = d / r[:, None]

        def weights(scale_14: float) -> Array:
            return np.where(bonds > 3, 1.0, np.where(bonds == 3, scale_14, 0.0))

        def gather(slope: Array) -> tuple[Array, Array]:
            gradient, forces = np.zeros_like(x), slope[:, None] * unit
            np.add.at(gradient, pairs[:, 0], forces)
            np.add.at(gradient, pairs[:, 1], -forces)
            return gradient, d.T @ forces

        form = [part * weights(form_scale) for part in self._form(pairs, r)]
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
            far, far_gradient, far_strain = reciprocal(x, self._charges, cell, self._split)
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
        """Energy and slope of each pair of atoms."""
        names, evaluate_form = self._system.type_names, self._field.nonbonded_form.evaluate
        types = np.sort(self._types[pairs], axis=1)
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
