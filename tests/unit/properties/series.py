"""Trajectories with known fluctuations."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from aiida_forcefield.dynamics import ManyBody, Thermo
from aiida_forcefield.properties import Trajectory
from aiida_forcefield.topology import System, from_smiles

Array = NDArray[np.float64]

METHANOL = System.pure("methanol", from_smiles("CO"))
MIXTURE = System(("methanol", "water"), (from_smiles("CO"), from_smiles("O")), (1.0, 1.0))
INTERVAL = 0.1  # ps


def autoregressive(phi: float, shape: tuple[int, ...], seed: int) -> Array:
    """x_t = φ x_{t−1} + noise, stationary with unit variance; time is the last axis."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=shape) * np.sqrt(1 - phi**2)
    noise[..., 0] /= np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1], [1, -phi], noise))


def thermo(**columns: Array) -> Thermo:
    """One run; all that is not given is 0."""
    length = len(next(iter(columns.values())))
    zero = {field.name: np.zeros(length) for field in fields(Thermo)}
    return Thermo(**{**zero, "time": INTERVAL * np.arange(length), **columns})


def trajectory(
    *runs: Thermo,
    molecules: int = 100,
    many_body: ManyBody | None = None,
) -> Trajectory:
    """Of methanol."""
    return Trajectory(METHANOL, (molecules,), runs, many_body)
