"""Force fields in which every form acts, and structures to try them on."""

from dataclasses import replace

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials import ForceField, ForceFieldCalculator, Term
from aiida_forcefield.potentials.forcefield import pair_name
from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import Species
from aiida_forcefield.topology.molecule import from_smiles

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
    "exp6": {"C": (3000, 0.272, 24), "O": (2300, 0.255, 12), "H": (110, 0.262, 1.5)},
    "born_mayer_huggins": {
        "C": (0.06, 0.272, 3.0, 24, 30),
        "O": (0.05, 0.255, 2.8, 12, 20),
        "H": (0.02, 0.262, 2.2, 1.5, 2),
    },
    "lennard_jones": {"C": (0.003, 3.4), "O": (0.007, 3.1), "H": (0.001, 2.4)},
    "tang_toennies": {
        "C": (3000, 0.272, 24, 90),
        "O": (2300, 0.255, 12, 40),
        "H": (110, 0.262, 1.5, 3),
    },
}
for table in NONBONDED.values():
    table["N"] = table["F"] = table["O"]
    table["P"] = table["C"]
CONTACT = 2.0  # Å
CHARGE = {"C": 0.15, "O": -0.45, "H": 0.08, "N": -0.5, "F": -0.4, "P": 1.4}

FIELDS = {  # SMILES, forms in turns, and what else there is
    "exp6": ("COC(=O)OC", "morse harmonic_angle fourier threefold harmonic_improper exp6", {}),
    "lennard-jones": (
        "COC(=O)OC",
        "harmonic_bond cosine_angle harmonic_angle ryckaert_bellemans fourier6 cosine_improper "
        "lennard_jones",
        {"scale_14": (0.5, 0.75)},
    ),
    "opls": (
        "CCO",
        "harmonic_bond harmonic_angle fourier threefold lennard_jones",
        {"combination": "geometric", "scale_14": (0.5, 0.5)},
    ),
    "huggins": (
        "COC(=O)OC",
        "quartic_bond cosine_angle fourier6 harmonic_improper born_mayer_huggins",
        {"pair": ("H1", "O1")},
    ),
    "damped": (
        "CC#N",
        "morse harmonic_bond linear_angle tang_toennies",
        {"pair": ("N1", "H1")},
    ),
    # As studies export them; in rings, atoms three bonds apart one way are nearer the other way.
    "ring of five": (
        "C1COCO1",
        "morse harmonic_angle fourier tang_toennies",
        {"scale_14": (1.0, 1.0)},
    ),
    "ring of three": (
        "CC1CO1",
        "morse harmonic_angle fourier threefold tang_toennies",
        {"scale_14": (1.0, 1.0), "pair": ("H1", "O1")},
    ),
    # Opposite ligands make no angle.
    "octahedral": ("F[P-](F)(F)(F)(F)F", "harmonic_bond harmonic_angle exp6", {}),
    "chiral": (
        "COC",
        "morse harmonic_angle chiral_fourier tang_toennies",
        {"scale_14": (0.3, 0.6)},
    ),
}


def build(smiles: str, forms: str, extra: dict) -> tuple[Species, ForceField]:
    """A field whose terms of a kind take its forms in turns."""
    species = from_smiles(smiles)
    *bonded, nonbonded = forms.split()
    terms = []
    for place, each in enumerate(species.term_types):
        mine = [form for form in bonded if FORMS[form].kind == each.kind]
        q = float(evaluate(species.conformers[0], np.array(each.members))[0].mean())
        q = q if each.kind == "bond" else float(np.rad2deg(q))
        form = mine[place % len(mine)]
        parameters = {k: v * (1 + place / 300) for k, v in PARAMETERS[form](q).items()}
        terms.append(Term(each.kind, each.name, form, parameters))
    symbol = dict(zip(species.atom_types, species.symbols, strict=True))
    for name in species.type_names:
        values = map(float, NONBONDED[nonbonded][symbol[name]])
        parameters = dict(zip(FORMS[nonbonded].parameter_names, values, strict=True))
        terms.append(Term("nonbonded", f"nonbonded {name}", nonbonded, parameters))
    raw = np.array([CHARGE[s] for s in species.symbols])
    raw += species.charge / len(raw) - raw.mean()
    q = dict(zip(species.atom_types, raw.tolist(), strict=True))
    rules = {key: value for key, value in extra.items() if key != "pair"}
    field = ForceField(tuple(terms), q, q, np.zeros((0, 0)), **rules)
    if "pair" in extra:
        parameters = {k: 0.9 * v for k, v in field.pair(*extra["pair"]).items()}
        own = Term("nonbonded", pair_name(*extra["pair"]), nonbonded, parameters)
        field = replace(field, terms=(*terms, own))
    return species, field


def droplet(species: Species) -> Atoms:
    """Two shaken molecules near each other in vacuum."""
    return _shaken(species, np.array([[0, 0, 0], [4.2, 1.0, 2.5]]))


def liquid(species: Species, edge: float = 22.0) -> Atoms:
    """27 shaken molecules, about as dense as a liquid."""
    lattice = np.stack(np.meshgrid(*3 * [np.arange(3)]), axis=-1).reshape(-1, 3)
    return _shaken(species, (lattice + 0.5) * edge / 3, edge)


def _shaken(species: Species, sites: Array, edge: float | None = None) -> Atoms:
    """Molecules turned so that they do not come near enough to feel the guard against collapse."""
    rng = np.random.default_rng(0)
    x = species.conformers[0] - species.conformers[0].mean(axis=0)
    placed = Atoms(cell=[edge or 0] * 3, pbc=edge is not None)
    for site in sites:
        nearest = 0.0
        while nearest < CONTACT:
            shaken = x + rng.normal(scale=0.06, size=x.shape)
            turned = Rotation.random(rng=rng).apply(shaken) + site
            away = turned[:, None] - placed.positions
            away -= np.round(away / edge) * edge if edge else 0
            nearest = np.linalg.norm(away, axis=-1).min(initial=np.inf)
        placed += Atoms(species.symbols, turned)
    return placed


def ours(field: ForceField, species: Species, atoms: Atoms) -> tuple[dict[str, float], Array]:
    """Energy of each kind of interaction and in all, eV, and forces, eV/Å."""
    atoms.calc = ForceFieldCalculator(field, species)
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    return atoms.calc.results["terms"] | {"energy": energy}, forces


def largest_error(found: Array, expected: Array) -> float:
    """Of any force, relative to the typical one."""
    return float(np.abs(found - expected).max() / np.sqrt(np.mean(expected**2)))
