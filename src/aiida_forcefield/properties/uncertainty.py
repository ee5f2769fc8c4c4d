"""How far a predicted property may be trusted, beyond statistics."""

from collections.abc import Mapping
from math import sqrt
from typing import Any


def changes_by_choice(
    result: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, float], dict[str, float]]:
    """What each choice in the fit changes, and its part of the variance.

    What a choice changes beyond the statistical errors of both values counts as one standard
    deviation.

    Args:
        result: `value` and `standard_error`.
        others: the same of force fields that made another choice, by its name.
    """
    value, error = result["value"], result["standard_error"]
    changes = {name: other["value"] - value for name, other in sorted(others.items())}
    noise = {name: error**2 + other["standard_error"] ** 2 for name, other in others.items()}
    variances = {name: max(change**2 - noise[name], 0.0) for name, change in changes.items()}
    return changes, variances


def add_uncertainty(
    result: Mapping[str, Any], changes: Mapping[str, float], variances: Mapping[str, float]
) -> dict[str, Any]:
    """The result with its `changes` and the `uncertainty` from statistics and some variances.

    They are taken as independent.
    """
    total = result["standard_error"] ** 2 + sum(variances.values())
    return {**result, "changes": dict(changes), "uncertainty": sqrt(total)}
