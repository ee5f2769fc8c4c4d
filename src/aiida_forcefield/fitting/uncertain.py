"""Which dimers a force field is least sure of."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.energy import dimer_model
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.topology.species import Species

Array = NDArray[np.float64]


def least_certain(
    field: ForceField, species: Species, dimers: Array, count: int, settings: Settings
) -> NDArray[np.int_]:
    """Places of the dimers whose energies would teach a fit most, the most telling first.

    Each time the one is taken whose energy is least certain by the covariance of the parameters,
    weighted as in the fit, and then the covariance is that after its computation: so no two
    dimers are taken that tell the same (sequential D-optimal design, V. V. Fedorov, Theory of
    Optimal Experiments (1972)).

    Args:
        field: with the covariance of its parameters.
        species: its molecule.
        dimers: candidates, shape (s, 2n, 3), Å.
        count: how many to take, if there are as many.
        settings: weights of the fit.
    """
    rows, covariance = _rows(field, species, dimers, settings), field.covariance
    chosen: list[int] = []
    while len(chosen) < min(count, len(dimers)):
        variance = np.einsum("sp,pq,sq->s", rows, covariance, rows)
        variance[chosen] = -np.inf
        best = int(variance.argmax())
        covariance = _after(covariance, rows[[best]])
        chosen.append(best)
    return np.array(chosen, dtype=int)


def most_telling(
    field: ForceField,
    species: Species,
    known: Array,
    sets: Mapping[str, Array],
    count: int,
    settings: Settings,
) -> dict[str, float]:
    """Sets of dimers that would teach a fit most, the most telling first, and how much they would.

    Each time the one is taken by which the entropy of the parameters falls most, beside what is
    known and those that were taken before (D. V. Lindley, Ann. Math. Stat. 27, 986 (1956)).

    Args:
        field: with the covariance of its parameters, such as `Prior.field`.
        species: its molecule.
        known: dimers that are computed anyway, shape (s, 2n, 3), Å.
        sets: candidates of that shape, by name.
        count: how many to take, if there are as many.
        settings: weights of the fit.

    Returns:
        Information of each that was taken, nats.
    """
    rows = {name: _rows(field, species, dimers, settings) for name, dimers in sets.items()}
    covariance = field.covariance
    if len(known):
        covariance = _after(covariance, _rows(field, species, known, settings))
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


def _rows(field: ForceField, species: Species, dimers: Array, settings: Settings) -> Array:
    """By how many of their standard errors energies change with the parameters, shape (s, p)."""
    model = dimer_model(species, field.terms, dimers, field.gas_charges, field.combination)
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
