"""Whether a predicted property may be used, by its own uncertainty and checks alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Grade = Literal["good", "rough", "do not use"]
_RANK: tuple[Grade, ...] = ("good", "rough", "do not use")

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Graded:
    """A grade with its reasons, the gravest first; a good property has none."""

    grade: Grade
    reasons: tuple[str, ...]


def grade(results: Results, label: str) -> Graded:
    """The grade of a property of a study; a measured value beside it plays no part.

    Good is what is certain enough for its kind and passes all checks, and not to be used what is
    too uncertain, or comes from a field that fails one. The rest is rough.

    Args:
        results: of the study, as `collect_results` has them but for the grades.
        label: of the property.
    """
    faults = sorted(_faults(results, label), key=lambda fault: -_RANK.index(fault[0]))
    reasons = tuple(reason for _, reason in faults)
    return Graded(faults[0][0] if faults else "good", reasons)


def _faults(results: Results, label: str) -> Iterator[tuple[Grade, str]]:
    from aiida_forcefield.properties import property_of

    found = results["properties"][label]
    plugin = property_of(found["property"])
    share = found.get("uncertainty", found["standard_error"]) / max(abs(found["value"]), 1e-300)
    if share > plugin.good_within:
        grade: Grade = "do not use" if share > plugin.usable_within else "rough"
        yield grade, f"its uncertainty is {share:.0%} of its value"
    diagnostics = (results["force_field"] or {}).get("diagnostics")
    if diagnostics and diagnostics.get("loose"):
        yield "do not use", "the force field leaves a motion free that QM holds"
    if diagnostics and not diagnostics["converged"]:
        yield "do not use", "the fit did not converge"
    if not found["halves_agree"] or not found["seeds_agree"]:
        yield "rough", "parts of the simulation differ"
    if not results["many_body"]:
        yield "rough", "it lacks three-body dispersion"
    rounds, target = results["validation"], results["target_error"]
    if rounds and (rounds[-1]["liquid"] is None or rounds[-1]["liquid"] > target):
        yield "rough", "pairs of the liquid are not predicted as well as was asked for"
    if not results["variations"] or set(results["variations"]) - set(found.get("changes", {})):
        yield "rough", "its uncertainty lacks what choices of the fit change"
