"""What LAMMPS computes from the exported files is what the fit computed."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from aiida_forcefield.potentials import ForceField, Term, interaction_energies, molecule_energies
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import Species
from aiida_forcefield.topology.molecule import from_smiles

pytestmark = pytest.mark.integration

Array = NDArray[np.float64]

KCAL = 1 / 23.0605478
SMILES = {"methanol": "CO", "dimethyl_carbonate": "COC(=O)OC", "dimethoxyethane": "COCCOC"}
EXP6 = {"C": (3000.0, 0.272, 24.0), "O": (2300.0, 0.255, 12.0), "H": (110.0, 0.262, 1.5)}
CHARGE = {"C": 0.15, "O": -0.45, "H": 0.08}


@pytest.fixture(scope="session")
def lmp() -> str:
    default = Path(__file__).parents[2] / ".venv-compute/bin/lmp"
    return os.environ.get("AIIDA_FORCEFIELD_LMP", str(default))


@pytest.fixture(scope="module", params=sorted(SMILES))
def molecule(request: pytest.FixtureRequest) -> tuple[Species, ForceField]:
    species = from_smiles(SMILES[request.param])
    return species, field_of(species)


def field_of(species: Species) -> ForceField:
    """Any numbers do, as long as every term acts."""
    forms = {
        "bond": ("morse", lambda q: {"D": 4.0, "alpha": 2.1, "r0": q + 0.02}),
        "angle": ("harmonic_angle", lambda q: {"k": 2.7, "theta0": float(np.rad2deg(q)) - 2}),
        "dihedral": ("fourier", lambda q: {"k1": 0.05, "k2": -0.1, "k3": 0.07, "k4": 0.02}),
        "improper": ("harmonic_improper", lambda q: {"k": 0.8}),
    }
    terms = []
    for place, term in enumerate(species.term_types):
        form, parameters = forms[term.kind]
        q = float(evaluate(species.conformers[0], np.array(term.members))[0].mean())
        values = {name: value * (1 + place / 300) for name, value in parameters(q).items()}
        terms.append(Term(term.kind, term.name, form, values))
    symbol = dict(zip(species.atom_types, species.symbols, strict=True))
    for name in species.type_names:
        A, rho, C6 = EXP6[symbol[name]]
        terms.append(Term("nonbonded", f"nonbonded {name}", "exp6", {"A": A, "rho": rho, "C6": C6}))
    raw = np.array([CHARGE[s] for s in species.symbols])
    q = dict(zip(species.atom_types, (raw - raw.mean()).tolist(), strict=True))
    p = sum(len(term.parameters) for term in terms)
    return ForceField(tuple(terms), q, q, np.zeros((p, p)))


def run(
    lmp: str, folder: Path, include: str, data: str, boundary: str = "s s s"
) -> dict[str, float]:
    """Energies of a single step, eV, by thermo keyword; forces go to ``forces``."""
    keywords = "pe ebond eangle edihed eimp evdwl ecoul elong etail vol"
    (folder / "forcefield.lmp").write_text(include)
    (folder / "system.data").write_text(data)
    (folder / "in.lmp").write_text(
        f"units real\natom_style full\nboundary {boundary}\nread_data system.data\n"
        "include forcefield.lmp\n"
        f"thermo_style custom step {keywords}\nthermo_modify format float %.15g\n"
        "dump forces all custom 1 forces id fx fy fz\n"
        "dump_modify forces sort id format float %.15g\nrun 0\n"
    )
    done = subprocess.run(
        [lmp, "-in", "in.lmp", "-log", "log", "-echo", "none"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    values = lines[next(i for i, line in enumerate(lines) if line.split()[:1] == ["Step"]) + 1]
    found = dict(zip(keywords.split(), map(float, values.split()[1:]), strict=True))
    return {name: value * (1 if name == "vol" else KCAL) for name, value in found.items()}


def forces(folder: Path) -> Array:
    return np.loadtxt(folder / "forces", skiprows=9)[:, 1:] * KCAL


def two_molecules(species: Species, contact: float) -> Array:
    """Two turned molecules whose nearest atoms are at least ``contact`` apart, shape (2, n, 3)."""
    x = species.conformers[0] - species.conformers[0].mean(axis=0)
    turned = Rotation.from_euler("xyz", [40, 70, 10], degrees=True).apply(x)
    direction = np.array([0.9, 0.4, 0.2])
    for distance in np.arange(0, 20, 0.05):
        moved = turned + distance * direction
        if np.linalg.norm(x[:, None] - moved, axis=-1).min() >= contact:
            break
    return np.stack([x, moved])


def liquid(species: Species, side: int, spacing: float) -> Array:
    """Turned molecules on a cubic lattice."""
    rng = np.random.default_rng(0)
    x = species.conformers[0] - species.conformers[0].mean(axis=0)
    sites = spacing * (np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3) + 0.5)
    return np.array([Rotation.random(rng=rng).apply(x) + site for site in sites])


def test_single_molecule(lmp: str, tmp_path: Path, molecule: tuple[Species, ForceField]) -> None:
    species, field = molecule
    rng = np.random.default_rng(1)
    x = species.conformers[:1] + rng.normal(scale=0.1, size=(1, *species.conformers.shape[1:]))
    energy, gradient = molecule_energies(field, species, x)
    include = write_force_field(field, species, cutoff=100, periodic=False)
    found = run(lmp, tmp_path, include, write_data(field, species, x, [[-50, 50]] * 3))
    assert found["pe"] == pytest.approx(energy[0], rel=1e-6)
    np.testing.assert_allclose(-forces(tmp_path), gradient[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("contact", [1.8, 3.0])
def test_dimer(
    lmp: str, tmp_path: Path, molecule: tuple[Species, ForceField], contact: float
) -> None:
    species, field = molecule
    x = two_molecules(species, contact)
    apart = molecule_energies(field, species, x)[0].sum()
    dimer = x.reshape(1, -1, 3)
    expected = interaction_energies(field, species, dimer, field.charges)[0]
    include = write_force_field(field, species, cutoff=100, periodic=False)
    found = run(lmp, tmp_path, include, write_data(field, species, x, [[-50, 50]] * 3))
    assert found["pe"] - apart == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_wall_changes_neither_energy_nor_tail(
    lmp: str, tmp_path: Path, molecule: tuple[Species, ForceField]
) -> None:
    """Against the plain style, without hybrid, whose tail correction is beyond doubt."""
    species, field = molecule
    x = liquid(species, 3, 8.0)
    box = [24.0] * 3
    include = write_force_field(field, species, cutoff=9.0, kspace_accuracy=1e-6)
    assert "lj/cut" in include
    plain = re.sub(r".* lj/cut .*\n", "", include.replace(" lj/cut 9\n", "\n"))
    plain = plain.replace("hybrid/overlay ", "").replace(
        "pair_modify pair buck/coul/long", "pair_modify"
    )
    plain = re.sub(r"(pair_coeff \d+ \d+) buck/coul/long", r"\1", plain)
    data = write_data(field, species, x, box)
    guarded, bare = (run(lmp, tmp_path, text, data, boundary="p p p") for text in (include, plain))
    assert bare["etail"] < 0
    assert guarded["etail"] == pytest.approx(bare["etail"], rel=1e-12)
    for name in ("pe", "evdwl", "ecoul", "elong"):
        assert guarded[name] == pytest.approx(bare[name], rel=1e-10)


def test_tail_is_the_integral_beyond_the_cutoff(lmp: str, tmp_path: Path) -> None:
    species = from_smiles("CO")
    field = field_of(species)
    include = write_force_field(field, species, cutoff=9.0)
    data = write_data(field, species, liquid(species, 3, 8.0), [24.0] * 3)
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    C6 = np.array([field.term(f"nonbonded {t}").parameters["C6"] for t in species.atom_types])
    total = (27 * np.sqrt(C6).sum()) ** 2
    assert found["etail"] == pytest.approx(-2 * np.pi * total / (3 * 9.0**3 * 24.0**3), rel=1e-4)


def test_wall_holds_what_would_collapse(lmp: str, tmp_path: Path) -> None:
    """Two molecules on top of each other, 0.1 Å apart."""
    species = from_smiles("CO")
    field = field_of(species)
    x = species.conformers[0]
    overlapping = np.stack([x, x + 0.06])
    include = write_force_field(field, species, cutoff=100, periodic=False)
    found = run(lmp, tmp_path, include, write_data(field, species, overlapping, [[-50, 50]] * 3))
    dimer = overlapping.reshape(1, -1, 3)
    assert interaction_energies(field, species, dimer, field.charges)[0] < -1e6
    assert found["pe"] > 0


def test_uncharged_molecules_need_no_kspace(lmp: str, tmp_path: Path) -> None:
    species = from_smiles("CO")
    field = replace(field_of(species), charges=dict.fromkeys(species.type_names, 0.0))
    include = write_force_field(field, species, cutoff=9.0)
    data = write_data(field, species, liquid(species, 3, 8.0), [24.0] * 3)
    found = run(lmp, tmp_path, include, data, boundary="p p p")
    assert found["ecoul"] == found["elong"] == 0
    assert found["etail"] < 0
