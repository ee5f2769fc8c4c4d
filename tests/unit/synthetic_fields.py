"""Force fields with known parameters, and the data that they would give."""

from dataclasses import dataclass, replace

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from aiida_forcefield.fitting.data import Reference
from aiida_forcefield.fitting.hessian import SOFT, hessian_model
from aiida_forcefield.potentials import (
    FixedCharges,
    ForceField,
    Layout,
    Term,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.runner.vibrations import WAVENUMBER
from aiida_forcefield.scans import Coordinate, Origin
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import Species, System
from aiida_forcefield.topology.molecule import from_smiles

Array = NDArray[np.float64]

SMILES = {"methanol": "CO", "dimethyl_carbonate": "COC(=O)OC", "fluoroethanol": "C[C@H](O)F"}
CHARGES = {
    "methanol": {"C1": 0.12, "O1": -0.58, "H1": 0.02, "H2": 0.40},
    "dimethyl_carbonate": {"C1": 0.06, "O1": -0.42, "C2": 0.94, "O2": -0.64, "H1": 0.07},
    "fluoroethanol": {
        "C1": -0.3,
        "C2": 0.5,
        "O1": -0.6,
        "F1": -0.2,
        "H1": 0.06,
        "H2": 0.02,
        "H3": 0.4,
    },
}
TANG_TOENNIES = {
    "C": (3000.0, 0.272, 24.0, 190.0),
    "O": (2300.0, 0.255, 12.0, 70.0),
    "H": (110.0, 0.262, 1.5, 5.0),
    "F": (2300.0, 0.245, 9.0, 50.0),
}
POLAR_HYDROGEN = (25.0, 0.25, 0.5, 1.75)


@dataclass(frozen=True, eq=False)
class Case:
    """A molecule, its true force field, and structures."""

    system: System
    forcefield: ForceField
    reference: Reference
    molecules: Array
    dimers: Array

    @property
    def name(self) -> str:
        return self.system.names[0]

    @property
    def species(self) -> Species:
        return self.system.species[0]

    @property
    def pair(self) -> tuple[str, str]:
        return (self.name, self.name)

    def named(self, term: str) -> str:
        """The name that a term such as ``"bond C1-O1"`` has in the system."""
        kind, _, labels = term.partition(" ")
        return f"{kind} {'-'.join(f'{self.name}:{label}' for label in labels.split('-'))}"

    def types(self, *labels: str) -> tuple[str, ...]:
        """Names of atom types in the system."""
        return tuple(f"{self.name}:{label}" for label in labels)

    def interactions(self, field: ForceField, dimers: Array) -> Array:
        return interaction_energies(field, self.system, self.pair, dimers)

    def energies(self, field: ForceField, molecules: Array) -> tuple[Array, Array]:
        return molecule_energies(field, self.system, self.name, molecules)


def along(term: str) -> Origin:
    """The origin of a scan of a term, such as ``"bond C1-O1"``."""
    kind, _, labels = term.partition(" ")
    return Origin("scan", Coordinate(kind, tuple(labels.split("-"))))


def true_field(system: System) -> ForceField:
    (name,), (species,) = system.names, system.species
    terms = []
    for place, (own, term) in enumerate(
        zip(species.term_types, system.terms_of(name), strict=True)
    ):
        q = float(evaluate(species.conformers[0], np.array(term.members))[0].mean())
        parameters = {
            "bond": {"D": 4.2 + 0.1 * place, "alpha": 2.0 + 0.03 * place, "r0": q + 0.01},
            "angle": {"k": 2.5 + 0.1 * place, "theta0": float(np.rad2deg(q)) + 1.0},
            "dihedral": {"k1": 0.03, "k2": -0.06, "k3": 0.02, "k4": 0.005},
            "improper": {"k": 0.9},
        }[term.kind]
        form = {"bond": "morse", "angle": "harmonic_angle", "dihedral": "fourier"}.get(
            term.kind, "harmonic_improper"
        )
        if species.turns_threefold(own):
            form, parameters = "threefold", {"k3": 0.02}
        terms.append(Term(term.kind, term.types, form, parameters))
    for atom_type in species.type_names:
        symbol = species.symbols[species.atom_types.index(atom_type)]
        values = POLAR_HYDROGEN if atom_type == "H2" else TANG_TOENNIES[symbol]
        parameters = dict(zip(("A", "rho", "C6", "C8"), values, strict=True))
        terms.append(Term("nonbonded", (f"{name}:{atom_type}",), "tang_toennies", parameters))
    size = sum(len(term.parameters) for term in terms)
    gas = {f"{name}:{atom_type}": charge for atom_type, charge in CHARGES[name].items()}
    charges = FixedCharges(gas, {atom_type: 1.1 * charge for atom_type, charge in gas.items()})
    covariance = np.zeros((size, size))
    return ForceField(system.atom_types, tuple(terms), charges, covariance, scale_14=(1.0, 1.0))


def minimum(forcefield: ForceField, system: System) -> Reference:
    (name,), (species,) = system.names, system.species
    start = species.conformers[0]

    def value(x: Array) -> tuple[float, Array]:
        energy, gradient = molecule_energies(forcefield, system, name, x.reshape(1, -1, 3))
        return float(energy[0]), gradient.ravel()

    x = minimize(value, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-6}).x
    step = 1e-4
    shifts = np.concatenate([np.eye(x.size), -np.eye(x.size)]) * step
    moved = (x + shifts).reshape(-1, *start.shape)
    gradients = molecule_energies(forcefield, system, name, moved)[1]
    forward, backward = gradients.reshape(2, x.size, x.size)
    hessian = (forward - backward) / (2 * step)
    like = [forcefield.term(f"nonbonded {each}").parameters for each in system.types_of(name)]
    C6 = [p["C6"] if "C6" in p else 4 * p["epsilon"] * p["sigma"] ** 6 for p in like]
    return Reference(x.reshape(start.shape), (hessian + hessian.T) / 2, np.sqrt(np.outer(C6, C6)))


def disturbed(case: Case, error: float) -> Reference:
    """With a Hessian that errs between normal modes as much as a fit expects."""
    reference, species = case.reference, case.species
    model = hessian_model(Layout.of(case.forcefield, case.system), case.name, reference)
    masses = np.repeat([atomic_masses[atomic_numbers[s]] for s in species.symbols], 3)
    forces = masses[:, None] * model.modes * model.frequencies.clip(SOFT) / WAVENUMBER
    noise = np.random.default_rng(3).normal(scale=error, size=2 * (len(model.frequencies),))
    noise = (noise + noise.T) / 2  # off the diagonal, an element errs by 1/√2 of what it does on it
    return replace(reference, hessian=reference.hessian + forces @ noise @ forces.T)


def dimers_of(forcefield: ForceField, system: System, monomer: Array, count: int) -> Array:
    """Random pairs with energies below 0.3 eV, and atoms that do not overlap."""
    rng = np.random.default_rng(1)
    centred = monomer - monomer.mean(axis=0)
    kept: list[Array] = []
    while len(kept) < count:
        turned = Rotation.random(2, rng=rng)
        axis = rng.normal(size=3)
        shift = axis / np.linalg.norm(axis) * rng.uniform(2.5, 7.0)
        pair = np.concatenate([turned[0].apply(centred), turned[1].apply(centred) + shift])
        closest = np.linalg.norm(pair[: len(centred), None] - pair[len(centred) :], axis=-1).min()
        pairs = (*system.names, *system.names)
        if closest > 1.5 and interaction_energies(forcefield, system, pairs, pair[None])[0] < 0.3:
            kept.append(pair)
    return np.array(kept)


def build(name: str) -> Case:
    system = System.pure(name, from_smiles(SMILES[name]))
    forcefield = true_field(system)
    reference = minimum(forcefield, system)
    rng = np.random.default_rng(2)
    noise = rng.normal(scale=0.08, size=(100, *reference.positions.shape))
    return Case(
        system,
        forcefield,
        reference,
        reference.positions + noise,
        dimers_of(forcefield, system, reference.positions, 150),
    )
