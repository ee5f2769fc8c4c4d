"""The joint fit: what it costs, whether it finds the field behind its points, what its errors mean.

    .venv/bin/python benchmarks/fit.py -o benchmarks/results/fit.json

The points come from a force field that is known: its parameters are drawn about a prior, which is
built from a conformer and the Hessian of ordinary force constants. Half of the points are
molecules, disturbed conformers with energies and gradients; half are dimers, each of which is known
with its molecules farther apart, too, and all of which together tell the pressure of a liquid.

- time: CPU seconds of one fit, and of the choice among forms, which is one for each rival.
- recovery: relative deviations of the parameters that the fit says it knows to 0.1 %, from points
  without noise, which weigh so much that no prior stands against them.
- coverage: how often the interval of 1.96 standard errors has the true parameter, over fields drawn
  from the prior, from points with noise of the size that the fit expects.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from aiida_forcefield.fitting import (
    PHYSICAL,
    DimerPoints,
    FitData,
    MoleculePoints,
    Prior,
    Reference,
    Settings,
    choose_forms,
    fit_force_field,
)
from aiida_forcefield.fitting.fit import SCALE_14
from aiida_forcefield.fitting.hessian import SOFT, hessian_model
from aiida_forcefield.fitting.residuals.collapse_guard import type_pairs
from aiida_forcefield.potentials import (
    FixedCharges,
    ForceField,
    Layout,
    Term,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.potentials.collapse import inner_maximum
from aiida_forcefield.potentials.forcefield import with_vector
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.runner.vibrations import WAVENUMBER
from aiida_forcefield.scans import Cluster, Origin, moved_apart, random_dimers
from aiida_forcefield.scans.dimers import STRETCH
from aiida_forcefield.topology import Species, System, from_smiles
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

MOLECULES = {
    "methanol": ("CO", 300),
    "dimethyl carbonate": ("COC(=O)OC", 300),
    "ethylene carbonate": ("C1COC(=O)O1", 300),
    "ethylene carbonate, 100 points": ("C1COC(=O)O1", 100),
    "ethylene carbonate, 1000 points": ("C1COC(=O)O1", 1000),
    "tetraglyme": ("COCCOCCOCCOCCOC", 300),
}
ORDINARY = {"bond": {"alpha": 2.0}, "angle": {"k": 2.5}, "improper": {"k": 1.0}}
C6 = {"C": 20.0, "O": 12.0, "H": 1.5}  # eV Å⁶, between two such atoms
DRAWN = 0.5
"""Of the widths of the prior, the standard deviation of the true parameters about it."""
PRESSURE = 300.0
"""Bar, to which the dimers tell the pressure of their liquid: as well as in a study."""
REPEATS = 200
NAME = "molecule"
"""Of the species in its system."""
PAIR = (NAME, NAME)
SETTINGS = Settings()
PRECISE = Settings(
    energy_error=1e-6,
    gradient_error=1e-5,
    hessian_error=1e-5,
    interaction_error=1e-6,
    virial_error=1e-6,
)


@dataclass(frozen=True, eq=False)
class Case:
    """A molecule, the field that is to be found, and structures."""

    system: System
    reference: Reference
    field: ForceField
    molecules: Array
    dimers: Array

    @property
    def species(self) -> Species:
        """The one of the system."""
        return self.system.species[0]


def main() -> None:
    """Measure all, print what was found, and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    output = parser.parse_args().output
    report: dict[str, Any] = {"time": {}, "recovery": {}}
    for name, (smiles, count) in MOLECULES.items():
        case = make_case(smiles, count)
        report["time"][name], report["recovery"][name] = timed(case), recovery(case)
        print(name, report["time"][name], report["recovery"][name], flush=True)
        output.write_text(json.dumps(report, indent=2) + "\n")
    report["coverage"] = coverage(*MOLECULES["methanol"])
    print("coverage", report["coverage"])
    output.write_text(json.dumps(report, indent=2) + "\n")


def make_case(smiles: str, count: int, seed: int = 1, width: float = DRAWN) -> Case:
    """A molecule with a field drawn about its prior, and half as many structures of each kind."""
    species = from_smiles(smiles)
    system = System.pure(NAME, species)
    reference = ordinary_reference(system)
    prior = prior_of(system, reference)
    rng = np.random.default_rng(seed)
    field = drawn(prior, system, rng, width)
    while not keeps_atoms_apart(field, system):
        field = drawn(prior, system, rng, width)
    reference = replace(reference, hessian=hessian(field, system, reference.positions))
    conformers = species.conformers[rng.integers(len(species.conformers), size=count // 2)]
    molecules = conformers + rng.normal(scale=0.06, size=conformers.shape)
    monomer = (species, reference.positions)
    dimers = random_dimers(monomer, monomer, 2 * count, seed=1)
    ordinary = np.abs(interaction_energies(field, system, PAIR, dimers)) < 20 * KCAL_PER_MOL
    return Case(system, reference, field, molecules, dimers[ordinary][: count // 2])


def prior_of(system: System, reference: Reference) -> Prior:
    """That of a fit with the usual forms."""
    return PHYSICAL.prior(system, {NAME: reference}, SETTINGS, SETTINGS.form_of_kind)


def drawn(prior: Prior, system: System, rng: np.random.Generator, width: float) -> ForceField:
    """A force field at random about a prior, with a standard deviation in units of the prior's."""
    shift = np.linalg.solve(prior.rows, width * rng.normal(size=len(prior.centre)))
    u = np.clip(prior.centre + shift, prior.lower, prior.upper)
    return _field(with_vector(prior.terms, prior.to_parameters(u)), system)


def keeps_atoms_apart(field: ForceField, system: System) -> bool:
    """Whether its barriers before collapse are those that a fit sees to."""
    return all(
        inner_maximum(field.vector[pair.columns], pair.charge_product, pair.form).barrier
        > SETTINGS.barrier
        for pair in type_pairs(Layout.of(field, system))
    )


def charges_of(system: System) -> dict[str, float]:
    """Oxygen is negative, all else shares what makes the molecule neutral, e."""
    symbols = system.species[0].symbols
    oxygens = symbols.count("O")
    rest = 0.3 * oxygens / (len(symbols) - oxygens)
    return {each.name: -0.3 if each.symbol == "O" else rest for each in system.atom_types}


def ordinary_reference(system: System) -> Reference:
    """A conformer, with the Hessian of force constants that are much the same in all molecules."""
    (species,) = system.species
    x = species.conformers[0]
    c6 = np.array([C6[symbol] for symbol in species.symbols])
    reference = Reference(x, np.zeros((x.size, x.size)), np.sqrt(np.outer(c6, c6)))
    prior = prior_of(system, reference)
    terms = tuple(
        replace(term, parameters=term.parameters | ORDINARY.get(term.kind, {}))
        for term in prior.terms
    )
    return replace(reference, hessian=hessian(_field(terms, system), system, x))


def hessian(field: ForceField, system: System, x: Array) -> Array:
    """Of a field at x, shape (n, 3), Å; shape (3n, 3n), eV/Å²."""
    step = 1e-4
    shifts = step * np.concatenate([np.eye(x.size), -np.eye(x.size)])
    moved = (x.ravel() + shifts).reshape(-1, *x.shape)
    gradients = molecule_energies(field, system, NAME, moved)[1]
    forward, backward = gradients.reshape(2, x.size, x.size)
    second: Array = (forward - backward) / (2 * step)
    return (second + second.T) / 2


def _field(terms: tuple[Term, ...], system: System) -> ForceField:
    charges, size = charges_of(system), sum(len(term.parameters) for term in terms)
    fixed, covariance = FixedCharges(charges, charges), np.zeros((size, size))
    return ForceField(system.atom_types, terms, fixed, covariance, scale_14=SCALE_14)


def points(case: Case, noise: float, seed: int = 0) -> FitData:
    """What the field gives, with noise in units of the errors that the fit expects."""
    rng = np.random.default_rng(seed)
    energies, gradients = molecule_energies(case.field, case.system, NAME, case.molecules)
    interaction = interaction_energies(case.field, case.system, PAIR, case.dimers)

    def disturbed(values: Array, error: float, weights: Array | float = 1.0) -> Array:
        return values + noise * error / np.sqrt(weights) * rng.normal(size=values.shape)

    weights = np.exp(-interaction.clip(0) / SETTINGS.repulsive_scale)
    count = len(energies)
    molecules = MoleculePoints(
        NAME,
        case.molecules,
        disturbed(energies, SETTINGS.energy_error),
        gradients + internal(disturbed(0 * gradients, SETTINGS.gradient_error), case.molecules),
        np.ones(count),
        (Origin("thermal"),) * count,
    )
    noisy = disturbed(interaction, SETTINGS.interaction_error, weights)
    cluster = Cluster.of(case.species, case.species)
    apart, every = moved_apart(cluster, case.dimers), np.arange(len(noisy))
    change = interaction_energies(case.field, case.system, PAIR, apart) - interaction
    changed = noisy + disturbed(change, STRETCH * SETTINGS.virial_error, weights)
    shares = PRESSURE / SETTINGS.virial_error * np.sqrt(weights / len(noisy))
    dimers = DimerPoints(
        PAIR,
        case.dimers,
        noisy,
        np.ones(len(noisy)),
        Origin("liquid"),
        len(case.species.symbols),
        apart,
        changed,
        every,
        shares,
    )
    return FitData({NAME: disturbed_reference(case, noise, seed)}, (molecules,), (dimers,))


def internal(gradients: Array, positions: Array) -> Array:
    """Without net force and torque, as gradients of QM are; both of shape (s, n, 3)."""
    count, n, _ = positions.shape
    shifts = np.broadcast_to(np.tile(np.eye(3), (n, 1)), (count, 3 * n, 3))
    turns = np.stack([np.cross(axis, positions) for axis in np.eye(3)], axis=-1)
    rigid = np.linalg.qr(np.concatenate([shifts, turns.reshape(count, 3 * n, 3)], axis=2))[0]
    flat = gradients.reshape(count, -1, 1)
    inner: Array = flat - rigid @ (rigid.transpose(0, 2, 1) @ flat)
    return inner.reshape(gradients.shape)


def disturbed_reference(case: Case, noise: float, seed: int) -> Reference:
    """The reference with noise in its Hessian, in units of the error that the fit expects."""
    field, reference = case.field, case.reference
    model = hessian_model(Layout.of(field, case.system), NAME, reference)
    masses = np.repeat([atomic_masses[atomic_numbers[s]] for s in case.species.symbols], 3)
    forces = masses[:, None] * model.modes * np.abs(model.frequencies).clip(SOFT) / WAVENUMBER
    rng = np.random.default_rng([seed, 1])
    error = noise * SETTINGS.hessian_error * rng.normal(size=2 * model.frequencies.shape)
    return replace(reference, hessian=reference.hessian + forces @ (error + error.T) @ forces.T / 2)


def arguments(
    case: Case, noise: float, seed: int = 0, settings: Settings = SETTINGS
) -> tuple[Any, ...]:
    """Of a fit."""
    return (case.system, case.field.electrostatics, points(case, noise, seed), settings)


def timed(case: Case) -> dict[str, float]:
    """CPU seconds of fits to noisy points."""
    begun = time.process_time()
    found = fit_force_field(*arguments(case, noise=1.0))
    fitted = time.process_time()
    choose_forms(*arguments(case, noise=1.0))
    chosen = time.process_time()
    sizes = {"atoms": len(case.species.symbols), "parameters": len(found.vector)}
    sizes["points"] = len(case.molecules) + len(case.dimers)
    return {**sizes, "fit": fitted - begun, "with choice of forms": chosen - fitted}


def recovery(case: Case) -> dict[str, Any]:
    """How far known parameters are from the truth, and which the fit says that it does not know.

    Known is one with a standard error below 0.1 %. In a stiff ring, terms of a Fourier series look
    alike over the few degrees that it bends.
    """
    found = fit_force_field(*arguments(case, noise=0.0, settings=PRECISE))
    known = np.sqrt(np.diag(found.covariance)) < 1e-3 * np.abs(found.vector)
    apart = np.abs(found.vector / case.field.vector - 1.0)[known]
    unknown = [name for name, sure in zip(found.parameter_names, known, strict=True) if not sure]
    return {
        "known": int(known.sum()),
        "within 0.1 %": int((apart < 1e-3).sum()),
        "largest deviation": float(apart.max()),
        "unknown": unknown,
    }


def coverage(smiles: str, count: int) -> dict[str, Any]:
    """How often 1.96 standard errors reach the truth, over parameters and repeats.

    Each repeat has a field of its own from the prior, and noise of its own. Positive parameters are
    fitted by their logarithm, and so are their intervals.
    """
    inside = []
    for seed in range(REPEATS):
        case = make_case(smiles, count, seed, width=1.0)
        found = fit_force_field(*arguments(case, noise=1.0, seed=seed))
        errors, true = np.sqrt(np.diag(found.covariance)), case.field.vector
        positive = np.array([p.positive for t in found.terms for p in FORMS[t.form].parameters])
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.abs(np.log(found.vector / true)) / (errors / found.vector)
        off = np.where(positive, ratio, np.abs(found.vector - true) / errors)
        inside.append(off < 1.96)
    by_parameter = np.mean(inside, axis=0)
    return {
        "mean": float(by_parameter.mean()),
        "least": float(by_parameter.min()),
        "most": float(by_parameter.max()),
        "parameters": dict(zip(found.parameter_names, by_parameter.tolist(), strict=True)),
    }


if __name__ == "__main__":
    main()
