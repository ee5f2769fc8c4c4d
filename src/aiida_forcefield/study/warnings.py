"""What makes the results of a study doubtful, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aiida_forcefield.units import KCAL_PER_MOL

POOR_POTENTIAL: Final = 0.35  # relative; 0.08 to 0.22 in solvents and alcohols
POOR_DIPOLE: Final = 0.1  # relative, and in D
MANY_FAILED: Final = 0.1  # of all QM points

Results = Mapping[str, Any]


def study_warnings(results: Results) -> Iterator[str]:
    """One sentence for each thing that a reader of the results should not overlook."""
    if results["force_field"]:
        yield from results["force_field"]["warnings"]
    yield from _of_the_points(results["qm"])
    for name, phases in results["dipoles"].items():
        yield from _of_the_charges(f" of {name}" if len(results["dipoles"]) > 1 else "", phases)
    yield from _of_the_rounds(results)
    if pressure := results["pressure"]:
        yield from _of_the_pressure(pressure)
    elif results["validation"]:
        yield (
            "How well the pressure of pairs is known could not be told, for too few pairs of the "
            "liquid were computed; uncertainties lack it."
        )
    found = results["properties"]
    for label, result in found.items():
        yield from _of_the_property(label, result, results["variations"])
    if found and not results["many_body"]:
        yield (
            "Properties lack three-body dispersion: there was no preliminary liquid to measure it "
            "in, or its job failed."
        )


def _of_the_points(qm: Results) -> Iterator[str]:
    if qm["failed_points"] > MANY_FAILED * qm["points"]:
        yield f"{qm['failed_points']} of {qm['points']} QM points failed."


def _of_the_charges(of: str, phases: Results) -> Iterator[str]:
    for phase, found in phases.items():
        where = "in vacuum" if phase == "gas" else "in the solvent"
        if found["potential_error"] > POOR_POTENTIAL:
            yield (
                f"Charges{of} miss {found['potential_error']:.0%} of the electrostatic potential "
                f"around the molecule {where}."
            )
        if abs(found["charges"] - found["qm"]) > POOR_DIPOLE * (1 + found["qm"]):
            yield (
                f"The dipole of the charges{of} {where} is {found['charges']:.2f} D, that of the "
                f"QM density {found['qm']:.2f} D."
            )


def _of_the_rounds(results: Results) -> Iterator[str]:
    if not results["validation"]:
        return
    error, target = results["validation"][-1]["liquid"], results["target_error"]
    if error is None:
        yield "No pair of the liquid could be computed that the force field was not fitted to."
    elif error > target:
        yield (
            f"The last round foresaw pairs of the liquid within {error / KCAL_PER_MOL:.2f} "
            f"kcal/mol, more than the target of {target / KCAL_PER_MOL:.2f}; its points were "
            "fitted, but not validated. `sampling.rounds` allows more."
        )


def _of_the_pressure(pressure: Results) -> Iterator[str]:
    error, target = pressure["error"], pressure["target"]
    if error > target:
        yield (
            f"The pressure of pairs is known to {error:.0f} bar, not to the target of {target:g}. "
            "More pairs help: a larger `sampling.most_liquid`, or more `sampling.rounds`."
        )
    if abs(pressure["bias"]) > 2 * error:
        yield (
            f"The force field makes a pressure of pairs that is {pressure['bias']:+.0f} bar off, "
            f"which are known to {error:.0f}: its forms do not follow the QM points."
        )


def _of_the_property(label: str, result: Results, variations: Sequence[str]) -> Iterator[str]:
    if not result["halves_agree"]:
        yield (
            f"The first and the second half of the simulation differ in {label}: it may not have "
            "been in equilibrium. A longer `simulation.equilibration` helps."
        )
    if not result["seeds_agree"]:
        yield (
            f"Simulations that began with other velocities differ in {label}: they were too short. "
            "A longer `simulation.production` helps."
        )
    changes = result.get("changes", {})
    if missing := [name for name in variations if name not in changes]:
        yield (
            f"No {label} with another choice of {', '.join(missing)}: its uncertainty lacks what "
            "that changes."
        )
    if not variations:
        yield f"The uncertainty of {label} lacks what choices of the fit change: none was varied."
