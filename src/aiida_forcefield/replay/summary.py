"""A replay as plain values."""

import math
from typing import Any

from aiida_forcefield.replay.learning import Replay


def describe(done: Replay, energy_unit: str, unit: float) -> dict[str, Any]:
    """A replay as plain values, energies in the unit of the record."""

    def energy(value: float) -> float | None:
        return value / unit if math.isfinite(value) else None

    points: list[dict[str, float | None]] = []
    projection = done.projection
    if done.surrogate is not None:
        seen = done.surrogate.observations
        points = [
            {"coordinate": x, "energy": energy(y), "gradient": energy(slope)}
            for x, y, slope in zip(
                seen.x.tolist(), seen.energy.tolist(), seen.slope.tolist(), strict=True
            )
        ]
    report: dict[str, Any] = {
        "calls": len(points),
        "outcome": done.outcome.name,
        "reason": done.outcome.reason,
        "predicted_max_error": energy(done.predicted_error),
        "true_max_error": energy(done.true_error),
        "tolerance": energy(done.goal),
        "within_tolerance": bool(done.true_error <= done.goal),
        "energy_unit": energy_unit,
        "zero": energy(done.zero),
        "window": [done.lower, done.upper],
        "notes": list(done.notes),
        "points": points,
        "form": None,
        "parameters": {},
    }
    if projection is not None:
        values = [] if projection.refusal else projection.in_unit(energy_unit, unit)
        report |= {
            "form": projection.target.name,
            "equation": projection.target.equation,
            "weight": projection.weight,
            "misfit": projection.misfit,
            "advice": projection.advice,
            "parameters": {value.name: value.value for value in values},
            "standard_errors": {value.name: value.standard_error for value in values},
            "units": {value.name: value.unit for value in values},
        }
    return report
