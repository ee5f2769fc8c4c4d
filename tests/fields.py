"""Force fields in which every form acts, and structures to try them on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials.calculator import ForceFieldCalculator
from aiida_forcefield.potentials.electrostatics import BondDipole, FixedCharges, Polarizable
from aiida_forcefield.potentials.forcefield import ForceField, Term, pair_types
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.molecule import from_smiles
from aiida_forcefield.topology.system import System

Array = NDArray[np.float64]

# Any numbers do, as long as every term acts; q is the coordinate, Å or degrees.
PARAMETERS = {
    "morse": lambda q: {"D": 4.0, "alpha": 2.1, "r0": q + 0.02},
    "harmonic_bond": lambda q: {"k": 17.0, "r0": q + 0.02},
    "quartic_bond": lambda q: {"k2": 17.0, "k3": -35.0, "k4": 40.0, "r0": q + 0.02},
    "harmonic_angle": lambda q: {"k": 2.7, "theta0": q - 2},
    "cosine_angle": lambda q: {"k": 2.7, "theta0": q - 2},
    "linear_angle": lambda q: {"k": 1.3},
    "fourier": lambda q: {"k1": 0.05, "k2": -0.1, "k3": 0.07, "k4": 0.02},
    "fourier6": lambda q: {
        f"k{n}": k for n, k in enumerate((0.05, -0.1, 0.07, 0.02, -0.01, 0.03), start=1)
    },
    "threefold": lambda q: {"k3": 0.07},
    "chiral_fourier": lambda q: {
        f"{s}{n}": (0.1 if s == "k" else -0.04) / n for n in range(1, 7) for s in "ks"
    },
    "ryckaert_bellemans": lambda q: {
        f"C{n}": c for n, c in enumerate((0.11, 0.2, -0.15, 0.04, 0.02, -0.01))
    },
    "harmonic_improper": lambda q: {"k": 0.8},
    "cosine_improper": lambda q: {"k": 0.3},
}
NONBONDED = {
    "exp6": {
        "C": (3000, 0.272, 24),
        "O": (2300, 0.255, 12),
        "H": (110, 0.262, 1.5),
        "Li": (400, 0.2, 0.3),
    },
    "born_mayer_huggins": {
        "C": (0.06, 0.272, 3.0, 24, 30),
        "O": (0.05, 0.255, 2.8, 12, 20),
        "H": (0.02, 0.262, 2.2, 1.5, 2),
    },
    "lennard_jones": {
        "C": (0.003, 3.4),
        "O": (0.007, 3.1),
        "H": (0.001, 2.4),
        "Li": (0.008, 1.8),
    },
    "tang_toennies": {
        "C": (3000, 0.272, 24, 90),
        "O": (2300, 0.255, 12, 40),
        "H": (110, 0.262, 1.5, 3),
        "Li": (400, 0.2, 0.3, 0.4),
    },
    "overlap": {
        "C": (5000, 1500, 500, 0.272, 24, 90),
        "O": (4000, 1300, 400, 0.255, 12, 40),
        "H": (200, 60, 30, 0.262, 1.5, 3),
    },
}
for table in NONBONDED.values():
    table["N"] = table["F"] = table["O"]
    table["P"] = table["C"]
CONTACT = 2.0  # Å
CHARGE = {"C": 0.15, "O": -0.45, "H": 0.08, "N": -0.5, "F": -0.4, "P": 1.4, "Li": 0.0}

Recipe = tuple[dict[str, str], str, dict]
"""SMILES of each species by its name, forms in turns, and what else there is."""

DMC = {"DMC": "COC(=O)OC"}
PURE: dict[str, Recipe] = {
    "exp6": (DMC, "morse harmonic_angle fourier threefold harmonic_improper exp6", {}),
    "lennard-jones": (
        DMC,
        "harmonic_bond cosine_angle harmonic_angle ryckaert_bellemans fourier6 cosine_improper "
        "lennard_jones",
        {"scale_14": (0.5, 0.75)},
    ),
    "opls": (
        {"EtOH": "CCO"},
        "harmonic_bond harmonic_angle fourier threefold lennard_jones",
        {"combination": "geometric", "scale_14": (0.5, 0.5)},
    ),
    "huggins": (
        DMC,
        "quartic_bond cosine_angle fourier6 harmonic_improper born_mayer_huggins",
        {"pair": ("DMC:H1", "DMC:O1")},
    ),
    "damped": (
        {"MeCN": "CC#N"},
        "morse harmonic_bond linear_angle tang_toennies",
        {"pair": ("MeCN:N1", "MeCN:H1")},
    ),
    "overlap": (
        {"MeOH": "CO"},
        "morse harmonic_angle threefold overlap",
        {"scale_14": (1.0, 1.0), "pair": ("MeOH:H2", "MeOH:O1")},
    ),
    # As studies export them; in rings, atoms three bonds apart one way are nearer the other way.
    "ring of five": (
        {"DOL": "C1COCO1"},
        "morse harmonic_angle fourier tang_toennies",
        {"scale_14": (1.0, 1.0)},
    ),
    "ring of three": (
        {"PO": "CC1CO1"},
        "morse harmonic_angle fourier threefold tang_toennies",
        {"scale_14": (1.0, 1.0), "pair": ("PO:H1", "PO:O1")},
    ),
    # Opposite ligands make no angle.
    "octahedral": ({"PF6": "F[P-](F)(F)(F)(F)F"}, "harmonic_bond harmonic_angle exp6", {}),
    "chiral": (
        {"DME": "COC"},
        "morse harmonic_angle chiral_fourier tang_toennies",
        {"scale_14": (0.3, 0.6)},
    ),
}
MIXTURES: dict[str, Recipe] = {
    "water and methanol": (
        {"water": "O", "MeOH": "CO"},
        "morse harmonic_angle threefold tang_toennies",
        {"scale_14": (1.0, 1.0), "pair": ("water:O1", "MeOH:H2")},
    ),
    "water and ethanol": (
        {"water": "O", "EtOH": "CCO"},
        "harmonic_bond harmonic_angle fourier threefold lennard_jones",
        {"scale_14": (0.5, 0.75), "pair": ("water:O1", "EtOH:O1")},
    ),
    # Ions have no bonded terms, and stand before, between and behind what has.
    "lithium fluoride in carbonate": (
        {"Li": "[Li+]", "EC": "C1COC(=O)O1", "F": "[F-]"},
        "morse harmonic_bond harmonic_angle fourier harmonic_improper exp6",
        {},
    ),
    "damped ions": (
        {"EC": "C1COC(=O)O1", "Li": "[Li+]", "F": "[F-]"},
        "morse cosine_angle fourier chiral_fourier cosine_improper tang_toennies",
        {"scale_14": (1.0, 1.0), "pair": ("Li:Li1", "F:F1")},
    ),
    "ions of opls": (
        {"EC": "C1COC(=O)O1", "Li": "[Li+]", "F": "[F-]"},
        "harmonic_bond harmonic_angle fourier cosine_improper lennard_jones",
        {"combination": "geometric", "scale_14": (0.5, 0.5)},
    ),
}
FIELDS = PURE | MIXTURES


def build(smiles: dict[str, str], forms: str, extra: dict) -> tuple[System, ForceField]:
    """A system with as much of each species, and a field whose terms take their forms in turns."""
    species = tuple(map(from_smiles, smiles.values()))
    system = System(tuple(smiles), species, (1.0,) * len(species))
    *bonded, nonbonded = forms.split()
    terms: list[Term] = []
    for name, each in system:
        of_species = len(terms)
        for term_type in system.terms_of(name):
            mine = [form for form in bonded if FORMS[form].kind == term_type.kind]
            q = float(evaluate(each.conformers[0], np.array(term_type.members))[0].mean())
            q = q if term_type.kind == "bond" else float(np.rad2deg(q))
            form = mine[(len(terms) - of_species) % len(mine)]
            parameters = {k: v * (1 + len(terms) / 300) for k, v in PARAMETERS[form](q).items()}
            terms.append(Term(term_type.kind, term_type.types, form, parameters))
    for place, atom_type in enumerate(system.atom_types):
        first, *others = map(float, NONBONDED[nonbonded][atom_type.symbol])
        values = (first * (1 + place / 100), *others)  # so that no two types are equal
        parameters = dict(zip(FORMS[nonbonded].parameter_names, values, strict=True))
        terms.append(Term("nonbonded", (atom_type.name,), nonbonded, parameters))
    electrostatics = FixedCharges(gas=_charges(system, 0.8), liquid=_charges(system, 1.0))
    rules = {key: value for key, value in extra.items() if key != "pair"}
    field = ForceField(system.atom_types, tuple(terms), electrostatics, np.zeros((0, 0)), **rules)
    if "pair" in extra:
        parameters = {k: 0.9 * v for k, v in field.pair(*extra["pair"]).items()}
        own = Term("nonbonded", pair_types(*extra["pair"]), nonbonded, parameters)
        field = replace(field, terms=(*terms, own))
    return system, field


def _charges(system: System, scale: float) -> dict[str, float]:
    charges: dict[str, float] = {}
    for name, species in system:
        raw = scale * np.array([CHARGE[symbol] for symbol in species.symbols])
        raw += species.charge / len(raw) - raw.mean()
        charges |= dict(zip(system.types_of(name), raw.tolist(), strict=True))
    return charges


def droplet(system: System) -> Box:
    """Two shaken molecules of each species near each other, in the middle of much vacuum."""
    sites = [[0, 0, 0], [4.2, 1, 2.5], [-2, 4.5, 2], [2.5, 5, -3], [4, -4.5, -1], [-1, -4, -4]]
    counts = (2,) * len(system.names)
    return _shaken(system, counts, np.array(sites[: sum(counts)], dtype=float) + 50.0, 100.0)


def liquid(system: System, edge: float = 22.0) -> Box:
    """27 shaken molecules, about as dense as a liquid, of each species as many or one more."""
    kinds = len(system.names)
    counts = tuple(27 // kinds + (place < 27 % kinds) for place in range(kinds))
    lattice = np.stack(np.meshgrid(*3 * [np.arange(3)]), axis=-1).reshape(-1, 3)
    if kinds > 1:
        lattice = np.random.default_rng(1).permutation(lattice)
    return _shaken(system, counts, (lattice + 0.5) * edge / 3, edge)


def _shaken(system: System, counts: Sequence[int], sites: Array, edge: float) -> Box:
    """Molecules turned so that they do not come near enough to feel the guard against collapse."""
    rng = np.random.default_rng(0)
    placed = np.zeros((0, 3))
    kinds = np.repeat(np.arange(len(counts)), counts)
    for kind, site in zip(kinds, sites, strict=True):
        geometry = system.species[kind].conformers[0]
        x = geometry - geometry.mean(axis=0)
        nearest = 0.0
        while nearest < CONTACT:
            shaken = x + rng.normal(scale=0.06, size=x.shape)
            turned = Rotation.random(rng=rng).apply(shaken) + site
            away = turned[:, None] - placed
            away -= np.round(away / edge) * edge
            nearest = np.linalg.norm(away, axis=-1).min(initial=np.inf)
        placed = np.concatenate([placed, turned])
    return Box(tuple(counts), placed, np.full(3, edge))


def overlapping(system: System, shift: float = 0.06) -> Box:
    """Two molecules of each species on top of each other, the species far apart.

    By default 0.1 Å are between an atom and its like.
    """
    places = [50 + 20.0 * kind for kind in range(len(system.names))]
    pairs = [
        x + along + [place, 50, 50]
        for place, species in zip(places, system.species, strict=True)
        for x in species.conformers[:1]
        for along in (0, shift)
    ]
    return Box((2,) * len(places), np.concatenate(pairs), np.full(3, 100.0))


def tail(field: ForceField, system: System, box: Box, cutoff: float) -> float:
    """Energy of the nonbonded form beyond a cutoff (Å) in a uniform liquid, eV."""
    counts: Counter[str] = Counter()
    for name, n in zip(system.names, box.counts, strict=True):
        for of_type in system.types_of(name):
            counts[of_type] += n

    def integral(i: str, j: str) -> float:
        p = np.array(list(field.pair(i, j).values()))
        form = field.nonbonded_form
        return quad(lambda r: float(form.evaluate(np.array(r), p).energy) * r**2, cutoff, np.inf)[0]

    integrals = (counts[i] * counts[j] * integral(i, j) for i in counts for j in counts)
    return 2 * np.pi * sum(integrals) / float(np.prod(box.edges))


def symbols(system: System, counts: Sequence[int]) -> list[str]:
    """Element of each atom of a box."""
    pairs = zip(counts, system.species, strict=True)
    return [symbol for n, species in pairs for symbol in n * species.symbols]


def ours(
    field: ForceField, system: System, box: Box, periodic: bool
) -> tuple[dict[str, float], Array]:
    """Energy of each kind of interaction and in all, eV, and forces, eV/Å."""
    atoms = Atoms(symbols(system, box.counts), box.positions, pbc=periodic)
    if periodic:
        atoms.cell = box.edges
    atoms.calc = ForceFieldCalculator(field, system, box.counts)
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    return atoms.calc.results["terms"] | {"energy": energy}, forces


def largest_error(found: Array, expected: Array) -> float:
    """Of any force, relative to the typical one."""
    return float(np.abs(found - expected).max() / np.sqrt(np.mean(expected**2)))


POLARIZABILITY = {"C": 1.3, "O": 0.9}
"""Å³, of atoms with a Drude particle."""


def polarizable(field: ForceField, system: System) -> ForceField:
    """The same field whose heavy atoms are polarizable, with permanent dipoles along all bonds."""
    symbol = {each.name: each.symbol for each in system.atom_types}
    held = {name: POLARIZABILITY[s] for name, s in symbol.items() if s in POLARIZABILITY}
    ends = {
        (types[i], types[j])
        for name, species in system
        for types in [system.types_of(name)]
        for bond in species.bonds
        for i, j in (bond, bond[::-1])
        if types[i] in held
    }
    dipoles = tuple(
        BondDipole(i, j, 0.04 * (1 + place) * (-1) ** place)
        for place, (i, j) in enumerate(sorted(ends))
    )
    lengths = {name: np.cbrt(POLARIZABILITY.get(s, 0.4)) for name, s in symbol.items()}
    net = field.electrostatics.charges("liquid")
    return replace(field, electrostatics=Polarizable(dict(net), dipoles, held, lengths, 0.39))
