"""Calcfunction that says how far a predicted density may be trusted."""

from math import sqrt

from aiida.engine import calcfunction
from aiida.orm import Dict


@calcfunction
def estimate_uncertainty(density: Dict, **others: Dict) -> Dict:
    """The density with the uncertainty that choices in the fit leave it.

    What a choice changes, beyond the statistical errors of both densities, counts as one standard
    deviation; choices are taken as independent.

    Args:
        density: `value` and `standard_error`, g/cm3, and their conditions.
        others: densities of force fields that made another choice, by its name.

    Returns:
        The density, the `changes` by each choice, and its `uncertainty` from both statistics and
        choices, g/cm3.
    """
    value, error = density["value"], density["standard_error"]
    changes = {name: other["value"] - value for name, other in sorted(others.items())}
    noise = {name: error**2 + other["standard_error"] ** 2 for name, other in others.items()}
    beyond = sum(max(change**2 - noise[name], 0.0) for name, change in changes.items())
    uncertainty = sqrt(error**2 + beyond)
    return Dict({**density.get_dict(), "changes": changes, "uncertainty": uncertainty})
