"""Calcfunction that says how far a predicted density may be trusted."""

from math import hypot, sqrt

from aiida.engine import calcfunction
from aiida.orm import Dict

INDUCTION = 0.2
"""By how much of itself induction beyond pairs may be off: by so much QM has more of it in triples
of liquid methanol, and as much as the model in ethylene carbonate (docs/topics/liquid.md)."""
DIMERS = "dimers"
"""The choice of every second dimer, among those of `potentials.VARIATIONS`."""


@calcfunction
def estimate_uncertainty(density: Dict, pressure: Dict | None = None, **others: Dict) -> Dict:
    """The density with the uncertainty that its force field leaves it.

    What a choice in the fit changes, beyond the statistical errors of both densities, counts as one
    standard deviation; choices are taken as independent. Other dimers are other pairs of the
    liquid, too: of what they change and what the pressure of pairs leaves open the larger counts.

    Args:
        density: `value` and `standard_error`, g/cm3, `compressibility`, 1/bar, what pushes beyond
            pairs (`beyond_pairs`, bar) and how well that is known of the simulated liquid
            (`beyond_pairs_error`), and their conditions.
        pressure: of pairs: by how much it is off (`bias`), and with which `error` that is known,
            bar.
        others: densities of force fields that made another choice, by its name.

    Returns:
        The density, the `changes` by each choice, what the pressure of pairs leaves open
        (`pair_pressure`) and what that beyond pairs (`many_body_pressure`), and its `uncertainty`
        from all of these and statistics, g/cm3.
    """
    value, error = density["value"], density["standard_error"]
    changes = {name: other["value"] - value for name, other in sorted(others.items())}
    noise = {name: error**2 + other["standard_error"] ** 2 for name, other in others.items()}
    parts = {name: max(change**2 - noise[name], 0.0) for name, change in changes.items()}
    found = {**density.get_dict(), "changes": changes}
    per_bar = value * density["compressibility"]
    induction = INDUCTION * density["beyond_pairs"].get("induction", 0.0)
    found["beyond_pairs_error"] = hypot(density["beyond_pairs_error"], induction)
    found["many_body_pressure"] = per_bar * found["beyond_pairs_error"]
    parts["beyond_pairs"] = found["many_body_pressure"] ** 2
    if pressure:
        off = hypot(pressure["bias"], pressure["error"])
        found["pair_pressure"] = per_bar * off
        parts[DIMERS] = max(parts.get(DIMERS, 0.0), found["pair_pressure"] ** 2)
    return Dict({**found, "uncertainty": sqrt(error**2 + sum(parts.values()))})
