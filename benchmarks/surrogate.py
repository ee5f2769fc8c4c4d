"""How many points a profile costs, and whether the stop can be trusted.

Profiles whose truth is known, drawn at random and observed with noise, are learned to 1 % of their
energy window. In the same run a cubic spline through a uniform grid is given as many points as it
needs; it is told the truth and so stops as early as it can, which nobody could do in practice.

    python benchmarks/surrogate.py [--cases 40] [--seed 1]

prints a table and writes results/surrogate.json.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from aiida_forcefield.surrogate import Observations, Settings, first_values, learn
from aiida_forcefield.surrogate.forms import Kind

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
Slopes = Literal["unknown", "known", "biased"]

CAP = 0.65  # eV
NOISES = (1e-5, 1e-4, 1e-3)  # eV


@dataclass(frozen=True)
class Profile:
    """A profile with a known truth on a window."""

    kind: Kind
    lower: float
    upper: float
    energy: Function

    def slope(self, x: Array) -> Array:
        step = 1e-4
        return (self.energy(x + step) - self.energy(x - step)) / (2 * step)

    @property
    def grid(self) -> Array:
        return np.linspace(self.lower, self.upper, 201)


def extended_rydberg(rng: np.random.Generator) -> Profile:
    depth, a1, centre = rng.uniform(3, 8), rng.uniform(2.5, 5), rng.uniform(1, 2.2)
    a2, a3 = a1**2 * rng.uniform(0, 0.3), a1**3 * rng.uniform(0, 0.1)

    def energy(r: Array) -> Array:
        d = r - centre
        return np.asarray(-depth * (1 + a1 * d + a2 * d**2 + a3 * d**3) * np.exp(-a1 * d))

    return Profile("bond", *_window(energy, centre, 0.6, rng), energy)


def perturbed_morse(rng: np.random.Generator) -> Profile:
    depth, alpha, centre = rng.uniform(3, 6), rng.uniform(1.3, 2.8), rng.uniform(1, 2.2)
    size, wave, phase = rng.uniform(0, 0.02), rng.uniform(5, 15), rng.uniform(0, 6)

    def energy(r: Array) -> Array:
        u = 1 - np.exp(-alpha * (r - centre))
        return np.asarray(depth * u**2 + size * np.sin(wave * (r - centre) + phase) - 3000)

    return Profile("bond", *_window(energy, centre, 0.6, rng), energy)


def quartic_angle(rng: np.random.Generator) -> Profile:
    k, centre = rng.uniform(1.5, 5), rng.uniform(100, 122)
    cubic, quartic = rng.uniform(-0.6, 0.6), rng.uniform(0, 0.8)
    bump, where = rng.uniform(0, 0.02), rng.uniform(-20, 20)

    def energy(theta: Array) -> Array:
        d = np.radians(theta - centre)
        feature = bump * np.exp(-(((theta - centre - where) / 12) ** 2) / 2)
        return np.asarray(k * d**2 * (1 + cubic * d + quartic * d**2) + feature)

    return Profile("angle", *_window(energy, centre, 50, rng), energy)


def torsion(rng: np.random.Generator, narrow: float = 0.0) -> Profile:
    n = np.arange(1, 7)
    height = rng.normal(0, 1, 6) * np.array([0.05, 0.08, 0.08, 0.01, 0.005, 0.01])
    phase = rng.uniform(0, 2 * np.pi, 6) * (rng.random() < 0.5)
    where, width = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(20, 30))

    def energy(phi: Array) -> Array:
        angle = np.radians(phi)[..., None]
        feature = narrow * np.exp((np.cos(angle[..., 0] - where) - 1) / width**2)
        return np.asarray((height * (1 - np.cos(n * angle - phase))).sum(-1) + feature)

    return Profile("dihedral", -180, 180, energy)


def narrow_torsion(rng: np.random.Generator) -> Profile:
    return torsion(rng, narrow=float(rng.uniform(-0.03, 0.03)))


def dimer(rng: np.random.Generator) -> Profile:
    """Exp-6 with damped C6 and C8, C4 and the charges of two dipoles in line."""
    a, rho, c6 = 10 ** rng.uniform(2.3, 3.5), rng.uniform(0.22, 0.32), rng.uniform(5, 60)
    q1, q2 = rng.uniform(-0.5, 0.5, 2)
    c4, arm = rng.uniform(0, 3), rng.uniform(0.9, 1.4)

    def energy(r: Array) -> Array:
        coulomb = 14.4 * q1 * q2 * (1 / r - 2 / (r + arm) + 1 / (r + 2 * arm))
        dispersion = _damped(r / rho, 6) * c6 / r**6 + _damped(r / rho, 8) * 8 * c6 / r**8
        return np.asarray(a * np.exp(-r / rho) - dispersion - c4 / r**4 + coulomb)

    r = np.linspace(1.2, 6, 500)
    lower = float(r[np.argmax(energy(r) < rng.uniform(0.3, 0.8))])
    return Profile("pair", lower, lower + 5, energy)


def _damped(x: Array, order: int) -> Array:
    """Tang and Toennies, J. Chem. Phys. 80, 3726 (1984)."""
    total = term = np.ones_like(x)
    for k in range(1, order + 1):
        term = term * x / k
        total = total + term
    return 1 - np.exp(-x) * total


def _window(
    energy: Function, centre: float, reach: float, rng: np.random.Generator
) -> tuple[float, float]:
    """A window whose ends are about the energy cap above the minimum, or the reach away."""
    ends = []
    for sign in (-1, 1):
        x = centre + sign * np.linspace(0, reach, 400)
        rise = energy(x) - energy(np.array([centre]))
        above = rise > rng.uniform(0.6, 1.3) * CAP
        ends.append(float(x[above.argmax() if above.any() else -1]))
    return ends[0], ends[1]


def error(profile: Profile, predicted: Array, cap: float = CAP) -> tuple[float, float]:
    """Largest error below the cap, and the energy window, eV."""
    truth = profile.energy(profile.grid)
    if profile.kind != "pair":
        truth, predicted = truth - truth.min(), predicted - predicted.min()
    low = truth.min()
    gap = np.minimum(predicted, low + cap) - np.minimum(truth, low + cap)
    return float(np.abs(gap).max()), float(min(np.ptp(truth), cap))


@dataclass(frozen=True)
class Replay:
    """One profile learned: points at the stop, points until truly right, and whether it was."""

    family: str
    slopes: Slopes
    noise: float
    status: str
    at_stop: int
    needed: int
    right: bool
    spline: int
    seconds: float


def replay(family: str, profile: Profile, settings: Settings, slopes: Slopes, seed: int) -> Replay:
    rng = np.random.default_rng(seed)
    noise = settings.noise
    unit = (profile.upper - profile.lower) / 2
    x, energy, slope = np.empty(0), np.empty(0), np.empty(0)
    proposals = first_values(profile.kind, profile.lower, profile.upper, settings)
    start_points = len(proposals)
    seconds, history = 0.0, list[bool]()
    while True:
        x = np.append(x, proposals)
        energy = np.append(energy, profile.energy(proposals) + rng.normal(0, noise, len(proposals)))
        exact = profile.slope(proposals)
        if slopes == "biased":
            exact = 0.9 * exact + 0.02 / unit
        known = exact + rng.normal(0, noise / unit, len(proposals))
        slope = np.append(slope, np.full(len(known), np.nan) if slopes == "unknown" else known)
        start = time.perf_counter()
        learned = learn(
            profile.kind, profile.lower, profile.upper, Observations(x, energy, slope), settings
        )
        seconds = max(seconds, time.perf_counter() - start)
        off, window = error(profile, learned.mean)
        history += [off <= max(settings.tolerance * window, 3 * noise)] * len(proposals)
        if learned.status != "learning":
            break
        proposals = learned.proposals
    wrong = [i for i, right in enumerate(history) if not right]
    return Replay(
        family=family,
        slopes=slopes,
        noise=noise,
        status=learned.status,
        at_stop=len(x),
        needed=wrong[-1] + 2 if wrong else start_points,
        right=history[-1],
        spline=spline_points(profile, settings, rng),
        seconds=seconds,
    )


def spline_points(profile: Profile, settings: Settings, rng: np.random.Generator) -> int:
    """The fewest points of a uniform grid whose cubic spline is right; at most 99."""
    circle = profile.kind == "dihedral"
    for count in range(4, 99):
        x = np.linspace(profile.lower, profile.upper, count + circle)
        y = profile.energy(x) + rng.normal(0, settings.noise, len(x))
        if circle:
            y[-1] = y[0]
        curve = CubicSpline(x, y, bc_type="periodic" if circle else "not-a-knot")
        off, window = error(profile, curve(profile.grid))
        if off <= max(settings.tolerance * window, 3 * settings.noise):
            return count
    return 99


FAMILIES: dict[str, Callable[[np.random.Generator], Profile]] = {
    "extended Rydberg": extended_rydberg,
    "perturbed Morse": perturbed_morse,
    "quartic angle": quartic_angle,
    "torsion": torsion,
    "narrow torsion": narrow_torsion,
    "dimer": dimer,
}


def replays(cases: int, seed: int, max_points: int = 24) -> Iterator[Replay]:
    for family, draw in FAMILIES.items():
        for slopes in get_args(Slopes):
            for case in range(cases):
                rng = np.random.default_rng([seed, case])
                settings = Settings(noise=NOISES[case % len(NOISES)], max_points=max_points)
                yield replay(family, draw(rng), settings, slopes, seed + case)


def summary(runs: list[Replay]) -> dict[str, float | str]:
    stopped = [run for run in runs if run.status == "converged"]
    at_stop = float(np.median([run.at_stop for run in runs]))
    spline = float(np.median([run.spline for run in runs]))
    return {
        "family": runs[0].family,
        "slopes": runs[0].slopes,
        "points needed": float(np.median([run.needed for run in runs])),
        "points at stop": at_stop,
        "converged %": 100 * len(stopped) / len(runs),
        "right at stop %": 100 * float(np.mean([run.right for run in stopped])),
        "spline": spline,
        "spline / stop": spline / at_stop,
        "learn() ms": 1000 * float(np.median([run.seconds for run in runs])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    runs = list(replays(arguments.cases, arguments.seed))
    groups = [
        [run for run in runs if (run.family, run.slopes) == key]
        for key in dict.fromkeys((run.family, run.slopes) for run in runs)
    ]
    table = [summary(group) for group in groups]
    lines = [
        list(table[0]),
        *(
            [f"{cell:.3g}" if isinstance(cell, float) else cell for cell in row.values()]
            for row in table
        ),
    ]
    for line in lines:
        print("".join(f"{cell:18}" for cell in line))
    stopped = [run for run in runs if run.status == "converged"]
    print(f"stopped {len(stopped)} of {len(runs)}, right {np.mean([r.right for r in stopped]):.1%}")
    target = Path(__file__).parent / "results" / "surrogate.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"table": table, "replays": [asdict(r) for r in runs]}, indent=1))


if __name__ == "__main__":
    main()
