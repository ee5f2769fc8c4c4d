"""What acts between charges, from the potentials and polarizabilities of all species."""

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict

from aiida_forcefield.calculations.fit_data import electrostatics_of
from aiida_forcefield.calculations.functions.electrostatics import derive_polarizable
from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.fitting import fit_polarizable
from aiida_forcefield.potentials.electrostatics import FixedCharges, Polarizable
from aiida_forcefield.topology import Species
from aiida_forcefield.units import COULOMB

from ...fitting.test_charges import shells
from ..systems import SYSTEM, reference

pytestmark = pytest.mark.usefixtures("storage")


def of_qm(species: Species) -> tuple[PointsData, ArrayData, ArrayData]:
    """A reference, properties and a polarizability of a molecule with a dipole in its middle."""
    rest = reference(species)
    x = rest.positions[0]
    grid = shells(x)
    apart = grid - x.mean(axis=0)
    potential = COULOMB * 0.3 * apart[:, 2] / np.linalg.norm(apart, axis=1) ** 3
    arrays = {
        "grid": grid,
        "potential": potential,
        "c6": np.full((len(x), len(x)), 10.0),
        "dipole": np.array([0.0, 0.0, 1.44]),
    }
    tensor = ArrayData({"polarizability": np.diag([2.0, 3.0, 4.0])[None]})
    return PointsData(rest), ArrayData(arrays), tensor


def test_polarizable_electrostatics_are_those_of_all_species() -> None:
    known = {name: of_qm(species) for name, species in SYSTEM}
    derived = {
        name: derive_polarizable(SpeciesData(species), *known[name]) for name, species in SYSTEM
    }
    found = electrostatics_of(SYSTEM, derived)
    assert isinstance(found, Polarizable)
    assert {*found.net} == {*SYSTEM.type_names}
    for name, species in SYSTEM:
        rest, properties, _ = known[name]
        arrays = (properties.get_array(key) for key in ("grid", "potential"))
        x, tensor = rest.value.positions[0], np.diag([2.0, 3.0, 4.0])
        own = fit_polarizable(species, x, *arrays, tensor, properties.get_array("c6"))
        expected = own.electrostatics.renamed(lambda label, name=name: f"{name}:{label}")
        for values in ("net", "polarizabilities", "lengths"):
            every = getattr(found, values)
            mine = {key: every[key] for key in every if key.startswith(f"{name}:")}
            assert mine == pytest.approx(getattr(expected, values)), values
        charges = {(d.atom, d.neighbour): d.charge for d in found.dipoles}
        for dipole in expected.dipoles:
            along = charges[dipole.atom, dipole.neighbour]
            assert along == pytest.approx(dipole.charge, abs=1e-12)
        assert derived[name]["potential_error"]["gas"] == pytest.approx(own.relative_error)
        assert derived[name]["qm_dipole"]["gas"] == pytest.approx(1.44)
        total = sum(found.polarizabilities[each] for each in held_by(found, name))
        assert total == pytest.approx(3.0)


def held_by(found: Polarizable, name: str) -> list[str]:
    """Type of each polarizable atom of a species."""
    return [each for each in SYSTEM.types_of(name) if each in found.polarizabilities]


def test_fixed_charges_are_those_of_all_species() -> None:
    sets = {name: dict.fromkeys(species.type_names, 0.1) for name, species in SYSTEM}
    derived = {name: Dict({"gas": each, "liquid": each}) for name, each in sets.items()}
    charges = dict.fromkeys(SYSTEM.type_names, 0.1)
    assert electrostatics_of(SYSTEM, derived) == FixedCharges(charges, charges)
