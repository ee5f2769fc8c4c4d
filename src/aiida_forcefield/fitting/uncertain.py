"""Which dimers a force field is least sure of."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.energy import Layout
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.scans.points import Structures
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]
Indices = NDArray[np.int_]
Pair = tuple[str, str]
"""Names of two species."""


def least_certain(
    field: ForceField,
    system: System,
    dimers: Mapping[Pair, Structures],
    count: int,
    settings: Settings,
) -> dict[Pair, Indices]:
    """Those dimers whose energies would teach a fit most.

    Each time the one is taken whose energy is least certain by the covariance of the parameters,
    weighted as in the fit, and then the covariance is that after its computation: so no two
    dimers are taken that tell the same (sequential D-optimal design, V. V. Fedorov, Theory of
    Optimal Experiments (1972)).

    Args:
        field: with the covariance of its parameters.
        system: its system.
        dimers: candidates, by their species.
        count: how many to take in all, if there are as many.
        settings: weights of the fit.

    Returns:
        Places of those that are taken, by their species, the most telling first.
    """
    parts = [_rows(field, system, structures, settings) for structures in dimers.values()]
    rows = np.concatenate([np.zeros((0, len(field.covariance))), *parts])
    owners = [
        (pair, place)
        for pair, part in zip(dimers, parts, strict=True)
        for place in range(len(part))
    ]
    covariance, chosen = field.covariance, list[int]()
    while len(chosen) < min(count, len(rows)):
        variance = np.einsum("sp,pq,sq->s", rows, covariance, rows)
        variance[chosen] = -np.inf
        best = int(variance.argmax())
        covariance = _after(covariance, rows[[best]])
        chosen.append(best)
    taken = [owners[each] for each in chosen]
    return {
        pair: np.array([place for owner, place in taken if owner == pair], dtype=int)
        for pair in dict.fromkeys(pair for pair, _ in taken)
    }


def most_telling(
    field: ForceField,
    system: System,
    known: Sequence[Structures],
    sets: Mapping[str, Structures],
    count: int,
    settings: Settings,
) -> dict[str, float]:
    """Sets of dimers that would teach a fit most, the most telling first, and how much they would.

    Each time the one is taken by which the entropy of the parameters falls most, beside what is
    known and those that were taken before (D. V. Lindley, Ann. Math. Stat. 27, 986 (1956)).

    Args:
        field: with the covariance of its parameters, such as `Prior.field`.
        system: its system.
        known: dimers that are computed anyway.
        sets: candidates, by name.
        count: how many to take, if there are as many.
        settings: weights of the fit.

    Returns:
        Information of each that was taken, nats.
    """
    rows = {name: _rows(field, system, dimers, settings) for name, dimers in sets.items()}
    covariance = field.covariance
    if known:
        told = np.concatenate([_rows(field, system, dimers, settings) for dimers in known])
        covariance = _after(covariance, told)
    taken: dict[str, float] = {}
    while len(taken) < min(count, len(sets)):
        information = {
            name: float(np.linalg.slogdet(_innovation(covariance, own))[1]) / 2
            for name, own in rows.items()
            if name not in taken
        }
        best = max(information, key=lambda name: information[name])
        taken[best] = information[best]
        covariance = _after(covariance, rows[best])
    return taken


def _rows(field: ForceField, system: System, dimers: Structures, settings: Settings) -> Array:
    """By how many of their standard errors energies change with the parameters, shape (s, p)."""
    names = [system.name_of(key) for key in dimers.cluster.species]
    model = Layout.of(field, system).clusters(names, dimers.positions)
    energies, jacobian = model.energy(field.vector)
    roots = np.sqrt(settings.energy_weights(energies)) / settings.interaction_error
    return np.asarray(jacobian * roots[:, None])


def _innovation(covariance: Array, rows: Array) -> Array:
    """Covariance of what is measured, in units of its own noise."""
    return np.asarray(np.eye(len(rows)) + rows @ covariance @ rows.T)


def _after(covariance: Array, rows: Array) -> Array:
    """What is left of a covariance once the energies of some rows are known."""
    told = rows @ covariance
    return np.asarray(covariance - told.T @ np.linalg.solve(_innovation(covariance, rows), told))
