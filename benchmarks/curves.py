"""Compute the curves on which the surrogate is measured.

    .venv/bin/python benchmarks/curves.py [NAME ...]

writes one CSV file (coordinate in Å or degrees, energy in eV, its derivative) for each of the
curves named, for all that are missing without a name. `--list` prints the names. Every third curve
of a family, by name, goes to `curves/held_out`: those were never looked at while the surrogate was
tuned. Curves of PBE have a twin in `curves/xtb`: GFN2-xTB at the same structures.

- bond of a diatomic; pair, a cation and a rigid anion: frozen-core DF-MP2/def2-SVPD. The derivative
  is that of a spline of fifth order in 1/r through the energies.
- dimer: two rigid molecules oriented as in a scan, HF-D3(BJ)/def2-SVP, not corrected for
  counterpoise.
- angle, torsion: relaxed along the scan with GFN2-xTB, whose energies they are, but for some
  torsions, whose energies are those of PBE/def2-SVP, as the protocol `fast` has it.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from aiida_forcefield.scans import Scan, drive, pair_scan, plan_pair_scans, plan_scans
from aiida_forcefield.topology import Species, read_material

Array = NDArray[np.float64]
Point = dict[str, Any]

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-compute" / "bin" / "python"
FOLDER = Path(__file__).parent / "curves"
XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}, "gradient": True}
RELAXED = {"relaxation": {"engine": "tblite", "method": "GFN2-xTB", "max_steps": 200}}

# About the bond length, Å.
DIATOMICS = {
    "AlF": 1.66, "AlH": 1.66, "BF": 1.27, "BH": 1.24, "BeO": 1.33, "BrCl": 2.14, "CO": 1.13,
    "CS": 1.54, "Cl2": 2.00, "ClF": 1.64, "F2": 1.39, "H2": 0.75, "HBr": 1.42, "HCl": 1.28,
    "HF": 0.92, "Li2": 2.70, "LiCl": 2.03, "LiF": 1.57, "LiH": 1.60, "MgO": 1.74, "MgS": 2.14,
    "N2": 1.10, "Na2": 3.05, "NaF": 1.93, "NaH": 1.89, "P2": 1.89, "PN": 1.49, "SiO": 1.52,
    "SiS": 1.94,
}  # fmt: skip
# Cation, SMILES of the anion, its atom that meets the cation and the one behind it, and about the
# distance, Å.
IONS: dict[str, tuple[str, str, tuple[int, int], float]] = {
    **{
        f"{cation}{anion}": (cation, f"[{anion}-]", (0, 0), distance)
        for cation, distances in {
            "Li": (1.57, 2.03, 2.19), "Na": (1.93, 2.37, 2.52), "K": (2.19, 2.68, 2.83),
        }.items()
        for anion, distance in zip(("F", "Cl", "Br"), distances, strict=True)
    },
    "LiOH": ("Li", "[OH-]", (0, 1), 1.59),
    "NaOH": ("Na", "[OH-]", (0, 1), 1.95),
    "LiCN": ("Li", "[C-]#N", (0, 1), 1.93),
    "NaNC": ("Na", "[C-]#N", (1, 0), 2.17),
    "LiNO3": ("Li", "[O-][N+](=O)[O-]", (0, 1), 1.70),
    "NaNO3": ("Na", "[O-][N+](=O)[O-]", (0, 1), 2.05),
    "LiBF4": ("Li", "F[B-](F)(F)F", (0, 1), 1.70),
    "NaBF4": ("Na", "F[B-](F)(F)F", (0, 1), 2.05),
    "LiPF6": ("Li", "F[P-](F)(F)(F)(F)F", (0, 1), 1.70),
}  # fmt: skip
DIMERS = {
    "water": "O", "methane": "C", "ammonia": "N", "hydrogen fluoride": "F",
    "carbon dioxide": "O=C=O", "formaldehyde": "C=O", "hydrogen cyanide": "C#N",
}  # fmt: skip
MOLECULES = {
    "water": "O", "methanol": "CO", "methylamine": "CN", "methanethiol": "CS", "ethane": "CC",
    "hydrogen peroxide": "OO", "hydrazine": "NN", "acetaldehyde": "CC=O", "formamide": "NC=O",
    "dimethyl ether": "COC", "ethanol": "CCO", "methyl formate": "COC=O", "acetic acid": "CC(=O)O",
    "difluoroethane": "FCCF", "butadiene": "C=CC=C", "methyl vinyl ether": "COC=C",
    "dimethyl carbonate": "COC(=O)OC", "butane": "CCCC", "methylformamide": "CNC=O",
    "propionitrile": "CCC#N",
}  # fmt: skip
SMALL = 7
"""Atoms of a molecule up to which its angles are recorded."""
DFT = ("methanol", "acetaldehyde", "acetic acid")
"""Molecules whose torsions are computed with PBE, too."""
HF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF", "disp": "d3bj", "conv_tol": 1e-10},
    "density_fit": True,
    "gradient": True,
}
MP2 = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF", "conv_tol": 1e-10},
    "structure": {"basis": "def2-svpd"},
    "density_fit": True,
    "correlation": {"opposite_spin": 1.0, "same_spin": 1.0},
}
PBE = {
    "engine": "pyscf",
    "mean_field": {"method": "RKS", "xc": "pbe", "conv_tol": 1e-9},
    "structure": {"basis": "def2-svp"},
    "density_fit": True,
    "gradient": True,
}


def run(job: dict[str, Any]) -> list[Point]:
    """The points of a job, in the order of its structures, those that failed included."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job, default=np.ndarray.tolist))
        command = [str(PYTHON), "-m", "aiida_forcefield.runner", str(path)]
        subprocess.run(command, env=environment, check=True)
        lines = map(json.loads, (path.parent / "results.jsonl").read_text().splitlines())
        return sorted((line for line in lines if "index" in line), key=lambda line: line["index"])


def rigid(
    symbols: list[str], first: Array, second: Array, x: Array, parameters: dict[str, Any]
) -> Array:
    """Rows of a curve: the second fragment of each structure moves along the x axis with x.

    Args:
        symbols: of the first fragment, then of the second.
        first, second: positions of structures, shapes (m, n1, 3) and (m, n2, 3), Å.
        x: coordinate, shape (m,), Å.
        parameters: of the runner.
    """
    points = run(
        {
            "symbols": symbols,
            "positions": np.concatenate([first, second], axis=1),
            "parameters": parameters,
        }
    )
    rows = [
        (value, point["energy"], np.array(point["gradient"])[first.shape[1] :, 0].sum())
        for value, point in zip(x, points, strict=True)
        if point["status"] == "ok"
    ]
    return np.array(rows)


def diatomic(name: str) -> Array:
    r = DIATOMICS[name] * np.linspace(0.72, 1.5, 53)
    return distances(elements(name), np.zeros((1, 3)), np.round(r, 4))


def distances(symbols: Sequence[str], first: Array, r: Array) -> Array:
    """Rows of a curve: an atom on the x axis at distances r from a rigid molecule, MP2."""
    positions = [np.vstack([first, [distance, 0, 0]]) for distance in r]
    points = run({"symbols": symbols, "positions": positions, "parameters": MP2})
    energy = np.array([point["energy"] for point in points])
    slope = make_interp_spline(-1 / r, energy, k=5).derivative()(-1 / r) / r**2
    return np.column_stack([r, energy, slope])


def elements(name: str) -> list[str]:
    """The two element symbols of a diatomic molecule's formula."""
    if name.endswith("2"):
        return [name[:-1]] * 2
    cut = 2 if name[1].islower() else 1
    return [name[:cut], name[cut:]]


def relaxed(species: Species) -> Array:
    """The lowest conformer, relaxed with GFN2-xTB, shape (n, 3), Å."""
    positions = species.conformers
    points = run({**description(species), "positions": positions, "parameters": {**XTB, **RELAXED}})
    return np.array(min(points, key=lambda point: point.get("energy", np.inf))["positions"])


def description(species: Species) -> dict[str, Any]:
    return {
        "symbols": species.symbols,
        "charge": species.charge,
        "multiplicity": species.multiplicity,
        "bonds": species.bonds,
    }


def ion_pair(name: str) -> Array:
    cation, smiles, (near, behind), about = IONS[name]
    species = read_material({"smiles": smiles})
    anion = relaxed(species)
    anion = anion - anion[near]
    if near != behind:
        away = -anion[behind] / np.linalg.norm(anion[behind])
        side = np.cross(away, [0.3, 0.5, 0.8])
        side /= np.linalg.norm(side)
        anion = anion @ np.column_stack([away, side, np.cross(away, side)])
    r = np.round(1 / np.linspace(1 / (0.72 * about), 1 / 10, 61), 4)
    return distances([*species.symbols, cation], anion, r)


def dimer(molecule: str, scan: str) -> Array:
    species = read_material({"smiles": DIMERS[molecule]})
    monomer, n = relaxed(species), len(species.symbols)
    plan = next(plan for plan in plan_pair_scans(*[(species, monomer)] * 2) if plan.name == scan)
    r = np.round(1 / np.linspace(1 / plan.lower, 1 / plan.upper, 33), 4)
    positions = np.array(pair_scan((species, monomer), (species, monomer), plan, r))
    # The line from site to site becomes the x axis.
    i, j = plan.coordinate.atoms[0], plan.coordinate.atoms[1] + n
    line = (positions[0, j] - positions[0, i]) / r[0]
    side = np.cross(line, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    turned = positions @ np.column_stack([line, side, np.cross(line, side)])
    parameters = {**HF, "structure": {"basis": "def2-svp"}}
    return rigid([*species.symbols] * 2, turned[:, :n], turned[:, n:], r, parameters)


def internal(molecule: str, scan: str, parameters: dict[str, Any]) -> Array:
    species = read_material({"smiles": MOLECULES[molecule]})
    reference = relaxed(species)
    plan = next(plan for plan in plan_scans(species, reference) if plan.name == scan)
    count = 25 if plan.periodic else 13
    x = np.round(np.linspace(plan.lower, plan.upper, count), 3)
    points = run(
        {
            **description(species),
            "positions": [drive(species, reference, plan, value) for value in x],
            "constraint": {"atoms": plan.coordinate.atoms, "values": x.tolist()},
            "parameters": {**parameters, **RELAXED},
        }
    )
    rows = [
        (value, point["energy"], point["slope"])
        for value, point in zip(x, points, strict=True)
        if point["status"] == "ok"
    ]
    return np.array(rows)


def curves() -> Iterator[tuple[str, dict[str, Callable[[], Array]]]]:
    """Name of each curve, and what computes it: by folder, "" for the curve itself."""
    for name in DIATOMICS:
        yield f"bond_{name}", {"": partial(diatomic, name)}
    for name in IONS:
        yield f"pair_{name}", {"": partial(ion_pair, name)}
    for molecule, smiles in DIMERS.items():
        species = read_material({"smiles": smiles})
        for plan in plan_pair_scans(*[(species, species.conformers[0])] * 2):
            name = file_name("dimer", molecule, plan)
            yield name, {"": partial(dimer, molecule, plan.name)}
    for molecule, smiles in MOLECULES.items():
        species = read_material({"smiles": smiles})
        for plan in plan_scans(species, species.conformers[0]):
            torsion = plan.kind == "dihedral" and plan.periodic
            small = len(species.symbols) <= SMALL and plan.kind == "angle"
            if torsion or small:
                name = file_name("torsion" if torsion else plan.kind, molecule, plan)
                make = partial(internal, molecule, plan.name)
                if torsion and molecule in DFT:
                    yield name, {"": partial(make, PBE), "xtb": partial(make, XTB)}
                else:
                    yield name, {"": partial(make, XTB)}


def file_name(family: str, molecule: str, plan: Scan) -> str:
    return f"{family}_{molecule}_{plan.name.split()[-1]}".replace(" ", "_")


def main() -> None:
    """Compute the curves that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names")
    options = parser.parse_args()
    known = dict(curves())
    names = sorted(known)
    if options.list:
        print("\n".join(names))
        return
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.split("_")[0], []).append(name)
    held_out = {name for family in families.values() for name in family[1::3]}
    for name in options.names or names:
        place = FOLDER / "held_out" if name in held_out else FOLDER
        for part, compute in known[name].items():
            path = place / part / f"{name}.csv"
            if path.exists() and not options.names:
                continue
            rows = compute()
            rows[:, 1] -= rows[:, 1].min()
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f"{x:.7g},{energy:.7f},{slope:.7f}" for x, energy, slope in rows]
            path.write_text("\n".join(["coordinate,energy,gradient", *lines, ""]))
            print(path.relative_to(FOLDER), len(rows), flush=True)


if __name__ == "__main__":
    main()
