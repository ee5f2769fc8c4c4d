"""The runner with real engines, started as a CalcJob starts it: a copy in the job's folder."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aiida_forcefield.calculations.jobs.qm import packed_runner
from aiida_forcefield.runner.results import read_results
from aiida_forcefield.scans.coordinates import evaluate

pytestmark = pytest.mark.integration

XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
XTB_RELAXATION = {"relaxation": {"engine": "tblite", "method": "GFN2-xTB"}}
PBE0 = {
    "engine": "pyscf",
    "mean_field": {"method": "RKS", "xc": "pbe0", "conv_tol": 1e-10, "grids": {"level": 4}},
    "structure": {"basis": "def2-svp"},
    "density_fit": True,
}
HF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF"},
    "structure": {"basis": "def2-svp"},
}
METHANOL = {
    "symbols": ["C", "O", "H", "H", "H", "H"],
    "bonds": [[0, 1], [1, 2], [0, 3], [0, 4], [0, 5]],
}
METHANOL_POSITIONS = np.array(
    [
        [0.000, 0.000, 0.000],
        [1.410, 0.000, 0.000],
        [1.720, 0.900, 0.000],
        [-0.360, 0.510, 0.890],
        [-0.360, 0.510, -0.890],
        [-0.360, -1.030, 0.000],
    ]
)
WATER = ["O", "H", "H"]
WATER_POSITIONS = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
NICKEL_CARBIDE_POSITIONS = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.6]])
KCAL = 0.0433641  # eV

Job = dict[str, Any]
Point = dict[str, Any]


class Runner:
    """Runs jobs in a folder of their own and reads their results."""

    def __init__(self, python: Path, folder: Path) -> None:
        self._python, self.folder = python, folder
        (folder / "runner.pyz").write_bytes(packed_runner())
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def start(self, job: Job) -> subprocess.Popen[str]:
        (self.folder / "job.json").write_text(json.dumps(job, default=np.ndarray.tolist))
        return subprocess.Popen(
            [self._python, "-E", "runner.pyz", "job.json"],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fails(self, job: Job) -> str:
        process = self.start(job)
        message = process.communicate()[1]
        assert process.returncode == 2
        assert not (self.folder / "results.jsonl").exists()
        return message

    def run(self, job: Job) -> list[Point]:
        process = self.start(job)
        message = process.communicate()[1]
        assert process.returncode == 0, message
        return self.points()

    def lines(self) -> list[dict[str, Any]]:
        return read_results(self.folder / "results.jsonl")

    def points(self) -> list[Point]:
        lines = self.lines()
        assert "header" in lines[0]
        assert lines[-1] == {"finished": True}
        points = (line for line in lines[1:-1] if "begun" not in line)
        return sorted(points, key=lambda point: point["index"])


@pytest.fixture
def runner(compute_python: Path, tmp_path: Path) -> Runner:
    return Runner(compute_python, tmp_path)


@pytest.fixture
def new_runner(compute_python: Path, tmp_path_factory: Any) -> Callable[[], Runner]:
    return lambda: Runner(compute_python, tmp_path_factory.mktemp("job"))


def stretched_waters(count: int) -> list[np.ndarray]:
    """Water with ever longer bonds."""
    return [WATER_POSITIONS * (1.0 + 0.01 * k) for k in range(count)]


def local_direction(positions: Any, atoms: tuple[int, ...]) -> np.ndarray:
    """Unit vector, shape (n, 3), along which a coordinate changes most."""
    direction = np.zeros((len(positions), 3))
    direction[list(atoms)] = evaluate(positions, [atoms])[1][0]
    return direction / np.linalg.norm(direction)


@pytest.mark.parametrize("parameters", [XTB, PBE0], ids=["xtb", "pbe0"])
def test_gradient_is_the_derivative_of_the_energy(runner: Runner, parameters: dict) -> None:
    step = 0.005
    rng = np.random.default_rng(1)
    direction = rng.normal(size=(3, 3))
    direction /= np.linalg.norm(direction)
    positions = [WATER_POSITIONS + k * step * direction for k in (0, 1, -1)]
    job = {
        "parameters": {**parameters, "gradient": True},
        "symbols": WATER,
        "positions": positions,
    }
    middle, plus, minus = runner.run(job)
    numerical = (plus["energy"] - minus["energy"]) / (2 * step)
    assert np.sum(np.array(middle["gradient"]) * direction) == pytest.approx(numerical, abs=2e-3)


@pytest.mark.parametrize(
    ("atoms", "values"),
    [
        ((0, 1), [1.50, 1.495, 1.505]),
        ((0, 1, 2), [113.0, 112.5, 113.5]),
        ((5, 0, 1, 2), [152.0, 151.5, 152.5]),
    ],
    ids=["bond", "angle", "dihedral"],
)
@pytest.mark.parametrize("parameters", [XTB, HF], ids=["own-surface", "other-surface"])
def test_slope_is_the_derivative_along_the_relaxed_path(
    runner: Runner, parameters: dict, atoms: tuple[int, ...], values: list[float]
) -> None:
    job = {
        **METHANOL,
        "parameters": {**parameters, **XTB_RELAXATION, "gradient": True},
        "positions": [METHANOL_POSITIONS] * 3,
        "constraint": {"atoms": atoms, "values": values},
    }
    middle, minus, plus = runner.run(job)
    for point, value in zip((middle, minus, plus), values, strict=True):
        assert point["status"] == "ok", point["message"]
        measured = evaluate(point["positions"], [atoms])[0][0]
        measured = measured if len(atoms) == 2 else np.degrees(measured)
        assert point["coordinate"] == pytest.approx(measured, abs=1e-6)
        assert measured == pytest.approx(value, abs=1e-3 if len(atoms) == 2 else 0.05)
    if parameters is XTB:  # all that is left of the gradient is what holds the coordinate
        unit = local_direction(middle["positions"], atoms)
        gradient = np.array(middle["gradient"])
        assert gradient - np.sum(gradient * unit) * unit == pytest.approx(0.0, abs=1e-3)
    numerical = (plus["energy"] - minus["energy"]) / (plus["coordinate"] - minus["coordinate"])
    tolerance = 2e-3 if len(atoms) == 2 else 1e-5
    assert middle["slope"] == pytest.approx(numerical, abs=tolerance)


def test_energy_belongs_to_the_final_geometry(new_runner: Callable[[], Runner]) -> None:
    job = {**METHANOL, "positions": [METHANOL_POSITIONS]}
    (relaxed,) = new_runner().run({**job, "parameters": {**HF, **XTB_RELAXATION}})
    (single,) = new_runner().run({**job, "parameters": HF, "positions": [relaxed["positions"]]})
    assert relaxed["energy"] == pytest.approx(single["energy"], abs=1e-6)


def test_a_minimum_does_not_depend_on_the_points_before(new_runner: Callable[[], Runner]) -> None:
    """The last one starts where those before lead to; alone it starts where it is put."""
    values = [1.38, 1.42, 1.46, 1.50]
    job = {
        **METHANOL,
        "parameters": {**HF, "gradient": True, "relaxation": {"engine": "pyscf"}},
        "positions": [METHANOL_POSITIONS] * len(values),
        "constraint": {"atoms": (0, 1), "values": values},
    }
    *_, together = new_runner().run(job)
    alone = job | {
        "positions": [METHANOL_POSITIONS],
        "constraint": {"atoms": (0, 1), "values": values[-1:]},
    }
    (single,) = new_runner().run(alone)
    assert together["status"] == single["status"] == "ok"
    assert together["energy"] == pytest.approx(single["energy"], abs=2e-4)
    assert together["slope"] == pytest.approx(single["slope"], abs=2e-2)


COUNT_GRADIENTS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from aiida_forcefield.runner import tasks
from aiida_forcefield.runner.engines.pyscf import mean_field
from aiida_forcefield.runner.job_file import read_job
from aiida_forcefield.runner.starts import RelaxedPath

evaluate, counts = mean_field.Pyscf.evaluate, []

def counted(self, positions, gradient=True):
    counts[-1] += 1
    return evaluate(self, positions, gradient)

mean_field.Pyscf.evaluate = counted
if "alone" in sys.argv:
    RelaxedPath.start = lambda self, value, positions: positions
job = read_job(Path(sys.argv[2]))
task = tasks.make_task(job)
for index, positions in enumerate(job.positions):
    counts.append(0)
    task({"index": index, "positions": positions})
print(sum(counts))
"""


def test_relaxed_neighbours_save_steps(compute_python: Path, tmp_path: Path) -> None:
    values = [1.36, 1.40, 1.44, 1.48]
    job = {
        **METHANOL,
        "parameters": {**HF, "structure": {"basis": "sto-3g"}, "relaxation": {"engine": "pyscf"}},
        "positions": [METHANOL_POSITIONS.tolist()] * len(values),
        "constraint": {"atoms": [0, 1], "values": values},
    }
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))

    def gradients(*without: str) -> int:
        source = str(Path(__file__).parents[2] / "src")
        command = [compute_python, "-E", "-c", COUNT_GRADIENTS, source, path, *without]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert gradients() < 0.8 * gradients("alone")


WATER_DIMER = np.array(
    [
        [-1.551007, -0.114520, 0.000000],
        [-1.934259, 0.762503, 0.000000],
        [-0.599677, 0.040712, 0.000000],
        [1.350625, 0.111469, 0.000000],
        [1.680398, -0.373741, -0.758561],
        [1.680398, -0.373741, 0.758561],
    ]
)
COMPONENTS = ("electrostatics", "exchange", "induction")


def scs(opposite: float, same: float, **changes: Any) -> dict[str, Any]:
    """Settings of spin-component-scaled MP2 for interaction energies."""
    return {
        "engine": "pyscf",
        "mean_field": {"method": "RHF", "conv_tol": 1e-6, "conv_tol_grad": 3e-4},
        "structure": {"basis": "aug-cc-pvdz"},
        "density_fit": True,
        "correlation": {"opposite_spin": opposite, "same_spin": same},
        "interaction": True,
        **changes,
    }


def waters(parameters: dict[str, Any], *positions: Any) -> Job:
    """Clusters of as many water molecules as the positions have."""
    count = len(positions[0]) // 3
    job = {"parameters": parameters, "symbols": WATER * count, "positions": positions}
    return job | {"fragments": [{"atoms": 3}] * count}


def in_kcal(point: Point, *names: str) -> np.ndarray:
    return np.array([point[name] for name in names]) / KCAL


def test_interaction_of_the_water_dimer(runner: Runner) -> None:
    """MP2/aug-cc-pVDZ with full counterpoise correction near the CCSD(T) minimum: -4.4 kcal/mol.

    Feyereisen et al., J. Phys. Chem. 100, 2993 (1996), at the MP2 geometry. The components were
    computed independently: RHF in double precision, without this code.
    """
    (point,) = runner.run(waters(scs(1.0, 1.0), WATER_DIMER))
    assert point["energy"] / KCAL == pytest.approx(-4.4, abs=0.1)
    assert in_kcal(point, *COMPONENTS) == pytest.approx([-8.39, 7.11, -2.28], abs=0.01)
    assert point["three_body"] is None
    assert point["gradient"] is None


def test_scs_mp2_of_the_water_dimer(new_runner: Callable[[], Runner]) -> None:
    """The energy is linear in both factors, and without correlation what the components make."""
    none, opposite, same, both = (
        new_runner().run(waters(scs(*spins), WATER_DIMER))[0]
        for spins in ((0, 0), (1, 0), (0, 1), (0.30, 1.95))
    )
    correlation = 0.30 * (opposite["energy"] - none["energy"])
    correlation += 1.95 * (same["energy"] - none["energy"])
    assert both["energy"] == pytest.approx(none["energy"] + correlation, abs=1e-6)
    assert none["energy"] == pytest.approx(sum(none[name] for name in COMPONENTS), abs=1e-9)
    # CCSD(T)/CBS of this geometry is near -5.0.
    assert both["energy"] / KCAL == pytest.approx(-5.0, abs=0.1)


PLAIN = """
import json
import numpy as np
from pyscf import gto, mp, scf
from pyscf.data.elements import chemcore

job = json.load(open("job.json"))
atoms = list(zip(job["symbols"], job["positions"][0]))
spins, bounds, parts = job["parameters"]["correlation"], [0], []
for fragment in job["fragments"]:
    bounds.append(bounds[-1] + fragment["atoms"])
    parts.append((set(range(*bounds[-2:])), fragment.get("charge", 0)))

def solved(*some):
    real = set().union(*(atoms for atoms, charge in some))
    text = [(s if i in real else f"ghost-{s}", x) for i, (s, x) in enumerate(atoms)]
    charge = sum(charge for atoms, charge in some)
    basis = job["parameters"]["structure"]["basis"]
    if isinstance(basis, dict):
        basis = {**basis, "ghost-Li": basis["Li"]}
    mol = gto.M(atom=text, charge=charge, basis=basis, verbose=0)
    field = scf.RHF(mol).run(conv_tol=1e-11)
    pairs = mp.MP2(field, frozen=chemcore(mol)).run()
    scaled = spins["opposite_spin"] * pairs.e_corr_os + spins["same_spin"] * pairs.e_corr_ss
    return field, field.e_tot + scaled

whole, energy = solved(*parts)
alone = [solved(part) for part in parts]
found = {"energy": energy - sum(each for field, each in alone)}
core, nuclei, densities = whole.get_hcore(), whole.energy_nuc(), []
electrostatics = nuclei - sum(field.energy_nuc() for field, each in alone)
densities = [field.make_rdm1() for field, each in alone]
for (field, _), density in zip(alone, densities):
    others = whole.get_j(dm=sum(densities) - density)
    electrostatics += np.sum(density * (core - field.get_hcore() + others / 2))
orbitals = np.hstack([field.mo_coeff[:, field.mo_occ > 0] for field, each in alone])
inverse = np.linalg.inv(orbitals.T @ whole.get_ovlp() @ orbitals)
superposed = whole.energy_tot(2 * orbitals @ inverse @ orbitals.T)
found["electrostatics"] = electrostatics
found["exchange"] = superposed - sum(field.e_tot for field, each in alone) - electrostatics
found["induction"] = whole.e_tot - superposed
if len(parts) == 3:
    pairs = sum(solved(parts[i], parts[j])[1] for i, j in ((0, 1), (0, 2), (1, 2)))
    found["three_body"] = energy - pairs + sum(each for field, each in alone)
print(json.dumps({name: float(value) * 27.211386245988 for name, value in found.items()}))
"""
"""Interaction energies by PySCF in double precision, with all four-centre integrals."""
METHANOLS = np.concatenate([METHANOL_POSITIONS, METHANOL_POSITIONS * [-1, 1, -1] + [3.2, 2.4, 0.3]])
LITHIUM_AND_WATER = {
    "symbols": ["Li", *WATER],
    "charge": 1,
    "positions": [np.concatenate([[[-1.3, -1.3, 0.0]], WATER_POSITIONS])],
    "fragments": [{"atoms": 1, "charge": 1}, {"atoms": 3, "charge": 0}],
}


def other_waters() -> np.ndarray:
    """Three molecules in a ring, each within 3 Å of both others."""
    turn = Rotation.from_rotvec([0.0, 0.0, 2 * np.pi / 3])
    first = WATER_POSITIONS + np.array([0.9, -1.5, 0.2])
    return np.concatenate([first, turn.apply(first), (turn * turn).apply(first)])


@pytest.mark.parametrize(
    ("job", "basis"),
    [
        (waters({}, WATER_DIMER), "aug-cc-pvdz"),
        (waters({}, other_waters()), "cc-pvdz"),
        ({"symbols": METHANOL["symbols"] * 2, "positions": [METHANOLS]}, "cc-pvdz"),
        (LITHIUM_AND_WATER, {"default": "aug-cc-pvdz", "Li": "def2-svpd"}),
    ],
    ids=["water dimer", "water trimer", "methanol dimer", "lithium ion and water"],
)
def test_interactions_agree_with_double_precision(
    runner: Runner, compute_python: Path, job: Job, basis: Any
) -> None:
    """Within 0.01 kcal/mol, and components within 0.02, or 0.1 % of what is larger than 20."""
    parameters = scs(0.30, 1.95, structure={"basis": basis})
    (point,) = runner.run({"fragments": [{"atoms": 6}] * 2, **job, "parameters": parameters})
    command = [compute_python, "-E", "-c", PLAIN]
    expected = json.loads(subprocess.check_output(command, cwd=runner.folder, text=True))
    for name, value in expected.items():
        within = 0.02 if name in COMPONENTS else 0.01
        assert point[name] / KCAL == pytest.approx(value / KCAL, abs=within, rel=1e-3), name


def test_a_tight_threshold_is_kept_in_double_precision(new_runner: Callable[[], Runner]) -> None:
    """Where the threshold is loose, single precision and the correction change next to nothing."""
    loose, tight = (
        new_runner().run(waters(scs(0.30, 1.95, mean_field=field), WATER_DIMER))[0]
        for field in (scs(1, 1)["mean_field"], {"method": "RHF", "conv_tol": 1e-10})
    )
    for name in ("energy", *COMPONENTS):
        assert loose[name] / KCAL == pytest.approx(tight[name] / KCAL, abs=2e-3)


def test_an_interaction_does_not_depend_on_how_a_cluster_is_turned(runner: Runner) -> None:
    """Nor on whether a basis is named for each element and ghost, or by element with a default."""
    turn = Rotation.from_rotvec([0.3, 1.1, -0.7])
    basis = {"H": "sto-3g", "default": "def2-svp"}
    parameters = scs(0.30, 1.95, structure={"basis": basis})
    here, there = runner.run(waters(parameters, WATER_DIMER, turn.apply(WATER_DIMER)))
    for name in ("energy", *COMPONENTS):
        assert there[name] / KCAL == pytest.approx(here[name] / KCAL, abs=2e-3)


def test_ghosts_have_the_basis_of_their_element(new_runner: Callable[[], Runner]) -> None:
    by_element = {"H": "sto-3g", "default": "def2-svp"}
    named = {"H": "sto-3g", "O": "def2-svp", "ghost-H": "sto-3g", "ghost-O": "def2-svp"}
    parameters = {**HF, "density_fit": True, "interaction": True}
    one, other = (
        new_runner().run(waters(parameters | {"structure": {"basis": basis}}, WATER_DIMER))[0]
        for basis in (by_element, named)
    )
    assert one["energy"] == pytest.approx(other["energy"], abs=1e-6)


def test_far_apart_electrostatics_is_that_of_dipoles(new_runner: Callable[[], Runner]) -> None:
    """Of two dipoles μ one behind the other it is -2μ²/R³; exchange and induction vanish."""
    alone = scs(1, 1, interaction=False, dipole=True)
    del alone["correlation"]
    job = {"parameters": alone, "symbols": WATER, "positions": [WATER_POSITIONS]}
    dipole = np.array(new_runner().run(job)[0]["dipole"]) * 0.2081943  # e Å
    away, size = 15.0, np.linalg.norm(dipole)
    shifted = WATER_POSITIONS + away * dipole / size
    (point,) = new_runner().run(waters(scs(0, 0), np.concatenate([WATER_POSITIONS, shifted])))
    expected = -2 * 14.399645 * size**2 / away**3  # about -0.035 kcal/mol
    assert point["electrostatics"] == pytest.approx(expected, rel=0.03)
    assert in_kcal(point, "exchange", "induction") == pytest.approx([0.0, 0.0], abs=1e-3)


def test_dispersion_of_a_functional_is_correlation(new_runner: Callable[[], Runner]) -> None:
    """A dispersion correction changes the energy, and no component."""
    field = PBE0["mean_field"]
    plain, corrected = (
        new_runner().run(
            waters(PBE0 | {"mean_field": field | more, "interaction": True}, WATER_DIMER)
        )[0]
        for more in ({}, {"disp": "d3bj"})
    )
    for name in COMPONENTS:
        assert corrected[name] == pytest.approx(plain[name], abs=1e-5)
    assert plain["energy"] == pytest.approx(sum(plain[name] for name in COMPONENTS), abs=1e-9)
    assert corrected["energy"] < plain["energy"] - 0.2 * KCAL


def test_interaction_vanishes_at_a_distance(runner: Runner) -> None:
    far = np.concatenate([WATER_POSITIONS, WATER_POSITIONS + np.array([0.0, 0.0, 60.0])])
    parameters = {**PBE0, "interaction": True}
    parameters["mean_field"] = {**PBE0["mean_field"], "disp": "d3bj"}
    (point,) = runner.run(waters(parameters, far))
    for kind in ("energy", *COMPONENTS):
        assert point[kind] == pytest.approx(0.0, abs=2e-4)


def test_interaction_gradient_and_slope(runner: Runner) -> None:
    separations = [3.0, 2.995, 3.005]
    shifts = [np.array([0.0, 0.0, r]) for r in separations]
    dimers = [np.concatenate([WATER_POSITIONS, WATER_POSITIONS + shift]) for shift in shifts]
    job = {
        "parameters": {**XTB, "gradient": True, "interaction": True},
        "symbols": WATER * 2,
        "positions": dimers,
        "fragments": [{"atoms": 3}] * 2,
        "constraint": {"atoms": [0, 3], "values": separations},
    }
    middle, minus, plus = runner.run(job)
    assert middle["coordinate"] == pytest.approx(3.0)
    numerical = (plus["energy"] - minus["energy"]) / 0.01
    assert middle["slope"] == pytest.approx(numerical, abs=1e-4)


def test_interaction_of_a_trimer(new_runner: Callable[[], Runner]) -> None:
    """Of three molecules far apart but two of them, it is that of the two."""
    pair = np.concatenate([WATER_POSITIONS, WATER_POSITIONS + np.array([0.0, 0.0, 3.0])])
    trimer = np.concatenate([pair, WATER_POSITIONS + np.array([0.0, 50.0, 0.0])])
    parameters = {**HF, "interaction": True}
    (three,), (two,) = (new_runner().run(waters(parameters, each)) for each in (trimer, pair))
    for name in ("energy", *COMPONENTS):
        assert three[name] == pytest.approx(two[name], abs=1e-4)
    assert three["three_body"] == pytest.approx(0.0, abs=1e-5)
    assert two["three_body"] is None


def test_supermolecular_energy_of_an_ion_and_a_molecule(new_runner: Callable[[], Runner]) -> None:
    (whole,) = new_runner().run(LITHIUM_AND_WATER | {"parameters": {**XTB, "interaction": True}})
    energies = []
    for part in (slice(0, 4), slice(0, 1), slice(1, 4)):
        job = {"symbols": LITHIUM_AND_WATER["symbols"][part], "charge": int(part.start == 0)}
        positions = [LITHIUM_AND_WATER["positions"][0][part]]
        (point,) = new_runner().run({**job, "parameters": XTB, "positions": positions})
        energies.append(point["energy"])
    assert whole["energy"] == pytest.approx(energies[0] - energies[1] - energies[2], abs=1e-6)


def test_charges_of_fragments_must_sum_up(runner: Runner) -> None:
    job = LITHIUM_AND_WATER | {"parameters": {**XTB, "interaction": True}, "charge": 3}
    assert "fragments: the charges 1, 0 must sum to charge, 3" in runner.fails(job)


def test_held_coordinates_and_frozen_atoms_stay(runner: Runner) -> None:
    hold, freeze = [[0, 1, 2], [5, 0, 1, 2]], [3, 4]
    settings = {"relaxation": XTB_RELAXATION["relaxation"] | {"hold": hold, "freeze": freeze}}
    job = {
        **METHANOL,
        "parameters": {**XTB, **settings},
        "positions": [METHANOL_POSITIONS],
        "constraint": {"atoms": [0, 1], "values": [1.5]},
    }
    (point,) = runner.run(job)
    assert point["status"] == "ok", point["message"]
    relaxed = np.array(point["positions"])
    for atoms in hold:
        before, after = (evaluate(x, [tuple(atoms)])[0][0] for x in (METHANOL_POSITIONS, relaxed))
        assert np.cos(after - before) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(relaxed[freeze], METHANOL_POSITIONS[freeze], atol=1e-3)
    assert np.linalg.norm(relaxed[1] - relaxed[0]) == pytest.approx(1.5, abs=1e-3)
    assert np.abs(relaxed - METHANOL_POSITIONS).max() > 0.02  # the rest is relaxed


@pytest.mark.parametrize("parameters", [XTB, PBE0], ids=["xtb", "pbe0"])
def test_hessian_and_dipole(new_runner: Callable[[], Runner], parameters: dict[str, Any]) -> None:
    step, rng = 0.01, np.random.default_rng(4)
    direction = rng.normal(size=(3, 3))
    shifted = [WATER_POSITIONS + sign * step * direction for sign in (1, -1)]
    job = {"symbols": WATER, "positions": [WATER_POSITIONS]}
    asked = {**parameters, "hessian": True, "dipole": True}
    (point,) = new_runner().run({**job, "parameters": asked})
    plus, minus = new_runner().run(
        {**job, "parameters": {**parameters, "gradient": True}, "positions": shifted}
    )
    numerical = (np.array(plus["gradient"]) - np.array(minus["gradient"])) / (2 * step)
    second = np.array(point["hessian"])
    np.testing.assert_allclose(second, second.T, atol=1e-3)
    np.testing.assert_allclose(second @ direction.ravel(), numerical.ravel(), atol=0.15)
    # It points from O to the hydrogens, and has the size that is known of water, 1.85 D.
    bisector = WATER_POSITIONS[1:].mean(axis=0)
    dipole = np.array(point["dipole"])
    assert dipole @ bisector / np.linalg.norm(bisector) == pytest.approx(1.9, abs=0.5)


def test_polarizability(new_runner: Callable[[], Runner]) -> None:
    """Of water, 1.47 Å³ on the mean, which turns as the molecule does.

    Measured by W. F. Murphy, J. Chem. Phys. 67, 5877 (1977).
    """
    turn = Rotation.from_rotvec([0.4, -0.8, 1.1])
    settings = {
        "engine": "pyscf",
        "mean_field": {"method": "RKS", "xc": "pbe0", "conv_tol": 1e-9},
        "structure": {"basis": "def2-svpd"},
        "density_fit": True,
        "polarizability": True,
    }
    turned = turn.apply(WATER_POSITIONS)
    job = {"symbols": WATER, "parameters": settings, "positions": [WATER_POSITIONS, turned]}
    here, there = (np.array(point["polarizability"]) for point in new_runner().run(job))
    assert np.trace(here) / 3 == pytest.approx(1.47, rel=0.06)
    matrix = turn.as_matrix()
    np.testing.assert_allclose(there, matrix @ here @ matrix.T, atol=2e-3)


def test_a_solvent_stabilises_a_dipole(new_runner: Callable[[], Runner]) -> None:
    job = {"symbols": WATER, "positions": [WATER_POSITIONS]}
    energies = []
    for change in ({}, {"solvent": {"eps": 4.0}}, {"solvent": {"eps": 80.0}}):
        (point,) = new_runner().run({**job, "parameters": HF | change})
        energies.append(point["energy"] / KCAL)
    gas, weak, strong = energies
    assert gas - 12.0 < strong < weak < gas - 1.0
    # The reaction field of a dipole grows as (ε − 1)/ε in C-PCM.
    assert (weak - gas) / (strong - gas) == pytest.approx((3 / 4) / (79 / 80), abs=0.02)


def test_a_broken_point_costs_that_point_only(runner: Runner) -> None:
    overlapping = METHANOL_POSITIONS.copy()
    overlapping[5] = overlapping[4] + 0.01
    job = {
        **METHANOL,
        "parameters": {**XTB, **XTB_RELAXATION, "gradient": True},
        "positions": [METHANOL_POSITIONS, overlapping, METHANOL_POSITIONS],
    }
    points = runner.run(job)
    assert [point["status"] for point in points] == ["ok", "atoms_overlap", "ok"]
    assert "atoms 4 and 5" in points[1]["message"]
    assert points[1]["energy"] is None
    assert points[0]["energy"] == pytest.approx(points[2]["energy"], abs=1e-5)


def test_statuses_of_a_relaxation(new_runner: Callable[[], Runner]) -> None:
    def status(parameters: dict, **job: Any) -> str:
        settings = {**XTB, "relaxation": {**XTB_RELAXATION["relaxation"], **parameters}}
        (point,) = new_runner().run({**METHANOL, "parameters": settings, **job})
        return point["status"]

    assert status({"max_steps": 1}, positions=[METHANOL_POSITIONS]) == "relaxation_not_converged"
    wrong = [[0, 1], [1, 2], [0, 3], [0, 4]]
    assert status({}, positions=[METHANOL_POSITIONS], bonds=wrong) == "bonds_changed"
    flat = METHANOL_POSITIONS.copy()
    flat[2] = [2.37, 0.01, 0.0]
    held = {"atoms": [3, 0, 1, 2], "values": [0.0]}
    assert status({}, positions=[flat], constraint=held) == "near_linear_angle"


def test_an_scf_that_cannot_converge_says_so(runner: Runner) -> None:
    parameters = {**HF, "mean_field": {"method": "RHF", "max_cycle": 1, "conv_tol": 1e-14}}
    stretched_water = WATER_POSITIONS * 2.5
    job = {"parameters": parameters, "symbols": WATER, "positions": [stretched_water]}
    assert runner.run(job)[0]["status"] == "scf_not_converged"


def test_an_scf_that_needs_a_remedy_says_so(new_runner: Callable[[], Runner]) -> None:
    def point(symbols: list[str], positions: np.ndarray, **field: Any) -> Point:
        structure = {"basis": "sto-3g"}
        parameters = {"engine": "pyscf", "mean_field": {"method": "RHF", **field}}
        job = {"symbols": symbols, "positions": [positions]}
        (found,) = new_runner().run({**job, "parameters": {**parameters, "structure": structure}})
        assert found["status"] == "ok"
        return found

    # Too few cycles for first-order methods, enough for second order.
    hurried, patient = (point(WATER, WATER_POSITIONS, max_cycle=n) for n in (4, 50))
    assert hurried["message"] == "the SCF converged only by second order"
    assert patient["message"] == ""
    assert hurried["energy"] == pytest.approx(patient["energy"], abs=1e-5)
    # Here DIIS oscillates.
    assert point(["Ni", "C"], NICKEL_CARBIDE_POSITIONS)["message"].startswith("the SCF converged")


def test_functions_that_depend_on_others_are_told(runner: Runner) -> None:
    parameters = {**HF, "structure": {"basis": "aug-cc-pvqz"}}
    positions = [np.array([[0.0, 0.0, 0.0], [0.0, 0.0, z]]) for z in (0.42, 2.4)]
    job = {"parameters": parameters, "symbols": ["Be", "Be"], "positions": positions}
    close, apart = runner.run(job)
    assert "basis functions that depend on the others" in close["message"]
    assert apart["message"] == ""


def test_a_killed_job_keeps_what_it_finished(runner: Runner) -> None:
    job = {
        "parameters": {**HF, "gradient": True},
        "symbols": WATER,
        "positions": stretched_waters(8),
    }
    process = runner.start(job)
    while len(runner.lines()) < 3:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = [line for line in runner.lines() if "index" in line]
    assert before[-1]["index"] < 7
    with (runner.folder / "results.jsonl").open("a") as file:
        file.write('{"index": 7, "energy": -1')  # torn by the kill
    after = runner.run(job)
    assert [point["index"] for point in after] == list(range(8))
    assert after[: len(before)] == before


def test_two_copies_of_a_job_do_no_harm(runner: Runner) -> None:
    job = {
        "parameters": {**XTB, "gradient": True},
        "symbols": WATER,
        "positions": stretched_waters(3),
    }
    copies = [runner.start(job), runner.start(job)]
    for copy in copies:
        copy.communicate()
        assert copy.returncode == 0
    assert [point["index"] for point in runner.points()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"mean_field": {"method": "RHF", "conv_toll": 1e-9}}, "conv_toll"),
        ({"mean_field": {"method": "RKS", "xc": "pbe0", "grids": {"levle": 3}}}, "levle"),
        ({"mean_field": {"method": "RKS", "xc": "pbeO"}}, "xc"),
        ({"mean_field": {"method": "RKS", "xc": "pbe", "disp": "d9"}}, "disp"),
        ({"mean_field": {"method": "RHF", "kernel": 1}}, "kernel"),
        ({"structure": {"basis": "def2-svpx"}}, "basis"),
        ({"densityfit": True}, "densityfit"),
    ],
)
def test_misspelt_settings_are_refused_before_any_qm(
    runner: Runner, change: dict, named: str
) -> None:
    job = {"parameters": {**HF, **change}, "symbols": WATER, "positions": [WATER_POSITIONS]}
    message = runner.fails(job)
    assert named in message
    assert message.count("\n") == 1, message


def test_a_heavy_atom_gets_the_core_potential_of_its_basis(runner: Runner) -> None:
    """28 of the 53 electrons of iodine are in it, for which the basis has no functions."""
    positions = [[[0.0, 0.0, 0.0], [0.0, 0.0, 1.61]]]
    (point,) = runner.run({"parameters": HF, "symbols": ["I", "H"], "positions": positions})
    assert point["energy"] / 27.2114 == pytest.approx(-297.8, abs=1.0)


def test_wrong_electrons_are_refused(runner: Runner) -> None:
    job = {"parameters": HF, "symbols": WATER, "charge": 1, "positions": [WATER_POSITIONS]}
    assert "multiplicity: 1 is impossible with 9 electrons" in runner.fails(job)


def test_open_shells_are_unrestricted(new_runner: Callable[[], Runner]) -> None:
    job = {"parameters": HF, "symbols": ["H"], "multiplicity": 2, "positions": [[[0, 0, 0]]]}
    (atom,) = new_runner().run(job)
    assert atom["energy"] == pytest.approx(-0.4993 * 27.2114, abs=0.02)  # def2-SVP; exact -0.5


def reference_job(symbols: list[str], conformers: Any, **job: Any) -> Job:
    parameters = {**HF, **XTB, **XTB_RELAXATION, "gradient": True, "reference": {"density": 2.0}}
    return {"parameters": parameters, "symbols": symbols, "positions": conformers, **job}


def test_reference_leaves_a_saddle(runner: Runner) -> None:
    angles = np.radians([0.0, 120.0, 240.0])
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    planar = np.concatenate([[[0.0, 0.0, 0.0]], ring])
    bonds = [[0, 1], [0, 2], [0, 3]]
    (point,) = runner.run(reference_job(["N", "H", "H", "H"], [planar], bonds=bonds))
    assert point["status"] == "ok", point["message"]
    assert len(point["frequencies"]) == 6
    assert min(point["frequencies"]) > 500.0
    positions = np.array(point["positions"])
    normal = np.cross(positions[2] - positions[1], positions[3] - positions[1])
    height = (positions[0] - positions[1]) @ normal / np.linalg.norm(normal)
    assert abs(height) > 0.2


def test_reference_of_water(runner: Runner) -> None:
    (point,) = runner.run(reference_job(WATER, [WATER_POSITIONS], bonds=[[0, 1], [0, 2]]))
    assert point["status"] == "ok", point["message"]
    positions, grid = np.array(point["positions"]), np.array(point["grid"])
    nearest = np.linalg.norm(grid[:, None] - positions, axis=-1).min(axis=1)
    assert nearest.min() > 1.4 * 1.2 - 1e-6
    assert np.array(point["hessian"]) @ np.tile([1.0, 0.0, 0.0], 3) == pytest.approx(0, abs=1e-2)
    dipole, solvated = (np.linalg.norm(point[key]) for key in ("dipole", "dipole_solvated"))
    assert 1.8 < dipole < 2.4
    assert solvated > dipole * 1.05
    # Point charges that reproduce the potential have the dipole of the density.
    inverse = 14.399645 / np.linalg.norm(grid[:, None] - positions, axis=-1)
    charges = np.linalg.lstsq(inverse, point["potential"], rcond=None)[0]
    assert charges.sum() == pytest.approx(0.0, abs=0.02)
    assert charges @ positions / 0.2081943 == pytest.approx(point["dipole"], abs=0.1)
    assert np.abs(point["potential_solvated"]).max() > np.abs(point["potential"]).max()
    c6 = np.array(point["c6"]) / (27.211386 * 0.529177**6)
    assert c6.sum() == pytest.approx(45.3, rel=0.08)  # DOSD, Zeiss and Meath 1977


def test_reference_picks_the_lowest_conformer(runner: Runner) -> None:
    """An eclipsed start stays on the rotational saddle by its symmetry; the staggered one wins."""
    eclipsed = METHANOL_POSITIONS.copy()
    eclipsed[2] = [1.72, -0.9, 0.0]
    job = reference_job(
        METHANOL["symbols"], [eclipsed, METHANOL_POSITIONS], bonds=METHANOL["bonds"]
    )
    (point,) = runner.run(job)
    first, second = point["conformer_energies"]
    assert 0.02 < first - second < 0.1
    assert min(point["frequencies"]) > 100.0


def test_reference_of_an_ion_and_of_a_diatomic(new_runner: Callable[[], Runner]) -> None:
    job = reference_job(["Li"], [[[0.0, 0.0, 0.0]]], charge=1, bonds=[])
    (ion,) = new_runner().run(job)
    assert ion["status"] == "ok", ion["message"]
    assert ion["frequencies"] == []
    distances = np.linalg.norm(ion["grid"], axis=1)
    assert np.array(ion["potential"]) * distances == pytest.approx(14.3996, rel=1e-3)
    # 0.078 a.u. in the literature, less in a small basis; D4 says 720
    assert 0.005 < ion["c6"][0][0] / (27.2114 * 0.529177**6) < 0.09
    job = reference_job(["H", "H"], [[[0, 0, 0], [0, 0, 0.8]]], bonds=[[0, 1]])
    (hydrogen,) = new_runner().run(job)
    assert hydrogen["status"] == "ok", hydrogen["message"]
    assert len(hydrogen["frequencies"]) == 1
    assert np.linalg.norm(hydrogen["dipole"]) == pytest.approx(0.0, abs=1e-6)
