"""Which dimers a force field is least sure of."""

import numpy as np
from numpy.typing import NDArray

from aiida_forcefield.potentials.energy import dimer_model
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.potentials.residuals import Settings
from aiida_forcefield.topology.topology import Topology

Array = NDArray[np.float64]


def least_certain(
    field: ForceField, topology: Topology, dimers: Array, count: int, settings: Settings
) -> NDArray[np.int_]:
    """Places of the dimers whose energies would teach a fit most, the most telling first.

    Each time the one is taken whose energy is least certain by the covariance of the parameters,
    weighted as in the fit, and then the covariance is that after its computation: so no two
    dimers are taken that tell the same (sequential D-optimal design, V. V. Fedorov, Theory of
    Optimal Experiments (1972)).

    Args:
        field: with the covariance of its parameters.
        topology: its molecule.
        dimers: candidates, shape (s, 2n, 3), Å.
        count: how many to take, if there are as many.
        settings: weights of the fit.
    """
    model = dimer_model(topology, field.terms, dimers, field.gas_charges, field.combination)
    energies, jacobian = model.energy(field.vector)
    rows = jacobian * np.sqrt(settings.energy_weights(energies))[:, None]
    covariance, noise = field.covariance, settings.interaction_error**2
    chosen: list[int] = []
    while len(chosen) < min(count, len(dimers)):
        variance = np.einsum("sp,pq,sq->s", rows, covariance, rows)
        variance[chosen] = -np.inf
        best = int(variance.argmax())
        told = covariance @ rows[best]
        covariance = covariance - np.outer(told, told) / (noise + rows[best] @ told)
        chosen.append(best)
    return np.array(chosen, dtype=int)
