"""How many points a profile costs, whether the stop can be trusted, and what others would need.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/surrogate.py

learns every curve of `curves` as `aiida-forcefield replay` does, with and without gradients; in the
same run a spline through an even grid, Chebyshev and trigonometric interpolation and scikit-learn's
Gaussian process are given as many points as they need, told the truth. It prints what came of the
curves on which the surrogate was tuned and of those that were held out, and writes
results/surrogate.json. scikit-learn has to be installed: `uv pip install scikit-learn`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from peers import Curve, fewest, gaussian_process, spectral, spline

from aiida_forcefield.replay.learning import Replay, replay
from aiida_forcefield.replay.record import Record, read_record
from aiida_forcefield.surrogate import Learner, Settings
from aiida_forcefield.surrogate.projection import fit, targets

FOLDER = Path(__file__).parent
KCAL = 0.0433641  # eV
SEEDS = range(1)
ROUND = 30  # points


@dataclass(frozen=True)
class Row:
    """A family of curves with a tolerance; window: eV above the minimum, None for all of it."""

    family: str
    kind: Any
    tolerance: float
    relative: bool = True
    window: float | None = None

    @property
    def name(self) -> str:
        """Such as ``bond 1 %``."""
        if self.relative:
            return f"{self.family} {100 * self.tolerance:g} %"
        return f"{self.family} {self.tolerance / KCAL:g} kcal/mol"


ROWS = (
    Row("torsion", "dihedral", 0.1 * KCAL, relative=False),
    Row("pair", "ions", 0.01, window=2.0),
    Row("pair", "ions", 0.001, window=2.0),
    Row("bond", "bond", 0.01, window=1.0),
    Row("bond", "bond", 0.001, window=1.0),
    Row("dimer", "dimer", 0.01),
    Row("angle", "angle", 0.01),
)


@dataclass(frozen=True)
class Case:
    """One curve learned from one start."""

    row: str
    curve: str
    held_out: bool
    gradient: bool
    seed: int
    outcome: str
    calls: int
    error: float  # true, in units of the tolerance
    parameters: dict[str, float]  # error of each parameter of the projection, relative


def learn(row: Row, path: Path, gradient: bool, seed: int) -> Case:
    record = read_record(path, row.kind, 1.0, gradient)
    done = replay(record, row.tolerance, row.relative, row.window, seed=seed)
    return Case(
        row=row.name,
        curve=path.stem,
        held_out=path.parent.name == "held_out",
        gradient=gradient,
        seed=seed,
        outcome=done.outcome.name,
        calls=0 if done.surrogate is None else len(done.surrogate.observations),
        error=round(done.true_error / done.goal, 3),
        parameters=parameter_errors(record, done),
    )


def parameter_errors(record: Record, done: Replay) -> dict[str, float]:
    """How far the projection of what was learned is from that of the record itself."""
    if done.projection is None:
        return {}
    x, target = done.projection.x, done.projection.target
    truth = record.energies(x)
    target = next(t for t in targets(record.kind, x, truth) if t.name == target.name)
    exact = fit(target, x, truth, np.ones(len(x)))[0]
    off = np.abs(done.projection.parameters / exact - 1)
    errors = dict(zip(target.parameters, np.round(off, 6).tolist(), strict=True))
    if target.derived is not None:
        name, _, function = target.derived
        errors[name] = round(abs(function(done.projection.parameters) / function(exact) - 1), 6)
        errors["r0 Å"] = round(abs(float(done.projection.parameters[2] - exact[2])), 7)
    return errors


def peers(row: Row, path: Path) -> dict[str, Any]:
    """Points that each peer needs for a curve."""
    record = read_record(path, row.kind)
    lower, upper = record.window(row.window)
    grid = np.linspace(lower, upper, 801)
    height = float(np.ptp(record.energies(grid)))
    goal = row.tolerance * height if row.relative else row.tolerance
    curve = partial(Curve, record.energies, record.slopes, grid, record.circle, goal=goal)
    direct = curve(inverse=False)
    best = curve(inverse=row.kind in ("ions", "dimer"))
    bars = 3.0 if goal < 0.005 * height else 2.0
    right, said, honest = gaussian_process(direct, bars)
    return {
        "row": row.name,
        "curve": path.stem,
        "held_out": path.parent.name == "held_out",
        "spline": fewest(direct, spline, 4),
        "spline in 1/r": fewest(best, spline, 4),
        "spectral": fewest(best, partial(spectral, slopes=False), 2),
        "spectral, gradient": fewest(best, partial(spectral, slopes=True), 2),
        "GP right": right,
        "GP stop": said,
        "GP honest": honest,
    }


def summaries(cases: list[Case], others: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in ROWS:
        for held_out in (False, True):
            same = [p for p in others if (p["row"], p["held_out"]) == (row.name, held_out)]
            found: dict[str, Any] = {"row": row.name, "held_out": held_out, "curves": len(same)}
            for gradient in (True, False):
                mine = [c for c in cases if (c.row, c.held_out) == (row.name, held_out)]
                mine = [c for c in mine if c.gradient == gradient]
                ended = [c for c in mine if c.outcome == "converged"]
                if not ended:
                    continue
                found["with gradient" if gradient else "without"] = {
                    "calls": float(np.median([c.calls for c in mine])),
                    "calls, mean": round(float(np.mean([c.calls for c in mine])), 2),
                    "converged %": round(100 * len(ended) / len(mine), 1),
                    "right %": round(100 * float(np.mean([c.error <= 1 for c in ended])), 1),
                    "parameters within, %": {
                        name: round(
                            100 * float(np.mean([c.parameters[name] <= most for c in ended]))
                        )
                        for name, most in limits(row).items()
                    },
                }
            for name in ("spline", "spline in 1/r", "spectral", "spectral, gradient", "GP right"):
                found[name] = float(np.median([p[name] for p in same])) if same else None
            if same:
                found["GP stop"] = float(np.median([p["GP stop"] for p in same]))
                found["GP honest %"] = round(100 * float(np.mean([p["GP honest"] for p in same])))
            yield found


def limits(row: Row) -> dict[str, float]:
    """What the parameters shall be within, relative; r0 in Å."""
    if row.family == "bond":
        return {"k": 0.005, "r0 Å": 5e-4}
    return {"A": 0.02, "rho": 0.02, "C": 0.02} if row.family == "pair" else {}


def seconds_of_a_round() -> dict[str, float]:
    """CPU time to tell the last of 30 points and propose the next, s, the shortest of three."""
    times = {}
    windows = {"bond": (1.0, 1.6), "ions": (1.3, 10), "dimer": (1.6, 8), "angle": (95, 125)}
    for kind, (lower, upper) in {**windows, "dihedral": (-180, 180)}.items():
        share = np.linspace(0, 1, ROUND)
        x = lower + (upper - lower) * share
        if kind in ("ions", "dimer"):
            x = 1 / (1 / lower + (1 / upper - 1 / lower) * share)
        t = (x - lower) / (upper - lower)
        energy, slope = 0.5 * np.sin(6 * t), 3 * np.cos(6 * t) / (upper - lower)
        best = np.inf
        for _ in range(3):
            learner = Learner(kind, lower, upper, Settings(noise=1e-6, max_points=60))  # type: ignore[arg-type]
            learner.tell(x[:-1], energy[:-1], slope[:-1])
            begun = time.process_time()
            learner.tell(x[-1:], energy[-1:], slope[-1:])
            learner.propose()
            best = min(best, time.process_time() - begun)
        times[kind] = round(best, 3)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="*", default=sorted({row.family for row in ROWS}))
    parser.add_argument("--part", choices=("all", "tuned"), default="all")
    arguments = parser.parse_args()
    cases, others = list[Case](), list[dict[str, Any]]()
    for row in ROWS:
        if row.family not in arguments.families:
            continue
        pattern = f"{row.family}_*.csv"
        paths = [*sorted((FOLDER / "curves").glob(pattern))]
        if arguments.part == "all":
            paths += sorted((FOLDER / "curves" / "held_out").glob(pattern))
        for path in paths:
            others.append(peers(row, path))
            cases += [learn(row, path, g, seed) for g in (True, False) for seed in SEEDS]
        for entry in summaries(cases, others):
            if entry["row"] == row.name and entry["curves"]:
                print(json.dumps(entry), flush=True)
        write(cases, others)  # none is lost
    times = seconds_of_a_round()
    print("seconds of a round:", times)
    write(cases, others, times)


def write(
    cases: list[Case], others: list[dict[str, Any]], times: dict[str, float] | None = None
) -> None:
    """Keep the results, one line for each curve."""
    found = {
        "table": [entry for entry in summaries(cases, others) if entry["curves"]],
        "seconds of a round": times,
        "cases": [json.dumps(asdict(case)) for case in cases],
        "peers": [json.dumps(peer) for peer in others],
    }
    target = FOLDER / "results" / "surrogate.json"
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
