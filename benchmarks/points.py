"""Fit five molecules to stored points, and compare with what an earlier code found.

    python benchmarks/points.py [MOLECULE ...] [-o benchmarks/results/points.json]

Forms are chosen, too. Compared are all parameters and standard errors: the largest relative
deviation, the largest deviation of a parameter in units of its standard error, and the parameter or
error that deviates most. Seconds are CPU time.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from aiida_forcefield.fitting import (
    DimerPoints,
    FitData,
    MoleculePoints,
    Reference,
    choose_forms,
)
from aiida_forcefield.potentials import FixedCharges, ForceField
from aiida_forcefield.scans import Coordinate, Origin
from aiida_forcefield.topology import System, from_smiles

FOLDER = Path(__file__).parent / "points"
MOLECULES = (
    "methanol",
    "ethanol",
    "ethylene_carbonate",
    "dimethyl_carbonate",
    "dimethoxyethane",
)


@dataclass(frozen=True, eq=False)
class Stored:
    """A fit with what it has to find.

    Attributes:
        system: the pure liquid.
        electrostatics: its charges.
        data: its points.
        expected: ``terms`` and ``diagnostics``, as the README says.
    """

    system: System
    electrostatics: FixedCharges
    data: FitData
    expected: dict[str, Any]


def stored(name: str) -> Stored:
    """The stored fit of a molecule."""
    content = json.loads((FOLDER / f"{name}.json").read_text())
    with np.load(FOLDER / f"{name}.npz") as file:
        arrays = dict(file)
    species = from_smiles(content["smiles"])
    types = [f"{name}:{label}" for label in content["types"]]
    gas, liquid = (
        dict(zip(types, arrays[f"charges_{state}"].tolist(), strict=True))
        for state in ("gas", "liquid")
    )
    origins = [origin(each) for each in content["molecule_origins"]]
    molecules = MoleculePoints(
        species=name,
        positions=arrays["molecule_positions"],
        energies=arrays["molecule_energies"],
        gradients=arrays["molecule_gradients"],
        weights=arrays["molecule_weights"],
        origins=tuple(origins[place] for place in arrays["molecule_origins"]),
        slopes=arrays["molecule_slopes"],
    )
    dimers = []
    for place, each in enumerate(content["dimer_origins"]):
        prefix = f"dimers_{place}_"
        mine = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        pair = (name, name)
        atoms = len(species.symbols)
        dimers.append(DimerPoints(species=pair, origin=origin(each), atoms=atoms, **mine))
    reference = Reference(arrays["reference_positions"], arrays["hessian"], arrays["c6"])
    return Stored(
        System.pure(name, species),
        FixedCharges(gas, liquid),
        FitData({name: reference}, (molecules,), tuple(dimers)),
        content["fit"],
    )


def origin(content: dict[str, Any]) -> Origin:
    """An origin from what is stored of it."""
    coordinate = content.get("coordinate")
    if coordinate is None:
        return Origin(content["sampling"])
    return Origin(content["sampling"], Coordinate(coordinate["kind"], tuple(coordinate["types"])))


def differences(field: ForceField, expected: dict[str, Any]) -> dict[str, Any]:
    """How far a field is from what was found before; raises ValueError where forms differ."""
    (name,) = {each.species for each in field.atom_types}
    terms = {
        (each["kind"], tuple(f"{name}:{label}" for label in each["types"])): each
        for each in expected["terms"]
    }
    if {key: each["form"] for key, each in terms.items()} != {
        (term.kind, term.types): term.form for term in field.terms
    }:
        raise ValueError(f"{name}: other terms or forms than before")
    relative: dict[str, float] = {}
    in_errors = []
    for term in field.terms:
        known = terms[term.kind, term.types]
        for parameter, value in known["parameters"].items():
            off = abs(term.parameters[parameter] - value)
            error = known["standard_errors"][parameter]
            error_off = abs(term.standard_errors[parameter] - error)
            relative[f"{term.name}:{parameter}"] = off / max(abs(value), 1e-9)
            relative[f"{term.name}:{parameter}, standard error"] = error_off / max(error, 1e-9)
            in_errors.append(off / max(error, 1e-9))
    most = max(relative, key=relative.__getitem__)
    return {
        "largest relative deviation": relative[most],
        "of": most,
        "largest deviation in standard errors": max(in_errors),
    }


def main() -> None:
    """Fit the molecules that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("molecules", nargs="*", metavar="MOLECULE", help=", ".join(MOLECULES))
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    report: dict[str, Any] = {}
    for name in arguments.molecules or MOLECULES:
        case, begun = stored(name), process_time()
        _, field = choose_forms(case.system, case.electrostatics, case.data)
        seconds = round(process_time() - begun, 1)
        report[name] = {**differences(field, case.expected), "CPU-s": seconds}
        print(name, report[name], flush=True)
        if arguments.output:
            arguments.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
