"""What a study would do, told before it does it."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from aiida_forcefield.study.file import StudyFile

if TYPE_CHECKING:
    from aiida_forcefield.scans import Scan
    from aiida_forcefield.topology import Species, System

CODES = {"qm": "QM", "md": "MD", "openmm": "MD", "fit": "fit"}
"""What the code of each role is for."""


def describe_plan(file: StudyFile, points_of: int | None = None) -> Iterator[str]:
    """The plan of a study, line by line; needs no AiiDA profile.

    Args:
        file: the study.
        points_of: PK of the study whose points it takes, if any.

    Raises:
        StudyError: the study cannot be run.
    """
    from aiida_forcefield.properties import Liquid, property_of
    from aiida_forcefield.workflows.protocols import describe

    study, system, planned = file.study, file.system(), file.simulations()
    liquid = any(isinstance(each, Liquid) for each in planned)
    yield from _matter(file, system)
    yield f"protocol    {study.protocol}: {describe(study.protocol)}"
    for name, species in system:
        yield from _types(species, f"{name} " if len(system.names) > 1 else "")
    if points_of is None:
        yield from _qm(file, system, liquid)
    else:
        yield f"QM points   those of study {points_of}, and no others"
    if liquid:
        yield from _box(file, system)
    for entry in study.properties:
        for name, request in entry.items():
            title, state = property_of(name).title.lower(), property_of(name).schema(**request)
            yield f"property    {title} at {state.temperature:g} K, {state.pressure:g} bar"
    if not study.properties:
        yield "property    none: the study ends with the force field, without rounds in a liquid"
    elif points_of is None and liquid and not file.settings["sampling"]["rounds"]:
        yield "            without many-body forces: only sampling.rounds above 0 tells of them"
    codes = (f"{label} ({CODES[role]})" for role, label in file.codes.items())
    yield f"codes       {', '.join(codes)}"
    for role, step in study.resources:
        asked = step.model_dump(exclude_none=True)
        if asked:
            said = ", ".join(f"{key} {value}" for key, value in asked.items())
            yield f"jobs of {role}  {said}"


def _matter(file: StudyFile, system: "System") -> Iterator[str]:
    """The species and, of several, how much there is of each."""
    if file.study.material is not None:
        (species,) = system.species
        yield f"material    {file.title} {species.smiles}".rstrip()
        yield f"            {_state(species)}"
        return
    yield f"system      {file.title}"
    total = sum(system.amounts)
    for (name, species), amount in zip(system, system.amounts, strict=True):
        yield f"species     {name} {species.smiles}".rstrip()
        yield f"            {_state(species)}; mole fraction {amount / total:.4g}"


def _state(species: "Species") -> str:
    return (
        f"{len(species.symbols)} atoms, charge {species.charge} e, "
        f"multiplicity {species.multiplicity}, {len(species.conformers)} conformer(s)"
    )


def _types(species: "Species", name: str) -> Iterator[str]:
    members = Counter(species.atom_types)
    terms = Counter(term.kind for term in species.term_types)
    yield f"atom types  {name}{', '.join(f'{each} × {n}' for each, n in members.items())}"
    kinds = ", ".join(f"{kind} × {n}" for kind, n in terms.items()) or "none"
    yield f"term types  {name}{kinds}"


def _box(file: StudyFile, system: "System") -> Iterator[str]:
    """How large the simulated liquid is."""
    from aiida_forcefield.dynamics import starting_box

    settings = file.settings["simulation"]
    geometries = [species.conformers[0] for species in system.species]
    box = starting_box(system, geometries, settings["cutoff"], settings["atoms"])
    counts = zip(system.names, system.species, box.counts, strict=True)
    atoms = sum(n * len(species.symbols) for _, species, n in counts)
    said = ", ".join(f"{n} {name}" for name, n in zip(system.names, box.counts, strict=True))
    yield f"liquid      {said}: {atoms} atoms"


def _qm(file: StudyFile, system: "System", liquid: bool) -> Iterator[str]:
    """Scans and dimers, and how many points these are at most."""
    from aiida_forcefield.scans import plan_pair_scans, plan_scans

    sampling, learning = file.settings["sampling"], file.settings["learning"]
    rounds = sampling["rounds"] if liquid else 0
    monomers = {name: (species, species.conformers[0]) for name, species in system}
    couples = list(combinations_with_replacement(system.names, 2))
    scans = [(name, scan) for name in system.names for scan in plan_scans(*monomers[name])]
    pairs = [
        (couple, scan)
        for couple in couples
        for scan in plan_pair_scans(*(monomers[name] for name in couple))
    ]
    count = min(len(pairs), sampling["pair_scans"])
    for name, scan in scans:
        yield f"scan        {_scan((name,), scan, system)}"
    if scans:
        yield "            about the starting geometry; the real windows are about the QM minimum"
    if count < len(pairs):
        yield f"scan        {count} of {len(pairs)} pairs of atom types, those that will tell most"
    for names, scan in pairs if count == len(pairs) else ():
        yield f"scan        {_scan(names, scan, system)}"
    drawn = f"{sampling['random']} random, {sampling['squeezed']} squeezed"
    if len(couples) == 1:
        yield f"dimers      {drawn}"
    for one, other in couples if len(couples) > 1 else ():
        yield f"dimers      {one} + {other}: {drawn}"
    if rounds:
        yield _rounds(sampling, rounds)
        if file.settings["electrostatics"] == "polarizable":
            yield f"trimers     {sampling['trimers']} of the first liquid"
    flexible = sum(len(species.symbols) > 1 for species in system.species)
    of_liquid = sampling["liquid"] + max(rounds - 1, 0) * sampling["most_liquid"]
    polarizable = file.settings["electrostatics"] == "polarizable"
    trimers = sampling["trimers"] if polarizable else 0
    in_rounds = (
        trimers + 2 * of_liquid + rounds * (sampling["uncertain"] + flexible * sampling["thermal"])
    )
    most = (
        sum(len(species.conformers) for species in system.species)
        + len(scans) * learning["molecule"]["max_points"]
        + count * learning["pairs"]["max_points"]
        + len(couples) * (sampling["random"] + sampling["squeezed"])
        + (in_rounds if rounds else 0)
        + polarizable * len(system.names)
    )
    yield (
        f"QM points   at most {most}; a scan stops as soon as its profile is certain, "
        "and what was computed before is not computed again"
    )


def _scan(names: tuple[str, ...], scan: "Scan", system: "System") -> str:
    """A scan with its window, and its species where there are several."""
    unit = "Å" if scan.kind in ("bond", "pair") else "°"
    of = f"{' + '.join(names)}: " if len(system.names) > 1 else ""
    return f"{of}{scan.name}  {scan.lower:.4g} to {scan.upper:.4g} {unit}"


def _rounds(sampling: dict[str, int], rounds: int) -> str:
    later = f", up to {sampling['most_liquid']} in later rounds" if rounds > 1 else ""
    return (
        f"            {sampling['liquid']} drawn from the liquid{later}, each moved apart, "
        f"too, {sampling['uncertain']} others and {sampling['thermal']} molecules of it, in "
        f"each of up to {rounds} round(s)"
    )
