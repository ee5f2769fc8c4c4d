"""What makes a fitted force field doubtful, in words."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf, sqrt
from typing import Final

from aiida_forcefield.potentials.forcefield import DRAWN, PRIOR_ONLY, ForceField, Term
from aiida_forcefield.units import KCAL_PER_MOL

LARGE_MISFIT: Final = 2.0
"""Errors of the points over those that the forms are expected to have; 0.6 to 1.3 in molecules that
are fitted well."""
POOR_TORSION: Final = 0.25 * KCAL_PER_MOL
"""eV along dihedrals, all else relaxed; 0.01 to 0.15 kcal/mol in molecules that are fitted well."""
POOR_DIMERS: Final = 1.0 * KCAL_PER_MOL
"""eV; 0.1 to 0.8 in most scans of two molecules."""
MANY_OUTLIERS: Final = 0.05  # of all points
MANY_UNKNOWN: Final = 0.5  # of the repulsions
_NAMED = 6  # as many names as a line holds


def doubts(field: ForceField) -> tuple[str, ...]:
    """One sentence for each thing that is wrong with a fit; none for a field that is not a fit.

    Not converged, contradictory points, kinds of dimers that are worse than before, few points,
    parameters that the data leave free or drew far, or that are at a bound, atoms that may
    collapse.
    """
    found = field.diagnostics
    if "reduced_chi2" not in found:
        return ()
    return (
        *_of_the_optimum(found["converged"], found["reduced_chi2"]),
        *_of_the_torsions(found),
        *_of_the_dimers(found),
        *_of_the_data(field),
        *_of_the_parameters(field.terms),
        *_of_the_bonds(field.terms),
    )


def _of_the_optimum(converged: float, chi2: float) -> Iterator[str]:
    if not converged:
        yield "The fit did not converge: its parameters are not the best ones."
    if (misfit := sqrt(chi2)) > LARGE_MISFIT:
        yield (
            f"The fit misses its points by {misfit:.1f} times what is expected of the forms: "
            "points contradict each other, or the forms cannot describe the molecule."
        )


def _of_the_torsions(found: Mapping[str, float]) -> Iterator[str]:
    if (error := found.get("rmse_torsion", 0.0)) > POOR_TORSION:
        yield (
            f"Profiles along dihedrals are missed by {error / KCAL_PER_MOL:.2f} kcal/mol: their "
            "points contradict each other, or more than their own terms turns with them."
        )
    if (change := found.get("torsion_change", 0.0)) > POOR_TORSION:
        yield (
            f"Profiles along dihedrals did not settle: one changed by {change / KCAL_PER_MOL:.2f} "
            "kcal/mol when they were last relaxed."
        )


def _of_the_dimers(found: Mapping[str, float]) -> Iterator[str]:
    fitted = {name: error for name, error in found.items() if name.startswith("rmse_interaction")}
    worse = [
        f"{name.removeprefix('rmse_interaction ')} ({error / KCAL_PER_MOL:.2f} kcal/mol, before "
        f"{fitted[f'{name}_start'] / KCAL_PER_MOL:.2f})"
        for name, error in fitted.items()
        if error > max(fitted.get(f"{name}_start", inf), POOR_DIMERS)
    ]
    if worse:
        yield (
            f"Described worse than before the fit: {_listed(worse)}. Other points contradict them, "
            "or the forms cannot describe all."
        )


def _of_the_data(field: ForceField) -> Iterator[str]:
    found = field.diagnostics
    outliers = sum(n for name, n in found.items() if name.startswith("outliers "))
    points = found["molecule_points"] + found["dimer_points"] + outliers
    if outliers > MANY_OUTLIERS * points:
        yield (
            f"{outliers:.0f} of {points:.0f} points disagree with the others and were left out: "
            "look at the QM of those labels."
        )
    nonbonded = sum(len(term.parameters) for term in field.terms if term.kind == "nonbonded")
    # Each cell of a crystal, strained in all ways, has six of them; fits before them told of none.
    if cells := found.get("stresses"):
        told, what, who = 6 * cells, "stresses", "ions"
    else:
        told, what, who = found["dimer_points"], "interaction energies", "molecules"
    if told < nonbonded:
        yield (
            f"{told:.0f} {what} for {nonbonded} nonbonded parameters: too few, most of what {who} "
            "do to each other is the prior's."
        )


def _of_the_parameters(terms: Sequence[Term]) -> Iterator[str]:
    free = [
        f"{term.name}:{name}"
        for term in terms
        for name in term.parameters
        if f"{name}: {PRIOR_ONLY}" in term.flags
    ]
    bonded = [name for name in free if not name.startswith("nonbonded")]
    if bonded:
        yield f"The points do not determine {_listed(bonded)}: their prior stands."
    repulsions = [
        f"{term.name}:{next(iter(term.parameters))}" for term in terms if term.kind == "nonbonded"
    ]
    unknown = [name for name in repulsions if name in free]
    if len(unknown) > MANY_UNKNOWN * len(repulsions):
        yield (
            f"The points do not determine {len(unknown)} of {len(repulsions)} repulsions: "
            f"{_listed(unknown)}."
        )
    flags = [f"{term.name}:{flag}" for term in terms for flag in term.flags]
    if held := [flag for flag in flags if flag.endswith("bound")]:
        yield f"Held by a bound and not by the points: {_listed(held)}."
    if drawn := [flag for flag in flags if flag.endswith(DRAWN)]:
        yield f"Drawn by the points far off what was expected of them: {_listed(drawn)}."
    if low := [
        flag.partition("barrier before collapse ")[2] for flag in flags if "collapse" in flag
    ]:
        yield f"Hot atoms may fall into each other, the barrier being low: {_listed(low)}."


def _of_the_bonds(terms: Sequence[Term]) -> Iterator[str]:
    quartic = [(term.name, term.parameters) for term in terms if term.form == "quartic_bond"]
    # k2 + k3 x + k4 x² has a zero.
    if torn := [name for name, p in quartic if p["k3"] ** 2 > 4 * p["k2"] * p["k4"]]:
        yield f"Far from its minimum a quartic bond has less energy than there: {_listed(torn)}."


def _listed(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    names = list(dict.fromkeys(names))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
