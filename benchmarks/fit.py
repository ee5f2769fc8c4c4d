"""The joint fit: what it costs, whether it finds the field behind its points, what its errors mean.

    .venv/bin/python benchmarks/fit.py -o benchmarks/results/fit.json

The points come from a force field that is known: its parameters are drawn about a prior, which is
built from a conformer and the Hessian of ordinary force constants. Half of the points are
molecules, disturbed conformers with energies and gradients; half are dimers.

- time: CPU seconds of one fit, and of the choice among forms, which takes three.
- recovery: relative deviations of the parameters that the fit says are determined, from points
  without noise, which weigh so much that no prior stands against them.
- coverage: how often the interval of 1.96 standard errors has the true parameter, from points with
  noise of the size that the fit expects.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials import (
    DimerPoints,
    ForceField,
    MoleculePoints,
    Reference,
    Settings,
    Term,
    fit_chosen_forms,
    fit_force_field,
    interaction_energies,
    molecule_energies,
)
from aiida_forcefield.potentials.collapse import inner_maximum
from aiida_forcefield.potentials.forcefield import columns
from aiida_forcefield.potentials.prior import Prior, build_prior
from aiida_forcefield.potentials.residuals import type_pairs
from aiida_forcefield.potentials.units import KCAL_PER_MOL
from aiida_forcefield.scans import random_dimers
from aiida_forcefield.topology import Topology, from_smiles

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
REPEATS = 200
SETTINGS = Settings()
PRECISE = Settings(energy_error=1e-6, gradient_error=1e-5, interaction_error=1e-6)


@dataclass(frozen=True, eq=False)
class Case:
    """A molecule, the field that is to be found, and structures."""

    topology: Topology
    reference: Reference
    field: ForceField
    molecules: Array
    dimers: Array


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
    report["coverage"] = coverage(make_case(*MOLECULES["methanol"]))
    print("coverage", report["coverage"])
    output.write_text(json.dumps(report, indent=2) + "\n")


def make_case(smiles: str, count: int) -> Case:
    """A molecule with a field drawn about its prior, and half as many structures of each kind."""
    topology = from_smiles(smiles)
    reference = ordinary_reference(topology)
    prior = build_prior(topology, reference, SETTINGS.c6_width)
    rng = np.random.default_rng(1)
    field = drawn(prior, topology, rng)
    while not keeps_atoms_apart(field, topology):
        field = drawn(prior, topology, rng)
    conformers = topology.conformers[rng.integers(len(topology.conformers), size=count // 2)]
    molecules = conformers + rng.normal(scale=0.06, size=conformers.shape)
    dimers = random_dimers(topology, reference.positions, 2 * count, seed=1)
    ordinary = np.abs(interaction_energies(field, topology, dimers)) < 20 * KCAL_PER_MOL
    return Case(topology, reference, field, molecules, dimers[ordinary][: count // 2])


def drawn(prior: Prior, topology: Topology, rng: np.random.Generator) -> ForceField:
    """A force field at random about a prior."""
    shift = np.linalg.solve(prior.rows, DRAWN * rng.normal(size=len(prior.centre)))
    u = np.clip(prior.centre + shift, prior.lower, prior.upper)
    values, places = prior.to_parameters(u), columns(prior.terms)
    terms = tuple(
        replace(t, parameters=dict(zip(t.parameters, values[places[t.name]].tolist(), strict=True)))
        for t in prior.terms
    )
    return _field(terms, topology)


def keeps_atoms_apart(field: ForceField, topology: Topology) -> bool:
    """Whether its barriers before collapse are those that a fit sees to."""
    return all(
        inner_maximum(field.vector[pair.columns], pair.charge_product).barrier > SETTINGS.barrier
        for pair in type_pairs(topology, field.terms, field.charges)
    )


def charges_of(topology: Topology) -> dict[str, float]:
    """Oxygen is negative, all else shares what makes the molecule neutral, e."""
    oxygens = topology.symbols.count("O")
    rest = 0.3 * oxygens / (len(topology.symbols) - oxygens)
    return {name: -0.3 if name[0] == "O" else rest for name in topology.type_names}


def ordinary_reference(topology: Topology) -> Reference:
    """A conformer, with the Hessian of force constants that are much the same in all molecules."""
    x = topology.conformers[0]
    c6 = np.array([C6[symbol] for symbol in topology.symbols])
    reference = Reference(x, np.zeros((x.size, x.size)), np.sqrt(np.outer(c6, c6)))
    prior = build_prior(topology, reference, SETTINGS.c6_width)
    terms = tuple(
        replace(term, parameters=term.parameters | ORDINARY.get(term.kind, {}))
        for term in prior.terms
    )
    field = _field(terms, topology)
    step = 1e-4
    shifts = step * np.concatenate([np.eye(x.size), -np.eye(x.size)])
    gradients = molecule_energies(field, topology, (x.ravel() + shifts).reshape(-1, *x.shape))[1]
    forward, backward = gradients.reshape(2, x.size, x.size)
    hessian = (forward - backward) / (2 * step)
    return replace(reference, hessian=(hessian + hessian.T) / 2)


def _field(terms: tuple[Term, ...], topology: Topology) -> ForceField:
    charges, size = charges_of(topology), sum(len(term.parameters) for term in terms)
    return ForceField(terms, charges, charges, np.zeros((size, size)))


def points(case: Case, noise: float, seed: int = 0) -> tuple[MoleculePoints, list[DimerPoints]]:
    """What the field gives, with noise in units of the errors that the fit expects."""
    rng = np.random.default_rng(seed)
    energies, gradients = molecule_energies(case.field, case.topology, case.molecules)
    interaction = interaction_energies(case.field, case.topology, case.dimers)

    def disturbed(values: Array, error: float, weights: Array | float = 1.0) -> Array:
        return values + noise * error / np.sqrt(weights) * rng.normal(size=values.shape)

    weights = np.exp(-interaction.clip(0) / SETTINGS.repulsive_scale)
    count = len(energies)
    molecules = MoleculePoints(
        case.molecules,
        disturbed(energies, SETTINGS.energy_error),
        disturbed(gradients, SETTINGS.gradient_error),
        np.ones(count),
        ("thermal",) * count,
    )
    noisy = disturbed(interaction, SETTINGS.interaction_error, weights)
    return molecules, [DimerPoints(case.dimers, noisy, np.ones(len(noisy)), "random")]


def arguments(
    case: Case, noise: float, seed: int = 0, settings: Settings = SETTINGS
) -> tuple[Any, ...]:
    """Of a fit."""
    charges = case.field.charges
    return (case.topology, case.reference, charges, charges, *points(case, noise, seed), settings)


def timed(case: Case) -> dict[str, float]:
    """CPU seconds of fits to noisy points."""
    begun = time.process_time()
    found = fit_force_field(*arguments(case, noise=1.0))
    fitted = time.process_time()
    fit_chosen_forms(*arguments(case, noise=1.0))
    chosen = time.process_time()
    sizes = {"atoms": len(case.topology.symbols), "parameters": len(found.vector)}
    sizes["points"] = len(case.molecules) + len(case.dimers)
    return {**sizes, "fit": fitted - begun, "with choice of forms": chosen - fitted}


def recovery(case: Case) -> dict[str, Any]:
    """How far determined parameters are from the truth, and which are said to be undetermined."""
    found = fit_force_field(*arguments(case, noise=0.0, settings=PRECISE))
    flagged = {
        f"{term.name}:{flag.split(':')[0]}"
        for term in found.terms
        for flag in term.flags
        if "not determined" in flag
    }
    known = np.array([name not in flagged for name in found.parameter_names])
    apart = np.abs(found.vector / case.field.vector - 1.0)[known]
    return {
        "determined": int(known.sum()),
        "within 0.1 %": int((apart < 1e-3).sum()),
        "largest deviation": float(apart.max()),
        "undetermined": sorted(flagged),
    }


def coverage(case: Case) -> dict[str, float]:
    """How often 1.96 standard errors reach the truth, over parameters and repeats."""
    inside = []
    for seed in range(REPEATS):
        found = fit_force_field(*arguments(case, noise=1.0, seed=seed))
        errors = np.sqrt(np.diag(found.covariance))
        inside.append(np.abs(found.vector - case.field.vector) < 1.96 * errors)
    by_parameter = np.mean(inside, axis=0)
    return {
        "mean": float(by_parameter.mean()),
        "least": float(by_parameter.min()),
        "most": float(by_parameter.max()),
    }


if __name__ == "__main__":
    main()
