"""How far interaction energies of the levels of the protocols are from CCSD(T).

    .venv-compute/bin/python benchmarks/interaction_levels.py [--triple] -o FILE.json

Dimers of the Non-Covalent Interactions Atlas (`interaction_points.json`), none of which the factors
of SCS-MP2 were chosen on; and ions with molecules of electrolytes, whose references are computed
here. It runs in the compute environment, and uses the runner as a job does. ``--triple`` adds the
level of the protocol ``balanced``, which takes five times as long.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src" / "aiida_forcefield"))
from runner.engines import find_engine
from runner.job import Fragment

KCAL = 23.060548  # per eV
HERE = Path(__file__).parent
DOUBLE = {"default": "aug-cc-pvdz", "Li": "def2-tzvp", "Na": "def2-tzvp"}
SMALL = {"default": "aug-cc-pvdz", "Li": "def2-svpd", "Na": "def2-svpd"}
TRIPLE = {"default": "aug-cc-pvtz", "H": "cc-pvtz", "Li": "def2-tzvpd", "Na": "def2-tzvpd"}
LARGE = {"default": "aug-cc-pvtz", "H": "cc-pvtz", "Li": "def2-qzvpp", "Na": "def2-qzvpp"}
LEVELS = {
    "SCS-MP2/aug-cc-pVDZ": (DOUBLE, 0.30, 1.95),
    "MP2/aug-cc-pVDZ": (DOUBLE, 1.0, 1.0),
}
CATIONS = {"SCS-MP2/aug-cc-pVDZ, def2-SVPD on cations": (SMALL, 0.30, 1.95)}
OPTION = {"SCS-MP2/haug-cc-pVTZ": (TRIPLE, 0.63, 1.405)}
Dimer = dict[str, Any]


def main() -> None:
    """Compute what the arguments name, print a table, and keep all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file")
    parser.add_argument("--triple", action="store_true", help="the level of `balanced`, too")
    options = parser.parse_args()
    find_engine("pyscf").start(1, None)
    found = json.loads(options.output.read_text()) if options.output.exists() else {"dimers": {}}
    for dimer in [*json.loads((HERE / "interaction_points.json").read_text())["points"], *ions()]:
        key = " ".join(str(dimer[k]) for k in ("set", "system", "scale", "name") if k in dimer)
        row = found["dimers"].setdefault(key, {"kind": dimer["kind"]})
        if "reference" not in row:
            row["reference"] = dimer["energy"] if "energy" in dimer else reference(dimer)
        cations = CATIONS if {"Li", "Na"} & set(dimer["symbols"]) else {}
        for name, level in (LEVELS | cations | (OPTION if options.triple else {})).items():
            if name not in row:
                row[name] = interaction(dimer, *level)
        print(key, row["reference"], flush=True)
        found["table"] = table(found["dimers"].values())
        options.output.write_text(json.dumps(found, indent=1) + "\n")  # none is lost
    for kind, of_levels in found["table"].items():
        for name, row in of_levels.items():
            print(f"{kind:20s} {name:44s}", "  ".join(f"{k} {v}" for k, v in row.items()))


def interaction(dimer: Dimer, basis: dict[str, str], opposite: float, same: float) -> Any:
    """Interaction energy and components, kcal/mol, and CPU seconds."""
    parameters = {
        "mean_field": {"method": "RHF", "conv_tol": 1e-6, "conv_tol_grad": 3e-4},
        "structure": {"basis": basis},
        "density_fit": True,
        "correlation": {"opposite_spin": opposite, "same_spin": same},
    }
    symbols, split = tuple(dimer["symbols"]), dimer["split"]
    parts = slice(0, split), slice(split, len(symbols))
    fragments = [Fragment(*each) for each in zip(parts, dimer["charges"], strict=True)]

    def engine(part: Fragment) -> Any:
        make = find_engine("pyscf").molecule
        return make(symbols[part.atoms], part.charge, part.multiplicity, parameters)

    begun = time.process_time()
    whole = engine(Fragment(slice(None), sum(dimer["charges"])))
    result = whole.counterpoise(fragments, engine)(np.array(dimer["positions"]))
    names = ("energy", "electrostatics", "exchange", "induction")
    energies = {name: round(getattr(result, name) * KCAL, 3) for name in names}
    return energies | {"cpu_seconds": round(time.process_time() - begun, 1)}


def reference(dimer: Dimer) -> float:
    """CCSD(T), or where that is dear MP2, in the large basis with counterpoise; kcal/mol."""
    if dimer["method"] == "MP2":
        return float(interaction(dimer, LARGE, 1.0, 1.0)["energy"])
    from pyscf import cc, gto, scf
    from pyscf.data.elements import chemcore

    basis = LARGE | {f"ghost-{s}": LARGE[s] for s in ("H", "Li", "Na")}
    symbols, split, count = dimer["symbols"], dimer["split"], len(dimer["symbols"])
    energies = []
    for real, charge in (
        (range(count), sum(dimer["charges"])),
        (range(split), dimer["charges"][0]),
        (range(split, count), dimer["charges"][1]),
    ):
        names = [s if i in real else f"ghost-{s}" for i, s in enumerate(symbols)]
        atoms = list(zip(names, dimer["positions"], strict=True))
        molecule = gto.M(atom=atoms, basis=basis, charge=charge, verbose=0)
        field = scf.RHF(molecule).run(conv_tol=1e-9)
        clusters = cc.CCSD(field, frozen=chemcore(molecule)).run()
        energies.append(clusters.e_tot + clusters.ccsd_t())
    whole, *parts = energies
    return round(float(whole - sum(parts)) * 627.509474, 3)


def ions() -> list[Dimer]:
    """Rigid dimers of ions, the core of whose cations is correlated where it is near the valence.

    Distances in Å are of the cation from an oxygen, or from phosphorus.
    """
    water = (["O", "H", "H"], [[0, 0, 0], [0.757, 0.586, 0], [-0.757, 0.586, 0]])
    fluorines = [sign * 1.607 * axis for axis in np.eye(3) for sign in (1, -1)]
    anion = (["P"] + ["F"] * 6, [[0.0, 0.0, 0.0], *(each.tolist() for each in fluorines)])
    # Both hydrogens towards two fluorines of an edge.
    towards, along = np.array([[1, 1, 0], [1, -1, 0]]) / np.sqrt(2)
    edge = [
        (3.8 * towards + x * along - y * towards).tolist()
        for x, y in ((0, 0), (0.757, 0.586), (-0.757, 0.586))
    ]
    dimers = []
    for cation, distances in (("Li", (1.85, 2.3)), ("Na", (2.25, 3.0))):
        for away in distances:
            dimers.append(pair(f"{cation}+ {away} water", cation, [0, -away, 0], water, "CCSD(T)"))
    face = [2.45 / np.sqrt(3)] * 3
    dimers.append(pair("Li+ 2.45 PF6-", "Li", face, anion, "MP2", -1))
    symbols, positions = anion
    dimers.append(
        {
            "kind": "PF6-, against MP2",
            "name": "PF6- water",
            "method": "MP2",
            "symbols": [*symbols, "O", "H", "H"],
            "positions": [*positions, *edge],
            "split": 7,
            "charges": [-1, 0],
        }
    )
    return dimers


def pair(
    name: str, cation: str, place: list[float], other: Any, method: str, charge: int = 0
) -> Dimer:
    """A cation before another molecule or ion."""
    symbols, positions = other
    kind = f"{cation}+, against CCSD(T)" if method == "CCSD(T)" else "PF6-, against MP2"
    return {
        "kind": kind,
        "name": name,
        "method": method,
        "split": 1,
        "charges": [1, charge],
        "symbols": [cation, *symbols],
        "positions": [place, *positions],
    }


def table(rows: Any) -> dict[str, dict[str, dict[str, float]]]:
    """Errors by kind and level: how many, mean, mean absolute and largest, kcal/mol."""
    errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for level in (*LEVELS, *CATIONS, *OPTION):
            if level in row:
                for kind in (row["kind"], "all"):
                    error = row[level]["energy"] - row["reference"]
                    errors[kind][level].append(error)
    return {
        kind: {
            level: {
                "count": len(values),
                "mean": round(float(np.mean(values)), 3),
                "mae": round(float(np.mean(np.abs(values))), 3),
                "max": round(float(np.max(np.abs(values))), 3),
            }
            for level, values in of_levels.items()
        }
        for kind, of_levels in errors.items()
    }


if __name__ == "__main__":
    main()
