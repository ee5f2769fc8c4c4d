"""Curves with a known end of their learning."""

import numpy as np

from aiida_forcefield.replay.record import Record

R = np.linspace(1.0, 1.6, 61)
PHI = np.linspace(-180, 180, 49)
KCAL = 1 / 23.0605478


def morse(r):
    return 4.5 * (1 - np.exp(-2 * (r - 1.2))) ** 2


def morse_slope(r):
    decay = np.exp(-2 * (r - 1.2))
    return 18 * (1 - decay) * decay


def ionic(r):
    return 2000 * np.exp(-r / 0.28) - 14.399645 / r - 20 / r**6 - 7000


def ionic_slope(r):
    return -2000 / 0.28 * np.exp(-r / 0.28) + 14.399645 / r**2 + 120 / r**7


def torsion(phi):
    t = np.radians(phi)
    return 0.06 * (1 + np.cos(3 * t)) + 0.03 * (1 + np.cos(t)) + 0.01 * np.sin(2 * t)


def torsion_slope(phi):
    t = np.radians(phi)
    return np.radians(-0.18 * np.sin(3 * t) - 0.03 * np.sin(t) + 0.02 * np.cos(2 * t))


def bond_record(noise=0.0, gradient=True, x=R):
    shaken = morse(x) + noise * np.random.default_rng(1).normal(size=len(x))
    return Record("bond", x, shaken, morse_slope(x) if gradient else None)


def torsion_record(gradient=True):
    return Record(
        "dihedral", PHI, torsion(PHI), torsion_slope(PHI) if gradient else None, circle=True
    )


def ionic_record():
    x = 1 / np.linspace(1 / 1.3, 1 / 12, 90)
    return Record("ions", x, ionic(x), ionic_slope(x))
