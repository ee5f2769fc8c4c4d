"""Whether a profile of GFN2-xTB as the mean of a surrogate (delta learning) would save QM calls.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/cheap_prior.py

learns each curve of PBE that has a twin of GFN2-xTB, and the difference of the two, to 0.1
kcal/mol: as much as if the cheap profile were known exactly and cost nothing.
"""

from pathlib import Path

import numpy as np

from aiida_forcefield.replay.learning import replay
from aiida_forcefield.replay.record import Record, read_record

CURVES = Path(__file__).parent / "curves"
KCAL = 0.0433641  # eV


def main() -> None:
    print(f"{'curve':40}{'start':>6}{'PBE':>6}{'PBE - xTB':>12}{'heights / kcal/mol':>22}")
    saved = []
    for cheap in sorted(CURVES.glob("**/xtb/torsion_*.csv")):
        path = cheap.parents[1] / cheap.name
        for gradient in (True, False):
            dear, known = (read_record(p, "dihedral", 1.0, gradient) for p in (path, cheap))
            gap = Record(
                "dihedral",
                dear.x,
                dear.energy - known.energies(dear.x),
                dear.gradient - known.slopes(dear.x) if dear.gradient is not None else None,
                dear.circle,
            )
            for seed in range(3):
                counts = []
                for record in (dear, gap):
                    surrogate = replay(record, 0.1 * KCAL, False, seed=seed).surrogate
                    assert surrogate is not None
                    counts.append(len(surrogate.observations))
                heights = [float(np.ptp(r.energy)) / KCAL for r in (dear, gap)]
                name = cheap.stem.removeprefix("torsion_") + (", gradient" if gradient else "")
                shown = " and ".join(f"{height:.2f}" for height in heights)
                print(f"{name:40}{seed:6}{counts[0]:6}{counts[1]:12}{shown:>22}")
                saved.append((gradient, counts[0] - counts[1]))
    for gradient in (True, False):
        mean = np.mean([calls for known, calls in saved if known == gradient])
        print(f"saved {'with' if gradient else 'without'} gradient: {mean:.1f} calls a curve")


if __name__ == "__main__":
    main()
