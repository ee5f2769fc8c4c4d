"""What a joint fit gets from the nodes of points.

Whoever changes what comes out raises `SCIENCE` in `fit` and `pressure`, beside which this is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from aiida.orm import ArrayData

from aiida_forcefield.calculations.dimers import DRAWN, FRAMES, STRETCHED
from aiida_forcefield.dynamics import pressure_shares
from aiida_forcefield.potentials import DimerPoints, MoleculePoints, join_dimers
from aiida_forcefield.scans import Counterpoise, Points, calibrated, pairs_of_each
from aiida_forcefield.topology import Species

Liquid = tuple[np.ndarray, np.ndarray]
"""Whole molecules, (f, M, n, 3), and edges of the boxes, (f, 3), Å."""


def molecule_points(
    alone: Sequence[Points],
    groups: Mapping[str, Sequence[Points]],
    weights: Mapping[str, np.ndarray | None],
) -> MoleculePoints:
    """Points of single molecules; a scan of n points has the weight n in all.

    Args:
        alone: that are no scan.
        groups: points of scans and batches, by their labels; those of dimers are left out.
        weights: of the scans; None where all weigh alike.
    """
    chosen = [*alone]
    shares = [np.ones(points.ok.sum()) for points in alone]
    for group, parts in groups.items():
        if not parts[0].split:
            chosen += parts
            shares.append(_scan_weights(parts, weights[group]))
    ok = [points.ok for points in chosen]
    return MoleculePoints(
        positions=np.concatenate([p.positions[m] for p, m in zip(chosen, ok, strict=True)]),
        energies=np.concatenate([p.energies[m] for p, m in zip(chosen, ok, strict=True)]),
        gradients=np.concatenate([p.gradients[m] for p, m in zip(chosen, ok, strict=True)]),
        weights=np.concatenate(shares),
        labels=tuple(p.label for p, m in zip(chosen, ok, strict=True) for _ in range(m.sum())),
        slopes=np.concatenate([_turned(p)[m] for p, m in zip(chosen, ok, strict=True)]),
    )


def _turned(points: Points) -> np.ndarray:
    """Slopes along the scan of a dihedral, eV/rad; of all else none."""
    along = points.label.startswith("dihedral ")
    return np.degrees(points.slopes) if along else np.full(len(points.slopes), np.nan)


def liquids_of(data: Mapping[str, object]) -> dict[str, Liquid]:
    """The liquids ``frames_N``, by the names that pairs drawn from them have, ``liquid_N``."""
    return {
        label.replace(FRAMES, f"{DRAWN}_"): (node.get_array("positions"), node.get_array("box"))
        for label, node in sorted(data.items())
        if label.startswith(FRAMES) and isinstance(node, ArrayData)
    }


def dimer_points(
    groups: Mapping[str, Sequence[Points]],
    weights: Mapping[str, np.ndarray | None],
    species: Species,
    counterpoise: Counterpoise | None,
    liquids: Mapping[str, Liquid],
) -> list[DimerPoints]:
    """One set for each label; batches of one kind are put together.

    Args:
        groups: points of scans and batches, by their labels such as ``liquid_0_00``; those of
            ``stretched_0_00`` go with them.
        weights: of the scans; None where all weigh alike.
        species: the molecule.
        counterpoise: correction of the energies; with None they stay as they are.
        liquids: of which the pressure is fitted, too, as of `liquids_of`.
    """
    sets: dict[str, list[DimerPoints]] = {}
    for group, parts in groups.items():
        if not parts[0].split or group.startswith(STRETCHED):
            continue
        known = [calibrated(part, species, counterpoise) for part in parts]
        found = DimerPoints(
            np.concatenate([p.positions[p.ok] for p in known]),
            np.concatenate([p.energies[p.ok] for p in known]),
            _scan_weights(parts, weights[group]),
            parts[0].label,
        )
        stretched = group.replace(DRAWN, STRETCHED)
        if stretched != group and stretched in groups:
            (here,), (there,) = parts, groups[stretched]
            found = _with_stretched(found, here, there, species, counterpoise)
        # Batches of one round are one sample of its liquid.
        name = group.rpartition("_")[0] if group.startswith(DRAWN) else found.label
        sets.setdefault(name, []).append(found)
    joined = {name: join_dimers(parts) for name, parts in sets.items()}
    joined |= _samples(joined, species, liquids)
    by_label: dict[str, list[DimerPoints]] = {}
    for points in joined.values():
        by_label.setdefault(points.label, []).append(points)
    return [join_dimers(parts) for parts in by_label.values()]


def _samples(
    joined: Mapping[str, DimerPoints], species: Species, liquids: Mapping[str, Liquid]
) -> dict[str, DimerPoints]:
    """Pairs that were drawn from liquids, with their shares of the pressure of all.

    Each liquid counts by how many pairs of it are known.
    """
    drawn = {name: joined[name] for name in liquids if name in joined and len(joined[name].pulled)}
    total = sum(len(points.pulled) for points in drawn.values())
    samples = {}
    for name, points in drawn.items():
        frames, box = liquids[name]
        numbers = pairs_of_each(species, frames, box, points.positions[points.pulled])
        shares = pressure_shares(numbers, float(np.prod(box, axis=1).mean()))
        samples[name] = replace(points, shares=shares * len(numbers) / total)
    return samples


def _with_stretched(
    found: DimerPoints,
    here: Points,
    there: Points,
    species: Species,
    counterpoise: Counterpoise | None,
) -> DimerPoints:
    """The same with those that are known with their molecules farther apart, too."""
    # All have the correction of the dimer that they were made from: else a hydrogen bond that
    # counts as a little less of one would look like a change of energy.
    corrected = calibrated(replace(there, positions=here.positions), species, counterpoise)
    both = here.ok & there.ok
    return replace(
        found,
        stretched=there.positions[both],
        stretched_energies=corrected.energies[both],
        pulled=np.flatnonzero(both[here.ok]),
    )


def _scan_weights(parts: Sequence[Points], weights: np.ndarray | None) -> np.ndarray:
    count = sum(int(points.ok.sum()) for points in parts)
    return np.ones(count) if weights is None else weights * count
