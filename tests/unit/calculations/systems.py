"""Water, and a mixture of water and methanol, each with a force field that QM is taken to be."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from aiida.orm import ArrayData, Dict
from numpy.typing import NDArray
from scipy.optimize import minimize

from aiida_forcefield.data import ForceFieldData, PointsData, SystemData
from aiida_forcefield.potentials import ForceField, interaction_energies, molecule_energies
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.scans import Cluster, Origin, Points, Structures
from aiida_forcefield.topology import Frames, Species, System

from ...fields import FIELDS, build

Array = NDArray[np.float64]
Case = tuple[System, ForceField]

MIXTURE = SYSTEM, FIELD = build(*FIELDS["water and methanol"])
WATER = build({"water": "O"}, "morse harmonic_angle tang_toennies", {"scale_14": (1.0, 1.0)})
POLARIZABLE_WATER = Polarizable(
    net={"water:O1": -0.7, "water:H1": 0.35},
    dipoles=(BondDipole("water:O1", "water:H1", 0.05),),
    polarizabilities={"water:O1": 1.4},
    lengths={"water:O1": 0.95, "water:H1": 0.7},
    damping=0.39,
)


def reference(species: Species) -> Points:
    """A species at rest, or nearly so."""
    n = len(species.symbols)
    return Points(
        origin=Origin("conformers"),
        cluster=Cluster.of(species),
        positions=species.conformers[:1],
        requested=np.full(1, np.nan),
        energies=np.zeros(1),
        gradients=np.zeros((1, n, 3)),
        slopes=np.full(1, np.nan),
        statuses=("ok",),
        messages=("",),
        cpu_seconds=np.ones(1),
        versions={},
    )


def dispersion(species: Species) -> Array:
    """C6 of all pairs of atoms, eV Å⁶."""
    own = np.array([{"H": 1.0, "C": 14.0, "O": 11.0}[symbol] for symbol in species.symbols])
    return np.sqrt(np.outer(own, own))


def nodes() -> dict[str, object]:
    """What is known of the mixture."""
    return {
        "force_field": ForceFieldData(FIELD),
        "system": SystemData(SYSTEM),
        "references": {name: PointsData(reference(each)) for name, each in SYSTEM},
        "properties": {name: ArrayData({"c6": dispersion(each)}) for name, each in SYSTEM},
    }


def computed(case: Case, structures: Structures, failed: Sequence[int] = ()) -> Points:
    """What QM would say if the force field were it; some points fail."""
    system, field = case
    names = [system.name_of(key) for key in structures.cluster.species]
    x, count = structures.positions, len(structures.positions)
    gradients = np.full(x.shape, np.nan)
    if len(names) == 1:
        energies, gradients = molecule_energies(field, system, names[0], x)
        energies = energies - 1234.5  # of all electrons
    else:
        energies = interaction_energies(field, system, names, x)
    bad = np.isin(np.arange(count), failed)
    return Points(
        origin=structures.origin,
        cluster=structures.cluster,
        positions=x,
        requested=structures.values,
        energies=np.where(bad, np.nan, energies),
        gradients=gradients,
        slopes=np.full(count, np.nan),
        statuses=tuple("error" if each else "ok" for each in bad),
        messages=tuple("because" if each else "" for each in bad),
        cpu_seconds=np.ones(count),
        versions={},
    )


def dimers_of(case: Case, pair: tuple[str, str], origin: Origin, positions: Array) -> Structures:
    """Dimers of two species, by their names."""
    cluster = Cluster.of(*(case[0].of_name(name) for name in pair))
    return Structures.rigid(origin, cluster, positions)


@cache
def _at_rest(case: Case, name: str) -> tuple[Points, Array]:
    """The minimum of a species in its force field, and its Hessian, eV/Å²."""
    system, field = case
    species = system.of_name(name)
    shape = species.conformers[0].shape

    def value(flat: Array) -> tuple[float, Array]:
        energy, gradient = molecule_energies(field, system, name, flat.reshape(1, *shape))
        return float(energy[0]), gradient.ravel()

    flat = minimize(value, species.conformers[0].ravel(), jac=True, options={"gtol": 1e-7}).x
    step = 1e-4
    shifts = step * np.concatenate([np.eye(flat.size), -np.eye(flat.size)])
    moved = (flat + shifts).reshape(-1, *shape)
    forward, backward = molecule_energies(field, system, name, moved)[1].reshape(2, flat.size, -1)
    hessian = (forward - backward) / (2 * step)
    structures = Structures.rigid(
        Origin("conformers"), Cluster.of(species), flat.reshape(1, *shape)
    )
    return computed(case, structures), (hessian + hessian.T) / 2


def at_rest(case: Case) -> dict[str, dict[str, PointsData | ArrayData | Dict]]:
    """`references`, `properties` and `electrostatics` of all species, as QM would have them."""
    system, field = case
    found: dict[str, dict[str, PointsData | ArrayData | Dict]] = {
        "references": {},
        "properties": {},
        "electrostatics": {},
    }
    for name, species in system:
        points, hessian = _at_rest(case, name)
        types = system.types_of(name)
        c6 = [field.pair(each, each)["C6"] for each in types]
        arrays = {"hessian": hessian, "c6": np.sqrt(np.outer(c6, c6))}
        own = dict(zip(species.atom_types, types, strict=True))
        sets = {
            state: {label: field.electrostatics.charges(state)[each] for label, each in own.items()}
            for state in ("gas", "liquid")
        }
        found["references"][name] = PointsData(points)
        found["properties"][name] = ArrayData(arrays)
        found["electrostatics"][name] = Dict(sets)
    return found


def lattice_liquid(system: System, edge: float, seed: int = 1) -> Frames:
    """One frame of 64 shaken molecules on a lattice, of each species as many."""
    rng = np.random.default_rng(seed)
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) * edge / 4
    sites = rng.permutation(sites)
    kinds = len(system.names)
    counts = (64 // kinds,) * kinds
    parts = []
    for species, own in zip(system.species, np.split(sites, kinds), strict=True):
        shape = species.conformers[0] - species.conformers[0].mean(axis=0)
        shaken = shape + own[:, None] + rng.normal(0, 0.2, (len(own), 1, 3))
        parts.append(shaken.reshape(-1, 3))
    return Frames(counts, np.concatenate(parts)[None], np.full((1, 3), edge))
