"""Compare fixed charges with polarizable electrostatics, on stored points of methanol.

    python benchmarks/polarizable.py [-o benchmarks/results/polarizable.json]

Fixed charges have the Tang-Toennies form, fitted to total interaction energies. Polarizable
electrostatics have the overlap form, fitted to the components of the energies, too. Both follow the
combination rule, or each pair of atom types has its own parameters. The damping comes from every
second trimer, and is judged on the others. Errors of unseen dimers are those of fits without them.
"""

import argparse
import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from points import FOLDER, Stored, stored

from aiida_forcefield.fitting import DimerPoints, FitData, Settings, fit_force_field
from aiida_forcefield.fitting.damping import Trimers, fit_damping, three_body_energies
from aiida_forcefield.fitting.data import Components
from aiida_forcefield.fitting.polarizable import fit_polarizable
from aiida_forcefield.potentials import FixedCharges, ForceField
from aiida_forcefield.potentials.electrostatics import BondDipole, Polarizable
from aiida_forcefield.potentials.forcefield import pair_types
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.units import COULOMB, KCAL_PER_MOL

Arrays = dict[str, NDArray[np.float64]]
NAME = "methanol"


def with_components(case: Stored, arrays: Arrays) -> FitData:
    """The stored points with energies of SCS-MP2 and their components."""

    def of(k: int, points: DimerPoints) -> DimerPoints:
        names = ("electrostatics", "exchange", "induction")
        return replace(
            points,
            energies=arrays[f"dimers_{k}_energies"],
            moved_energies=arrays.get(f"dimers_{k}_moved_energies", np.zeros(0)),
            components=Components(*(arrays[f"dimers_{k}_{name}"] for name in names)),
        )

    dimers = tuple(of(k, points) for k, points in enumerate(case.data.dimers))
    return replace(case.data, dimers=dimers)


def in_system(field: Polarizable) -> Polarizable:
    """The same with the names that the system has for the atom types."""

    def named(values: dict[str, float]) -> dict[str, float]:
        return {f"{NAME}:{label}": value for label, value in values.items()}

    return replace(
        field,
        net=named(field.net),
        dipoles=tuple(
            BondDipole(f"{NAME}:{each.atom}", f"{NAME}:{each.neighbour}", each.charge)
            for each in field.dipoles
        ),
        polarizabilities=named(field.polarizabilities),
        lengths=named(field.lengths),
    )


def potential_error(case: Stored, arrays: Arrays) -> float:
    """Relative error of the potential of the fixed charges in vacuum."""
    x = case.data.references[NAME].positions
    q = [case.electrostatics.gas[name] for name in case.system.types_of(NAME)]
    v = COULOMB * np.linalg.norm(arrays["grid"][:, None] - x, axis=-1) ** -1.0 @ q
    return float(np.linalg.norm(v - arrays["potential"]) / np.linalg.norm(arrays["potential"]))


def told(field: ForceField) -> dict[str, Any]:
    """Errors of unseen points, kcal/mol, and which C6 are at a bound."""
    assert field.diagnostics
    unseen = {
        (error.kind, error.origin.sampling if error.origin else "all"): error.left_out
        for error in field.diagnostics.errors
    }

    def of(kind: str, origin: str = "all") -> float:
        return round((unseen[kind, origin] or np.nan) / KCAL_PER_MOL, 3)

    return {
        "unseen dimers": of("interaction"),
        "unseen dimers of the liquid": of("interaction", "liquid"),
        "unseen virial": of("virial"),
        "C6 at a bound": [
            "-".join(each.split(":")[1] for each in term.types)
            for term in field.terms
            if any(flag.parameter == "C6" and "bound" in flag.kind for flag in term.flags)
        ],
    }


def fitted(
    case: Stored, electrostatics: FixedCharges | Polarizable, data: FitData, form: str
) -> dict[str, Any]:
    """What fits tell, by the combination rule and with own pairs."""
    settings = Settings()
    forms = {**settings.form_of_kind, "nonbonded": FORMS[form]}
    own = tuple(pair_types(i, j) for i, j in combinations(case.system.type_names, 2))
    report = {}
    for name, pairs in (("combination rule", ()), ("own pairs", own)):
        field = fit_force_field(case.system, electrostatics, data, settings, forms, pairs)
        report[name] = told(field)
    return report


def main() -> None:
    """Fit, and judge by unseen dimers and trimers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    case = stored(NAME)
    with np.load(FOLDER / f"{NAME}_components.npz") as file:
        arrays = dict(file)
    reference, species = case.data.references[NAME], case.system.species[0]
    data = with_components(case, arrays)
    totals = replace(data, dimers=tuple(replace(each, components=None) for each in data.dimers))

    properties = (arrays[name] for name in ("grid", "potential", "polarizability"))
    found = fit_polarizable(species, reference.positions, *properties, reference.c6)
    trimers = (NAME,) * 3
    x, energies = arrays["trimer_positions"], arrays["trimer_energies"]
    usual = in_system(found.electrostatics)
    damping = fit_damping(case.system, usual, [Trimers(trimers, x[::2], energies[::2])])
    polarizable = replace(usual, damping=damping.damping)
    others = energies[1::2]
    model = three_body_energies(case.system, polarizable, trimers, x[1::2])
    report = {
        "fixed charges, Tang-Toennies, totals": {
            "error of the potential": round(potential_error(case, arrays), 3),
            **fitted(case, case.electrostatics, totals, "tang_toennies"),
        },
        "polarizable, overlap, components": {
            "error of the potential": round(found.relative_error, 3),
            **fitted(case, polarizable, data, "overlap"),
        },
        "three-body": {
            "damping": round(damping.damping, 3),
            "its standard error": round(damping.error, 3),
            "unseen trimers": len(others),
            "slope": round(float(model @ others / (others @ others)), 3),
            "RMSE": round(float(np.sqrt(np.mean((model - others) ** 2))) / KCAL_PER_MOL, 3),
            "RMS": round(float(np.sqrt(np.mean(others**2))) / KCAL_PER_MOL, 3),
        },
    }
    print(json.dumps(report, indent=2))
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
