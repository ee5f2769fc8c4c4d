"""What a user should be warned of in a fitted force field, in sentences."""

from collections.abc import Iterator, Sequence
from math import inf, log, sqrt
from typing import Final

from aiida_forcefield.potentials.diagnostics import DataError, Diagnostics
from aiida_forcefield.potentials.electrostatics import Polarizable
from aiida_forcefield.potentials.forcefield import ForceField, Term
from aiida_forcefield.units import KCAL_PER_MOL

LARGE_MISFIT: Final = 2.0
"""Errors of the points over those that the forms are expected to have; 0.6 to 1.3 in molecules that
are fitted well."""
POOR_TORSION: Final = 0.25 * KCAL_PER_MOL
"""eV along dihedrals, all else relaxed; 0.01 to 0.15 kcal/mol in molecules that are fitted well."""
POOR_DIMERS: Final = 1.0 * KCAL_PER_MOL
"""eV; 0.1 to 0.8 in most scans of two molecules."""
POOR_SLOPE: Final = 0.3
"""Of three-body energies, as its logarithm: 0.83 of QM in methanol."""
TINY: Final = 1e-6
MANY_OUTLIERS: Final = 0.05  # of all points
MANY_UNKNOWN: Final = 0.5  # of the repulsions
_NAMED = 6  # as many names as a line holds


def fit_warnings(field: ForceField) -> tuple[str, ...]:
    """One sentence for each thing that is wrong with a fit; none for a field that is not a fit.

    Not converged, motions that nothing holds, contradictory points, kinds of dimers that are worse
    than before, three-body energies that come out wrong, few points, parameters that the data leave
    free or drew far, or that are at a bound, atoms that may collapse.
    """
    found = field.diagnostics
    if found is None:
        return ()
    return (
        *_of_the_optimum(found),
        *_of_the_motions(found),
        *_of_the_torsions(found),
        *_of_the_dimers(found),
        *_of_the_polarization(field, found),
        *_of_the_data(found, field.terms),
        *_of_the_parameters(field.terms),
        *_of_the_barriers(found),
        *_of_the_bonds(field.terms),
    )


def _of_the_optimum(found: Diagnostics) -> Iterator[str]:
    if not found.converged:
        yield "The fit did not converge: its parameters are not the best ones."
    if (misfit := sqrt(found.reduced_chi2)) > LARGE_MISFIT:
        yield (
            f"The fit misses its points by {misfit:.1f} times what is expected of the forms: "
            "points contradict each other, or the forms cannot describe the molecule."
        )


def _of_the_motions(found: Diagnostics) -> Iterator[str]:
    if found.loose:
        motions = [
            f"{each.species} {', '.join(each.types)} ({each.frequency:.0f} 1/cm in QM, "
            f"{each.fitted:.0f} in the force field)"
            for each in found.loose
        ]
        yield (
            f"Motions that QM holds and the force field does not: {_listed(motions)}. No term acts "
            "on them, or the points do not determine it; do not use what depends on them."
        )


def _of_the_torsions(found: Diagnostics) -> Iterator[str]:
    torsion = found.total("torsion")
    if torsion and torsion.fitted > POOR_TORSION:
        yield (
            f"Profiles along dihedrals are missed by {torsion.fitted / KCAL_PER_MOL:.2f} kcal/mol: "
            "their points contradict each other, or more than their own terms turns with them."
        )
    if found.unsettled > POOR_TORSION:
        yield (
            "Profiles along dihedrals did not settle: one changed by "
            f"{found.unsettled / KCAL_PER_MOL:.2f} kcal/mol when they were last relaxed."
        )


def _of_the_dimers(found: Diagnostics) -> Iterator[str]:
    total = found.total("interaction")
    if worse := [
        _compared(each)
        for each in (*([total] if total else []), *found.by_origin("interaction"))
        if each.fitted > max(inf if each.prior is None else each.prior, POOR_DIMERS)
    ]:
        yield (
            f"Described worse than before the fit: {_listed(worse)}. Other points contradict them, "
            "or the forms cannot describe all."
        )


def _compared(error: DataError) -> str:
    """Name and errors of some dimers."""
    name = f"{'-'.join(error.species)} {error.origin.name}" if error.origin else "all dimers"
    before = (error.prior or 0.0) / KCAL_PER_MOL
    return f"{name} ({error.fitted / KCAL_PER_MOL:.2f} kcal/mol, before {before:.2f})"


def _of_the_polarization(field: ForceField, found: Diagnostics) -> Iterator[str]:
    if not isinstance(field.electrostatics, Polarizable):
        return
    if found.three_body is None:
        yield (
            "No energy of three molecules was computed: how strongly near atoms damp what they "
            "induce in each other is a general value."
        )
    elif abs(log(max(found.three_body.slope, TINY))) > POOR_SLOPE:
        yield (
            f"Energies of three molecules are {found.three_body.slope:.2f} times those of QM: "
            "molecules polarise each other too little or too much."
        )


def _of_the_data(found: Diagnostics, terms: Sequence[Term]) -> Iterator[str]:
    outliers = sum(each.points for each in found.outliers)
    points = found.points("energy") + found.points("interaction") + outliers
    if outliers > MANY_OUTLIERS * points:
        names = [f"{'-'.join(e.species)} {e.origin.name}".strip() for e in found.outliers]
        yield (
            f"{outliers} of {points} points disagree with the others and were left out: "
            f"look at the QM of {_listed(names)}."
        )
    nonbonded = sum(len(term.parameters) for term in terms if term.kind == "nonbonded")
    # Each cell of a crystal, strained in all ways, has six stresses.
    if cells := found.points("stress"):
        told, what, who = 6 * cells, "stresses", "ions"
    else:
        told, what, who = found.points("interaction"), "interaction energies", "molecules"
    if told < nonbonded:
        yield (
            f"{told} {what} for {nonbonded} nonbonded parameters: too few, most of what {who} "
            "do to each other is the prior's."
        )


def _of_the_parameters(terms: Sequence[Term]) -> Iterator[str]:
    flags = [(term, flag) for term in terms for flag in term.flags]
    free = [(term, flag.parameter) for term, flag in flags if flag.kind == "prior_only"]
    bonded = [f"{term.name}:{name}" for term, name in free if term.kind != "nonbonded"]
    if bonded:
        yield f"The points do not determine {_listed(bonded)}: their prior stands."
    # The first parameter of a nonbonded form is its repulsion.
    nonbonded = [term for term in terms if term.kind == "nonbonded"]
    unknown = [
        f"{term.name}:{name}"
        for term, name in free
        if term.kind == "nonbonded" and name == next(iter(term.parameters))
    ]
    if len(unknown) > MANY_UNKNOWN * len(nonbonded):
        yield (
            f"The points do not determine {len(unknown)} of {len(nonbonded)} repulsions: "
            f"{_listed(unknown)}."
        )
    if held := [f"{t.name}:{f}" for t, f in flags if f.kind in ("lower_bound", "upper_bound")]:
        yield f"Held by a bound and not by the points: {_listed(held)}."
    if drawn := [f"{term.name}:{flag}" for term, flag in flags if flag.kind == "drawn"]:
        yield f"Drawn by the points far off what was expected of them: {_listed(drawn)}."


def _of_the_barriers(found: Diagnostics) -> Iterator[str]:
    low = [
        f"{'-'.join(barrier.types)}: {barrier.height / KCAL_PER_MOL:.1f} kcal/mol"
        for barrier in found.barriers
        if barrier.low
    ]
    if low:
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
