"""What a study would do, told before it does it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiida_forcefield.study.file import StudyFile

if TYPE_CHECKING:
    from aiida_forcefield.topology import Species


def describe_plan(file: StudyFile, points_of: int | None = None) -> Iterator[str]:
    """The plan of a study, line by line; needs no AiiDA profile.

    Args:
        file: the study.
        points_of: PK of the study whose points it takes, if any.

    Raises:
        StudyError: the material is no molecule that can be treated.
    """
    from aiida_forcefield.workflows.protocols import describe, get_protocol

    study = file.study
    species = file.species()
    settings = get_protocol(study.protocol, study.overrides)
    members = Counter(species.atom_types)
    terms = Counter(term.kind for term in species.term_types)

    yield f"material    {study.material.name} {species.smiles}".rstrip()
    yield (
        f"            {len(species.symbols)} atoms, charge {species.charge} e, "
        f"multiplicity {species.multiplicity}, {len(species.conformers)} conformer(s)"
    )
    yield f"protocol    {study.protocol}: {describe(study.protocol)}"
    yield f"atom types  {', '.join(f'{name} × {count}' for name, count in members.items())}"
    yield f"term types  {', '.join(f'{kind} × {count}' for kind, count in terms.items()) or 'none'}"
    if points_of is None:
        yield from _qm(species, settings)
    else:
        yield f"QM points   those of study {points_of}, and no others"
    for item in study.properties:
        density = item.density
        yield f"property    density at {density.temperature:g} K, {density.pressure:g} bar"
    if points_of is None and not settings["sampling"]["rounds"]:
        yield "            without what pairs do not have, which only sampling.rounds above 0 tells"
    yield f"codes       {study.codes.qm} (QM), {study.codes.md} (MD)"
    for role, step in study.resources:
        asked = step.model_dump(exclude_none=True)
        if asked:
            said = ", ".join(f"{key} {value}" for key, value in asked.items())
            yield f"jobs of {role}  {said}"


def _qm(species: "Species", settings: Mapping[str, Any]) -> Iterator[str]:
    """Scans and dimers, and how many points these are at most."""
    from aiida_forcefield.scans import plan_pair_scans, plan_scans

    positions = species.conformers[0]
    scans = plan_scans(species, positions).scans
    pairs = plan_pair_scans(species, positions)
    sampling, learning = settings["sampling"], settings["learning"]
    count = min(len(pairs), sampling["pair_scans"])
    others = sampling["uncertain"] + sampling["thermal"]
    drawn = sampling["liquid"] + (sampling["rounds"] - 1) * sampling["most_liquid"]
    in_rounds = 2 * drawn + sampling["rounds"] * others if sampling["rounds"] else 0
    calibration = settings.get("calibration")
    calibrated = 2 * calibration["dimers"] if calibration else 0
    most = (
        len(species.conformers)
        + len(scans) * learning["molecule"]["max_points"]
        + count * learning["pairs"]["max_points"]
        + sampling["random"]
        + sampling["squeezed"]
        + in_rounds
        + calibrated
        + bool(sampling["rounds"] and "polarizability" in settings)
    )
    for scan in scans:
        unit = "Å" if scan.kind == "bond" else "°"
        yield f"scan        {scan.name}  {scan.lower:.4g} to {scan.upper:.4g} {unit}"
    if count < len(pairs):
        yield f"scan        {count} of {len(pairs)} pairs of atom types, those that will tell most"
    for scan in pairs if count == len(pairs) else ():
        yield f"scan        {scan.name}  {scan.lower:.4g} to {scan.upper:.4g} Å"
    yield f"dimers      {sampling['random']} random, {sampling['squeezed']} squeezed"
    if sampling["rounds"]:
        several = sampling["rounds"] > 1
        later = f", up to {sampling['most_liquid']} in later rounds" if several else ""
        yield (
            f"            {sampling['liquid']} drawn from the liquid{later}, each moved apart, "
            f"too, {sampling['uncertain']} others and {sampling['thermal']} molecules of it, in "
            f"each of up to {sampling['rounds']} round(s)"
        )
    if calibration:
        yield (
            f"            up to {calibrated} of them in {calibration['basis']} too, which tell how "
            "much counterpoise correction all need"
        )
    yield (
        f"QM points   at most {most}; a scan stops as soon as its profile is certain, "
        "and what was computed before is not computed again"
    )
