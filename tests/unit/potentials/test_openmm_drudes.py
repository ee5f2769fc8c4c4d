"""Drude particles in OpenMM's XML; that OpenMM moves them as it should is tested with OpenMM."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from aiida_forcefield.potentials.electrostatics.polarizable import SPRING
from aiida_forcefield.potentials.export.lammps_drudes import particles_of
from aiida_forcefield.potentials.export.openmm import write_openmm
from aiida_forcefield.potentials.read.openmm import read_openmm
from aiida_forcefield.units import COULOMB, KJ_PER_MOL, NM

from ...fields import build, polarizable

FORMS = "morse harmonic_angle fourier threefold harmonic_improper tang_toennies"
FULL = {"scale_14": (1.0, 1.0)}
SYSTEM, FIXED = build({"water": "O", "MeOH": "CO", "Li": "[Li+]"}, FORMS, FULL)
FIELD = polarizable(FIXED, SYSTEM)
ROOT = fromstring(write_openmm(FIELD, SYSTEM))


def test_particles_have_no_element_and_follow_the_atoms():
    (methanol,) = (each for each in ROOT.iter("Residue") if each.get("name") == "MeOH")
    names = [atom.get("name") for atom in methanol.iterfind("Atom")]
    assert names == ["C1", "O1", "H1", "H2", "H3", "H4", "DC1", "DO1"]
    types = {each.get("name"): each for each in ROOT.iter("Type")}
    assert types["MeOH-DC1"].get("element") is None
    assert types["MeOH-DC1"].get("class") == types["water-DO1"].get("class")
    assert not any(each.get("name").startswith("Li-D") for each in types.values())


def test_charges_of_host_and_particle_are_that_of_the_atom():
    atoms = ROOT.iterfind("Residues/Residue/Atom")
    charges = {each.get("type"): float(each.get("charge")) for each in atoms}
    net = FIELD.electrostatics.charges("liquid")
    assert charges["MeOH-O1"] + charges["MeOH-DO1"] == pytest.approx(net["MeOH:O1"])
    assert charges["MeOH-H4"] == pytest.approx(net["MeOH:H2"])
    for name, species in SYSTEM:
        of_species = sum(q for label, q in charges.items() if label.startswith(f"{name}-"))
        assert of_species == pytest.approx(species.charge, abs=1e-12)


def test_the_spring_of_openmm_is_that_of_the_field():
    for each in ROOT.iterfind("DrudeForce/Particle"):
        charge, alpha = (float(each.get(key)) for key in ("charge", "polarizability"))
        constant = COULOMB / KJ_PER_MOL / NM * charge**2 / alpha
        assert constant == pytest.approx(SPRING / KJ_PER_MOL * NM**2)
        assert each.get("thole") == "0"


def test_springs_pull_each_particle_to_where_it_rests():
    script = [each.text for each in ROOT.iter("Script")][-1]
    springs = {}
    exec(script[script.index("constants =") : script.index("for residue")], springs)
    rng = np.random.default_rng(1)
    particles = particles_of(FIELD.electrostatics, SYSTEM, "MeOH")
    labels = [f"MeOH-{x}" for x in ("C1", "O1", "H1", "H2", "H3", "H4", "DC1", "DO1")]
    constant = SPRING / KJ_PER_MOL * NM**2
    for _ in range(3):
        x = dict(zip(labels, rng.normal(size=(8, 3)), strict=True))
        atoms, drudes = (np.array([x[each] for each in part]) for part in (labels[:6], labels[6:]))
        own = sum(
            k / 2 * np.sum((x[i] - x[j]) ** 2)
            for i, j, k in springs["constants"]
            if i in x and j in x
        )
        own += constant / 2 * np.sum((drudes - atoms[[*particles.hosts]]) ** 2)
        rest = particles.anchors @ atoms
        assert own == pytest.approx(constant / 2 * np.sum((drudes - rest) ** 2))


@pytest.mark.parametrize("rule", [None, (0.0, 0.0), (1.0, 1.0)])
def test_pairs_act_in_full_or_not_at_all(rule):
    write_openmm(replace(FIELD, scale_14=rule), SYSTEM)
    with pytest.raises(ValueError, match=r"scale_14: \(0.5, 0.5\) is not allowed"):
        write_openmm(replace(FIELD, scale_14=(0.5, 0.5)), SYSTEM)


def test_a_polarizable_file_is_not_read_as_one_of_fixed_charges():
    with pytest.raises(ValueError, match="DrudeForce: cannot be read"):
        read_openmm(write_openmm(FIELD, SYSTEM), SYSTEM)


def test_fields_of_fixed_charges_have_no_particles():
    text = write_openmm(FIXED, SYSTEM)
    assert "Drude" not in text
    assert 'class="D"' not in text
