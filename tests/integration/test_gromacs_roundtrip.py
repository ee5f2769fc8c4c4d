"""GROMACS computes from exported files what the force field says, term by term."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aiida_forcefield.potentials.export.gromacs import write_gromacs
from aiida_forcefield.potentials.export.molecule import write_gro
from aiida_forcefield.potentials.forcefield import ForceField
from aiida_forcefield.topology.box import Box
from aiida_forcefield.topology.system import System

from ..fields import MIXTURES, Array, build, droplet, largest_error, liquid, ours

pytestmark = pytest.mark.integration

EV = 96.4853320  # kJ/mol
FIELDS = {
    "harmonic": (
        {"DMC": "COC(=O)OC"},
        "harmonic_bond morse cosine_angle harmonic_angle ryckaert_bellemans fourier6 "
        "cosine_improper lennard_jones",
        {"scale_14": (0.5, 0.75)},
    ),
    "opls": (
        {"EtOH": "CCO"},
        "harmonic_bond harmonic_angle fourier threefold lennard_jones",
        {"combination": "geometric", "scale_14": (0.5, 0.5), "pair": ("EtOH:C1", "EtOH:O1")},
    ),
    "ring": (
        {"1_3_dioxolane": "C1COCO1"},
        "morse harmonic_angle fourier lennard_jones",
        {"scale_14": (1.0, 1.0)},
    ),
    "chiral": (
        {"DMC": "COC(=O)OC"},
        "morse harmonic_angle chiral_fourier harmonic_improper lennard_jones",
        {},
    ),
    # Names that begin with digits, and ions.
    "numbered": (
        {"12DME": "COCCOC", "3": "[Li+]", "4F": "[F-]"},
        "morse harmonic_angle fourier lennard_jones",
        {"scale_14": (1.0, 1.0), "pair": ("12DME:O1", "3:Li1")},
    ),
    **{name: MIXTURES[name] for name in ("water and ethanol", "ions of opls")},
}
ENERGIES = {
    "Bond": "bond",
    "Morse": "bond",
    "Angle": "angle",
    "G96Angle": "angle",
    "Proper Dih.": "dihedral",
    "Ryckaert-Bell.": "dihedral",
    "Improper Dih.": "improper",
    "Per. Imp. Dih.": "improper",
    "LJ-14": "nonbonded",
    "LJ (SR)": "nonbonded",
    "Coulomb-14": "coulomb",
    "Coulomb (SR)": "coulomb",
    "Coul. recip.": "coulomb",
    "Potential": "energy",
}
SETTINGS = """\
integrator = md
nsteps = 0
continuation = yes
nstfout = 1
nstenergy = 1
nstcalcenergy = 1
cutoff-scheme = Verlet
verlet-buffer-tolerance = -1
rlist = 0.95
rvdw = 0.9
rcoulomb = 0.9
vdw-modifier = None
coulombtype = PME
coulomb-modifier = None
pme-order = 8
ewald-rtol = 1e-9
fourierspacing = 0.06
epsilon-surface = 0
"""


@pytest.fixture(scope="session")
def gmx() -> str:
    """GROMACS in double precision."""
    found = shutil.which("gmx_d")
    if not found:
        pytest.skip("GROMACS is not installed: apt-get install gromacs")
    return found


def run(
    gmx: str, folder: Path, field: ForceField, system: System, box: Box
) -> tuple[dict[str, float], Array]:
    """Energies by kind of interaction, eV, and forces, eV/Å."""
    files = write_gromacs(field, system, box.counts)
    files |= {"conf.gro": write_gro(system, box), "grompp.mdp": SETTINGS}
    for name, text in files.items():
        (folder / name).write_text(text)

    def call(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [gmx, "-quiet", *arguments],
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    call("grompp", "-maxwarn", "2")
    call("mdrun", "-nt", "1")
    listed = call("energy", "-dp", stdin="Potential\n0\n")
    wanted = {name.replace(" ", "-") for name in ENERGIES}
    numbers = [n for n, name in re.findall(r"(\d+)  (\S+)", listed) if name in wanted]
    call("energy", "-dp", "-o", "energy.xvg", stdin=" ".join([*numbers, "0\n"]))
    lines = (folder / "energy.xvg").read_text().splitlines()
    legends = [re.findall(r'"(.*)"', line)[0] for line in lines if ' legend "' in line]
    values = map(float, lines[-1].split()[1:])
    energies: dict[str, float] = {}
    for legend, value in zip(legends, values, strict=True):
        kind = ENERGIES[legend]
        energies[kind] = energies.get(kind, 0.0) + value / EV
    dump = call("dump", "-f", "traj.trr")
    rows = re.findall(r"f\[\s*\d+\]=\{\s*(\S+),\s*(\S+),\s*(\S+)\}", dump)
    return energies, np.array(rows, dtype=float) / EV / 10


@pytest.mark.parametrize("periodic", [False, True], ids=["droplet", "liquid"])
@pytest.mark.parametrize("name", FIELDS)
def test_energy_and_forces(gmx: str, tmp_path: Path, name: str, periodic: bool) -> None:
    system, field = build(*FIELDS[name])
    box = liquid(system)
    if not periodic:
        box = replace(droplet(system), edges=np.full(3, 30.0))
    expected, force = ours(field, system, box, periodic=True)
    found, forces = run(gmx, tmp_path, field, system, box)
    assert found.keys() == expected.keys()
    for kind, value in expected.items():
        assert found[kind] == pytest.approx(value, rel=1e-4), kind
    assert largest_error(forces, force) < 1e-4


@pytest.mark.parametrize(
    ("forms", "refused", "nearest"),
    [
        ("morse harmonic_angle fourier exp6", "exp6", "lennard_jones"),
        ("morse harmonic_angle fourier tang_toennies", "tang_toennies", "lennard_jones"),
        ("morse harmonic_angle fourier overlap", "overlap", "lennard_jones"),
        ("morse harmonic_angle fourier born_mayer_huggins", "born_mayer_huggins", "lennard_jones"),
        ("quartic_bond harmonic_angle fourier lennard_jones", "quartic_bond", "morse"),
    ],
)
def test_what_gromacs_cannot_run_is_refused(forms: str, refused: str, nearest: str) -> None:
    system, field = build({"EtOH": "CCO"}, forms, {})
    told = rf"no {refused}; the nearest that it can run is {nearest} \(a study asks for it"
    with pytest.raises(ValueError, match=told):
        write_gromacs(field, system, [1])


def test_no_study_can_ask_for_another_straight_angle() -> None:
    forms = "morse harmonic_bond linear_angle lennard_jones"
    system, field = build({"MeCN": "CC#N"}, forms, {})
    told = "GROMACS has no linear_angle; the nearest that it can run is harmonic_angle$"
    with pytest.raises(ValueError, match=told):
        write_gromacs(field, system, [1])
