"""Molecules with two neighbours, drawn from a liquid."""

import numpy as np
import pytest

from aiida_forcefield.scans.contacts import contact_ratio
from aiida_forcefield.scans.trimers import TOUCHING, liquid_trimers
from aiida_forcefield.topology import Frames, System, from_smiles

from .test_liquid import LENGTHS, SYSTEM, X, inner, liquid


def test_trimers_are_a_molecule_and_two_neighbours() -> None:
    frames = liquid(1)
    known = inner(frames.positions.reshape(-1, 6, 3))
    trimers = liquid_trimers(SYSTEM, frames, 12, 1)
    assert len(trimers) == 12
    for trimer in trimers:
        assert trimer.names == ("methanol",) * 3
        molecules = trimer.positions.reshape(3, 6, 3)
        for molecule in inner(molecules):
            assert np.abs(known - molecule).max(axis=(1, 2)).min() < 1e-3
        a, b, c = molecules
        touching = [contact_ratio(x, y, LENGTHS) < TOUCHING for x, y in ((a, b), (a, c), (b, c))]
        assert sum(touching) >= 2
        assert trimer.positions.mean(axis=0) == pytest.approx(0, abs=1e-4)


def test_trimers_differ_and_depend_on_the_seed_alone() -> None:
    frames = liquid(2)
    first, again, other = (
        np.array([each.positions for each in liquid_trimers(SYSTEM, frames, 10, seed)])
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert not np.allclose(first, other)
    flat = first.reshape(10, -1)
    assert np.linalg.norm(flat[:, None] - flat, axis=-1)[np.triu_indices(10, 1)].min() > 0.1


def test_trimers_of_a_mixture_have_their_species_in_order() -> None:
    water, methanol = from_smiles("O"), from_smiles("CO")
    system = System(("methanol", "water"), (methanol, water), (1.0, 1.0))
    apart = np.array([[2.9, 0, 0], [0, 2.9, 0], [0, 0, 2.9]])
    positions = np.concatenate([X, water.conformers[0] + apart[0], water.conformers[0] + apart[1]])
    frames = Frames((1, 2), positions[None], np.full((1, 3), 20.0))
    (trimer,) = {each.names: each for each in liquid_trimers(system, frames, 5, 1)}.values()
    assert trimer.names == ("methanol", "water", "water")
    assert trimer.positions.shape == (12, 3)


def test_a_gas_has_no_trimers() -> None:
    frames = Frames((2,), np.concatenate([X, X + 20.0])[None], np.full((1, 3), 60.0))
    with pytest.raises(ValueError, match="no molecule with two neighbours"):
        liquid_trimers(SYSTEM, frames, 5, 1)
