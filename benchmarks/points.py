"""Fit five molecules to stored points, and compare with what an earlier code found.

python benchmarks/points.py [MOLECULE ...]
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


def largest_difference(field: ForceField, expected: dict[str, Any]) -> float:
    """Of any parameter or standard error, relative; infinite where forms differ."""
    (name,) = {each.species for each in field.atom_types}
    terms = {
        (each["kind"], tuple(f"{name}:{label}" for label in each["types"])): each
        for each in expected["terms"]
    }
    largest = 0.0
    for term in field.terms:
        known = terms.pop((term.kind, term.types), None)
        if known is None or known["form"] != term.form:
            return np.inf
        for what in ("parameters", "standard_errors"):
            for parameter, value in known[what].items():
                found = getattr(term, what)[parameter]
                largest = max(largest, abs(found - value) / max(abs(value), 1e-9))
    return np.inf if terms else largest


def main() -> None:
    """Fit the molecules that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("molecules", nargs="*", metavar="MOLECULE", help=", ".join(MOLECULES))
    for name in parser.parse_args().molecules or MOLECULES:
        case, start = stored(name), process_time()
        _, field = choose_forms(case.system, case.electrostatics, case.data)
        seconds = process_time() - start
        print(f"{name}: {largest_difference(field, case.expected):.1e} in {seconds:.1f} s of CPU")


if __name__ == "__main__":
    main()
