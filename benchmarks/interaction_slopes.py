"""How far R dE/dR of two molecules is off at the level of `fast`, by published tables.

    git clone https://github.com/Honza-R/NCIAtlas
    python benchmarks/interaction_slopes.py NCIAtlas [-o benchmarks/results/interaction_slopes.json]

The Non-Covalent Interactions Atlas (J. Rezac, J. Chem. Theory Comput. 16, 2355 (2020)) has, for
curves of ten distances each, CCSD(T)/CBS energies and the parts of MP2/aug-cc-pVDZ, with the full
counterpoise correction, of which energies of SCS-MP2 are made. Nothing is computed.
"""

import argparse
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FACTORS = {"HF/aDZ": 1.0, "corr_MP2_os/aDZ": 0.30, "corr_MP2_ss/aDZ": 1.95}
SETS = ("HB375x10", "D442x10")
OTHERS = re.compile(
    "benzene|furan|phenol|ethene|ethyne|pyrid|pyrr|imidaz|thio|uracil|toluene|aniline|butadi|"
    "indole|naphth|borazine|peroxide|cyclopenta|allene|diene|azole|azine|quinone"
)
"""Names of molecules with π systems, which solvents of batteries hardly have, and of peroxides."""
NEAR, FAR = 0.85, 1.25


class Slope(NamedTuple):
    """Of a curve between two of its points, kcal/mol.

    Attributes:
        group: of the curve in its set.
        elements: of its molecules.
        curve: which it is.
        distance: in the middle, over that at the minimum.
        energy: error at the nearer point.
        slope: error of R dE/dR.
    """

    group: str
    elements: frozenset[str]
    curve: str
    distance: float
    energy: float
    slope: float


def main() -> None:
    """Print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("atlas", type=Path, help="a clone of the Atlas")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    slopes = [each for name in SETS for each in slopes_of(arguments.atlas, f"NCIA_{name}")]
    report = {}
    for elements in ("CHO", "CHNO"):
        own = [each for each in slopes if each.elements <= set(elements)]
        report[elements] = {"all": told(own)}
        for group in sorted({each.group for each in own}):
            report[elements][group] = told([each for each in own if each.group == group])
    print(json.dumps(report, indent=2))
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")


def told(slopes: list[Slope]) -> dict[str, Any]:
    """Mean errors of some slopes, all and by distance."""
    by_distance = defaultdict(list)
    for each in slopes:
        by_distance[round(each.distance, 3)].append(each.slope)
    return {
        "curves": len({each.curve for each in slopes}),
        "mean energy": round(float(np.mean([each.energy for each in slopes])), 3),
        "mean absolute energy": round(float(np.mean([abs(e.energy) for e in slopes])), 3),
        "mean R dE/dR": round(float(np.mean([each.slope for each in slopes])), 3),
        "by distance": {d: round(float(np.mean(s)), 3) for d, s in sorted(by_distance.items())},
    }


def slopes_of(atlas: Path, name: str) -> Iterator[Slope]:
    """The slopes of a set."""
    names = {row[0]: row[1].lower() for row in rows(atlas, name, "system_names")}
    groups = {row[0]: row[1] for row in rows(atlas, name, "metadata")}
    references = {row[0]: float(row[1]) for row in rows(atlas, name, "benchmark", numbers=True)}
    header, *parts = rows(atlas, name, "components")
    curves: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for row in parts:
        values = dict(zip(header, row, strict=False))
        if row[0] not in references or not all(values.get(key) for key in FACTORS):
            continue
        curve, percent = row[0].rsplit("_", 1)
        energy = sum(factor * float(values[key]) for key, factor in FACTORS.items())
        curves[curve].append((int(percent) / 100, references[row[0]], energy))
    for curve, points in curves.items():
        if OTHERS.search(names.get(curve, names.get(f"{curve}_100", ""))):
            continue
        elements = elements_of(atlas / "geometries" / name / f"{curve}_100.xyz")
        within = [point for point in sorted(points) if NEAR <= point[0] <= FAR]
        for (r, exact, mine), (further, exact_there, mine_there) in pairwise(within):
            middle = (r + further) / 2
            change = (mine_there - mine) - (exact_there - exact)
            slope = change / (further - r) * middle
            group = groups[f"{curve}_100"]
            yield Slope(group, elements, f"{name} {curve}", middle, mine - exact, slope)


def rows(atlas: Path, name: str, kind: str, numbers: bool = False) -> list[list[str]]:
    """The rows of a table of a set; of two columns those alone whose second is a number."""
    text = (atlas / "tables" / name / f"{name}_{kind}.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = [row for row in csv.reader(lines, delimiter="\t") if len(row) > 1]
    return [row for row in found if re.fullmatch(r"-?[\d.]+", row[1])] if numbers else found


def elements_of(path: Path) -> frozenset[str]:
    """Those of an XYZ file."""
    return frozenset(line.split()[0] for line in path.read_text().splitlines()[2:] if line.strip())


if __name__ == "__main__":
    main()
