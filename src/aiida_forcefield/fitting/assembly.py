"""The data of a fit from QM points: what belongs together, and what weighs how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.dynamics.pair_pressure import pressure_shares
from aiida_forcefield.fitting.case import Group
from aiida_forcefield.fitting.data import (
    Components,
    DimerPoints,
    FitData,
    MoleculePoints,
    Reference,
    join_dimers,
)
from aiida_forcefield.scans.contacts import dimer_contacts
from aiida_forcefield.scans.coordinate import Coordinate
from aiida_forcefield.scans.liquid import pairs_of_each
from aiida_forcefield.scans.origin import Origin, Sampling
from aiida_forcefield.scans.points import Points
from aiida_forcefield.surrogate.profile import LearnedProfile
from aiida_forcefield.topology.box import Frames
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]

_ALONE: tuple[Sampling, ...] = ("scan", "thermal")
_DIMERS: tuple[Sampling, ...] = ("scan", "random", "squeezed", "liquid", "uncertain")
"""Samplings that are data of a fit; ``moved_apart`` goes with ``liquid``."""
ScanKey = tuple[tuple[str, ...], Coordinate | None]
"""Keys of the species, and the coordinate: what tells one scan from another."""


@dataclass(frozen=True, eq=False)
class Minimum:
    """A species at rest.

    Attributes:
        point: its energy and gradient there, one structure.
        hessian: shape (3n, 3n), eV/Å²; of a single ion all zero.
        c6: dispersion coefficients between its atoms, shape (n, n), eV Å⁶.
    """

    point: Points
    hessian: Array
    c6: Array

    @property
    def reference(self) -> Reference:
        """As a fit wants it."""
        return Reference(self.point.positions[0], self.hessian, self.c6)


def assemble(
    system: System,
    minima: Mapping[str, Minimum],
    points: Sequence[Points],
    profiles: Sequence[LearnedProfile] = (),
    frames: Mapping[int, Frames] | None = None,
) -> FitData:
    """The data of a fit.

    Points of a scan weigh as its surrogate says, so that the parameters do not follow where the
    points happen to lie; all else weighs alike. Points that are no data, such as those for the
    polarizability, are left out.

    Args:
        system: whose force field is fitted.
        minima: each species at rest, by its name.
        points: in the order in which they were computed: the points of a scan round by round; pairs
            that were moved apart batch by batch as those that they were made from.
        profiles: of the scans.
        frames: of the liquids by number of the round from which pairs were drawn. What pressure
            these make in their liquid is then fitted, too.

    Raises:
        ValueError: points of another species, a scan that its profile does not match, or pairs
            moved apart that do not match those of the liquid.
    """
    for part in points:
        for key in part.cluster.species:
            system.name_of(key)
    learned: dict[ScanKey, LearnedProfile] = {
        (each.scan.species, each.scan.coordinate): each for each in profiles
    }
    molecules = [
        _molecules(system, name, minima[name].point, points, learned) for name in system.names
    ]
    return FitData(
        references={name: minima[name].reference for name in system.names},
        molecules=tuple(each for each in molecules if each),
        dimers=_dimers(system, points, learned, frames or {}),
    )


def _molecules(
    system: System,
    name: str,
    rest: Points,
    points: Sequence[Points],
    learned: Mapping[ScanKey, LearnedProfile],
) -> MoleculePoints | None:
    """Points of single molecules of a species, the minimum first; of a single ion none."""
    species = system.of_name(name)
    if len(species.symbols) == 1:
        return None
    chosen = [
        part
        for part in points
        if part.cluster.species == (species.key,) and part.origin.sampling in _ALONE
    ]
    weights = _weights(chosen, learned)
    parts = [rest, *chosen]
    ok = [part.ok for part in parts]
    together = list(zip(parts, ok, strict=True))
    return MoleculePoints(
        species=name,
        positions=np.concatenate([part.positions[m] for part, m in together]),
        energies=np.concatenate([part.energies[m] for part, m in together]),
        gradients=np.concatenate([part.gradients[m] for part, m in together]),
        weights=np.concatenate([np.ones(int(ok[0].sum())), *weights]),
        origins=tuple(_of_all_rounds(part.origin) for part, m in together for _ in range(m.sum())),
        slopes=np.concatenate([_turned(part)[m] for part, m in together]),
    )


def _turned(points: Points) -> Array:
    """Slopes along the scan of a dihedral, eV/rad; of all else none."""
    coordinate = points.origin.coordinate
    along = coordinate is not None and coordinate.kind == "dihedral"
    return np.degrees(points.slopes) if along else np.full(len(points.slopes), np.nan)


def _of_all_rounds(origin: Origin) -> Origin:
    """Points of all rounds are reported together."""
    return replace(origin, round=None)


def _weights(parts: Sequence[Points], learned: Mapping[ScanKey, LearnedProfile]) -> list[Array]:
    """Of the points of each part that succeeded; a scan of n points has the weight n in all."""
    scans: dict[ScanKey, list[int]] = {}
    for place, part in enumerate(parts):
        key = (part.cluster.species, part.origin.coordinate)
        if part.origin.sampling == "scan" and key in learned:
            scans.setdefault(key, []).append(place)
    weights = [np.ones(int(part.ok.sum())) for part in parts]
    for key, places in scans.items():
        values = [parts[place].requested[parts[place].ok] for place in places]
        shares = _matched(np.concatenate(values), learned[key])
        ends = np.cumsum([len(each) for each in values])[:-1]
        for place, share in zip(places, np.split(shares * len(shares), ends), strict=True):
            weights[place] = share
    return weights


def _matched(values: Array, profile: LearnedProfile) -> Array:
    """The weights that a surrogate has for values of its coordinate, in their order.

    Raises:
        ValueError: it learned from other values.
    """
    surrogate = profile.surrogate
    learned = np.asarray(surrogate.observations.x)
    if len(learned) != len(values) or not np.allclose(learned, values, rtol=0, atol=1e-6):
        raise ValueError(
            f"profile of {profile.scan.name}: it was learned from {len(learned)} values that are "
            f"not those of the {len(values)} points; give it the points of all rounds, in order"
        )
    return surrogate.weights


def _dimers(
    system: System,
    points: Sequence[Points],
    learned: Mapping[ScanKey, LearnedProfile],
    frames: Mapping[int, Frames],
) -> tuple[DimerPoints, ...]:
    """One set for each pair of species and origin."""
    pairs = [part for part in points if len(part.cluster.molecules) == 2]
    chosen = [part for part in pairs if part.origin.sampling in _DIMERS]
    moved = [part for part in pairs if part.origin.sampling == "moved_apart"]
    partners = _partners([p for p in chosen if p.origin.sampling == "liquid"], moved)
    weights = _weights(chosen, learned)
    by_round: dict[tuple[tuple[str, ...], Origin], list[DimerPoints]] = {}
    for part, weight in zip(chosen, weights, strict=True):
        found = _set(system, part, weight, partners.get(id(part)))
        by_round.setdefault((part.cluster.species, part.origin), []).append(found)
    sets = _with_shares(system, [join_dimers(parts) for parts in by_round.values()], frames, points)
    by_origin: dict[Group, list[DimerPoints]] = {}
    for each in sets:
        group = Group(each.species, _of_all_rounds(each.origin))
        by_origin.setdefault(group, []).append(replace(each, origin=group.origin))
    return tuple(join_dimers(parts) for parts in by_origin.values())


def _partners(liquid: Sequence[Points], moved: Sequence[Points]) -> dict[int, Points]:
    """For each batch of a liquid, by its identity, that of the same pairs moved apart.

    Raises:
        ValueError: a batch of pairs that were moved apart is not of those at its place.
    """

    def key(part: Points) -> tuple[tuple[str, ...], int]:
        return part.cluster.species, -1 if part.origin.round is None else part.origin.round

    partners: dict[int, Points] = {}
    for what, batches in groupby(sorted(moved, key=key), key=key):
        drawn = [part for part in liquid if key(part) == what]
        for one, other in zip(drawn, batches, strict=False):
            first = one.cluster.parts[0]
            here, there = (part.positions[:, first] for part in (one, other))
            if here.shape != there.shape or not np.allclose(here, there, rtol=0, atol=1e-3):
                raise ValueError(
                    f"pairs moved apart of round {one.origin.round}: they are not those of the "
                    "liquid at their place; give both batch by batch in one order"
                )
            partners[id(one)] = other
    return partners


def _set(system: System, part: Points, weights: Array, moved: Points | None) -> DimerPoints:
    """A batch of dimers, with those that are known with their molecules farther apart."""
    ok = part.ok
    first, second = (system.name_of(key) for key in part.cluster.species)
    found = DimerPoints(
        species=(first, second),
        positions=part.positions[ok],
        energies=part.energies[ok],
        weights=weights,
        origin=part.origin,
        atoms=part.cluster.molecules[0].atoms,
        components=_components(part),
    )
    if moved is None:
        return found
    both = ok & moved.ok
    return replace(
        found,
        moved=moved.positions[both],
        moved_energies=moved.energies[both],
        pulled=np.flatnonzero(both[ok]),
    )


def _components(part: Points) -> Components | None:
    """Of those that succeeded; None unless the engine tells all of them."""
    electrostatics, exchange, induction = part.electrostatics, part.exchange, part.induction
    if electrostatics is None or exchange is None or induction is None:
        return None
    return Components(electrostatics[part.ok], exchange[part.ok], induction[part.ok])


def _with_shares(
    system: System,
    sets: Sequence[DimerPoints],
    frames: Mapping[int, Frames],
    points: Sequence[Points],
) -> list[DimerPoints]:
    """Pairs that were drawn from liquids, with their shares of the pressure of all.

    Each liquid counts by how many pairs of it are known.
    """
    clusters = {
        tuple(system.name_of(key) for key in part.cluster.species): part.cluster
        for part in points
        if len(part.cluster.molecules) == 2
    }
    found = list(sets)
    drawn = {
        turn: [
            place
            for place, each in enumerate(sets)
            if each.origin.sampling == "liquid" and each.origin.round == turn and len(each.pulled)
        ]
        for turn in frames
    }
    total = sum(len(sets[place].pulled) for places in drawn.values() for place in places)
    for turn, places in drawn.items():
        if not places:
            continue
        ratios = [
            dimer_contacts(clusters[each.species], each.positions[each.pulled])
            for each in (sets[place] for place in places)
        ]
        numbers = pairs_of_each(system, frames[turn], np.concatenate(ratios))
        volume = float(np.prod(frames[turn].edges, axis=1).mean())
        shares = pressure_shares(numbers, volume) * len(numbers) / total
        ends = np.cumsum([len(each) for each in ratios])[:-1]
        for place, share in zip(places, np.split(shares, ends), strict=True):
            found[place] = replace(found[place], shares=share)
    return found
