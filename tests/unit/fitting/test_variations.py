"""Other choices in a fit."""

import numpy as np

from aiida_forcefield.fitting import VARIATIONS, Choices, DimerPoints, FitData, Settings
from aiida_forcefield.potentials import FixedCharges
from aiida_forcefield.scans import Origin

DIMERS = DimerPoints(
    ("M", "M"), np.zeros((5, 2, 3)), np.arange(5.0), np.ones(5), Origin("random"), 1
)

CHOICES = Choices(
    electrostatics=FixedCharges(
        gas={"O1": -0.7, "H1": 0.35},
        liquid={"O1": -0.9, "H1": 0.45},
    ),
    data=FitData({}, dimers=(DIMERS,)),
    settings=Settings(),
)


def test_half_of_the_dimers_weigh_as_all_did() -> None:
    (points,) = VARIATIONS["dimers"](CHOICES).data.dimers
    np.testing.assert_array_equal(points.weights, [0, 2, 0, 2, 0])


def test_charges_are_polarised_further_and_stay_neutral() -> None:
    charges = VARIATIONS["electrostatics"](CHOICES).electrostatics.liquid
    np.testing.assert_allclose([charges["O1"], charges["H1"]], [-0.95, 0.475])


def test_repulsive_energies_weigh_less() -> None:
    before, after = CHOICES.settings, VARIATIONS["weights"](CHOICES).settings
    energies = np.array([-0.1, 0.1])
    np.testing.assert_allclose(after.energy_weights(energies), before.energy_weights(energies) ** 2)
