"""Rings, linear groups, rotors, diatomics and single ions, from the molecule to the force field.

The force field has to reproduce geometry and vibrations of the QM that it comes from: GFN2-xTB.
That no study is made of an ion alone, in words, is tested where studies are read.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_forcefield.fitting import fit_charges
from aiida_forcefield.potentials import Term, molecule_energies
from aiida_forcefield.scans import Cluster, Origin, Structures
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.topology import from_smiles

from .chain import NAME, REFERENCE, Chain, frequencies, job_of, relaxed, run_chain, run_jobs

pytestmark = pytest.mark.integration

COULOMB = 14.3996  # eV Å/e²
HF = {"engine": "pyscf", "mean_field": {"method": "RHF"}, "structure": {"basis": "def2-svp"}}
KCAL = 0.0433641  # eV


@pytest.fixture(scope="module")
def chain(compute_python: Path, tmp_path_factory: Any) -> Callable[..., Chain]:
    def run(smiles: str, basis: str = "sto-3g") -> Chain:
        return run_chain(smiles, compute_python, tmp_path_factory.mktemp("chain"), basis)

    return run


def check(found: Chain, *, bond: float, angle: float, frequency: float) -> None:
    """Largest errors of bonds (Å) and angles (degrees), RMS error of the frequencies (1/cm)."""
    assert all(points.ok.all() for points in found.scans.values())
    x, _ = relaxed(found)
    largest = {"bond": bond, "angle": angle}
    for each in found.species.term_types:
        if each.kind in largest:
            one, other = (evaluate(y, each.members)[0] for y in (x, found.minimum))
            off = np.abs(one - other).max()
            assert (np.degrees(off) if each.kind == "angle" else off) < largest[each.kind]
    off = frequencies(found, x) - found.record["frequencies"]
    assert np.sqrt(np.mean(off**2)) < frequency


def term(found: Chain, kind: str, *labels: str) -> Term:
    """A term of the force field, by the types that its atoms have in the molecule."""
    return found.field.term(f"{kind} {'-'.join(f'{NAME}:{label}' for label in labels)}")


def kinds(found: Chain) -> list[str]:
    return [each.kind for each in found.species.term_types]


@pytest.mark.parametrize(("smiles", "frequency"), [("C1CC1", 100.0), ("C1CCC1", 90.0)])
def test_a_ring(chain: Callable[..., Chain], smiles: str, frequency: float) -> None:
    """Three members, whose angle nothing can change, and four, which pucker."""
    found = chain(smiles)
    check(found, bond=0.005, angle=1.0, frequency=frequency)
    ring = term(found, "angle", "C1", "C1", "C1")
    told = {flag.parameter for flag in ring.flags if flag.kind == "prior_only"}
    assert ("k" in told) == (smiles == "C1CC1")
    for each in found.species.term_types:
        assert all(len(set(member)) == len(member) for member in each.members)
    if smiles == "C1CCC1":
        around = [t for t in found.species.term_types if t.name == "dihedral C1-C1-C1-C1"]
        qm, own = (
            np.degrees(np.abs(evaluate(x, around[0].members)[0])).mean()
            for x in (found.minimum, relaxed(found)[0])
        )
        assert qm > 5.0
        assert own == pytest.approx(qm, abs=3.0)


def test_the_ends_of_allene_hold_each_other(chain: Callable[..., Chain]) -> None:
    """At 90°, by a dihedral over the linear chain, which no term along bonds can replace."""
    found = chain("C=C=C")
    check(found, bond=0.005, angle=1.0, frequency=90.0)
    over = term(found, "dihedral", "H1", "C1", "C1", "H1")
    (scan,) = (s for s in found.plan if s.name == "dihedral H1-C1-C1-H1")
    points = found.scans[scan.name]
    turned = points.energies - points.energies.min()
    own, _ = molecule_energies(found.field, found.system, NAME, points.positions)
    assert turned.max() > 2.0 * KCAL
    np.testing.assert_allclose(own - own.min(), turned, atol=0.5 * KCAL)
    assert over.parameters["k2"] > 0.1
    diagnostics = found.field.diagnostics
    assert diagnostics is not None
    assert diagnostics.loose is None


def test_a_molecule_with_unpaired_electrons_is_refused(
    compute_python: Path, tmp_path: Path
) -> None:
    """The closed shell of the cyclopentadienyl cation lies above its triplet."""
    with pytest.raises(AssertionError, match=r"the triplet is 0\.\d\d eV lower"):
        run_chain("C1=CC=C[CH+]1", compute_python, tmp_path, "sto-3g")


def test_a_linear_group_at_a_rotor(chain: Callable[..., Chain]) -> None:
    found = chain("CC#N")
    check(found, bond=0.005, angle=0.5, frequency=90.0)
    assert "dihedral" not in kinds(found)
    straight = term(found, "angle", "C1", "C2", "N1")
    assert straight.form == "linear_angle"
    assert "near-linear" in dict(found.plan.left_out)["angle C1-C2-N1"]
    assert not straight.flags  # the Hessian tells of it


def test_a_linear_molecule(chain: Callable[..., Chain]) -> None:
    """Straight to the last digit, so that no angle has a derivative there."""
    found = chain("O=C=O", "def2-svp")
    check(found, bond=0.002, angle=0.1, frequency=50.0)
    bends = frequencies(found, relaxed(found)[0])[:2]
    assert bends == pytest.approx(found.record["frequencies"][:2], rel=0.05)
    assert found.charges.charges["C1"] > 0.4
    assert found.charges.dipole == pytest.approx(np.zeros(3), abs=1e-6)


def test_a_symmetric_rotor(chain: Callable[..., Chain]) -> None:
    """All nine dihedrals share k3, whose barrier is that of the scan."""
    found = chain("CC")
    check(found, bond=0.005, angle=0.5, frequency=125.0)
    (dihedral,) = [each for each in found.field.terms if each.kind == "dihedral"]
    assert list(dihedral.parameters) == ["k3"]
    (scan,) = [each for each in found.plan if each.kind == "dihedral"]
    assert len(next(t for t in found.species.term_types if t.name == scan.name).members) == 9
    points = found.scans[scan.name]
    phi = np.radians(points.requested)
    wave = np.stack([np.ones(len(phi)), (1 + np.cos(3 * phi)) / 2], axis=1)
    qm = np.linalg.lstsq(wave, points.energies)[0][1]
    low, high = (relaxed(found, scan.coordinate.atoms, value)[1] for value in (60.0, 0.0))
    assert 2.0 * KCAL < qm < 3.5 * KCAL
    assert high - low == pytest.approx(qm, abs=0.15 * KCAL)


@pytest.mark.parametrize(("smiles", "dipole"), [("N#N", 0.0), ("[H][H]", 0.0), ("F", 1.95)])
def test_a_diatomic(chain: Callable[..., Chain], smiles: str, dipole: float) -> None:
    found = chain(smiles, "def2-svp")
    assert kinds(found) == ["bond"]
    check(found, bond=0.002, angle=0.0, frequency=0.04 * found.record["frequencies"][0])
    qm = np.linalg.norm(found.record["dipole"])
    assert qm == pytest.approx(dipole, abs=0.1)
    assert np.linalg.norm(found.charges.dipole) == pytest.approx(qm, abs=0.05)


@pytest.mark.parametrize(("smiles", "charge"), [("[Li+]", 1), ("[F-]", -1)])
def test_a_single_ion(compute_python: Path, tmp_path: Path, smiles: str, charge: int) -> None:
    """It has no bonded term, its charge is its own, and two of a kind repel each other."""
    ion = from_smiles(smiles)
    assert not ion.term_types
    rest = Structures.rigid(Origin("conformers"), Cluster.of(ion), np.zeros((1, 1, 3)))
    apart = np.array([[[0, 0, 0], [0, 0, r]] for r in (8.0, 12.0)])
    far = Structures.rigid(Origin("random"), Cluster.of(ion, ion), apart)
    (alone,), pairs = run_jobs(
        [job_of(rest, REFERENCE), job_of(far, HF | {"interaction": True})],
        compute_python,
        tmp_path / "ion",
    )
    assert alone["status"] == "ok", alone["message"]
    assert alone["frequencies"] == []
    charges = fit_charges(ion, np.zeros((1, 3)), alone["grid"], alone["potential"])
    assert charges.charges == pytest.approx({ion.type_names[0]: charge})
    away = np.linalg.norm(alone["grid"], axis=1)
    assert np.array(alone["potential"]) * away == pytest.approx(charge * COULOMB, rel=5e-3)
    energies = [point["energy"] for point in pairs]
    assert energies == pytest.approx([COULOMB / 8, COULOMB / 12], rel=5e-3)
