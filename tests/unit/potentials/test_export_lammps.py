from dataclasses import replace

import numpy as np
import pytest

from aiida_forcefield.potentials import ForceField, Term
from aiida_forcefield.potentials.export.lammps import write_force_field
from aiida_forcefield.potentials.export.lammps_data import write_data
from aiida_forcefield.topology import Species

from .synthetic_fields import Case


def atom_rows(text: str) -> list[list[str]]:
    block = text.split("Atoms # full\n\n")[1].split("\n\n")[0]
    return [line.split() for line in block.splitlines()]


def test_box_is_exactly_neutral_and_complete(case: Case) -> None:
    thirds = {name: charge + 1e-9 / 3 for name, charge in case.forcefield.charges.items()}
    text = write_data(
        replace(case.forcefield, charges=thirds), case.species, case.molecules, [30] * 3
    )
    rows = atom_rows(text)
    assert len(rows) == case.molecules.shape[0] * case.molecules.shape[1]
    assert sum(round(float(row[3]) * 1e12) for row in rows) == 0
    np.testing.assert_allclose(
        np.array([row[4:] for row in rows], dtype=float).reshape(case.molecules.shape),
        case.molecules,
        atol=1e-9,
    )
    bonds = len(case.species.bonds) * len(case.molecules)
    assert f"{bonds} bonds" in text


def test_every_pair_and_every_term_has_its_coefficients(case: Case) -> None:
    text = write_force_field(case.forcefield, case.species)
    t = len(case.species.type_names)
    coefficients = [line for line in text.splitlines() if line.startswith("pair_coeff")]
    assert sum("born/coul/long" in line for line in coefficients) == t * (t + 1) // 2
    for kind in ("bond", "angle", "dihedral", "improper"):
        types = [term for term in case.species.term_types if term.kind == kind]
        assert text.count(f"{kind}_coeff ") == len(types)
        assert (f"{kind}_style" in text) == bool(types)


def test_ion_keeps_its_charge_and_needs_no_bonded_style() -> None:
    ion = Species(("Li",), 1, 1, ("Li1",), (), (), np.zeros((1, 1, 3)), "[Li+]")
    term = Term("nonbonded", "nonbonded Li1", "exp6", {"A": 500.0, "rho": 0.2, "C6": 0.5})
    field = ForceField((term,), {"Li1": 1.0}, {"Li1": 1.0}, np.zeros((3, 3)))
    assert [row[3] for row in atom_rows(write_data(field, ion, np.zeros((2, 1, 3)), [20] * 3))] == [
        "1.000000000000"
    ] * 2
    assert "bond_style" not in write_force_field(field, ion)


def test_what_cannot_be_run_is_refused(methanol: Case) -> None:
    field, species = methanol.forcefield, methanol.species
    with pytest.raises(ValueError, match="box: "):
        write_data(field, species, methanol.molecules, [30, 30, 0])
    with pytest.raises(ValueError, match="positions: shape"):
        write_data(field, species, methanol.molecules[0], [30] * 3)
    with pytest.raises(ValueError, match="cutoff: -1"):
        write_force_field(field, species, cutoff=-1)
    hollow = replace(field.terms[-1], parameters={"A": 1e-3, "rho": 0.2, "C6": 0.5, "C8": 2.0})
    collapsed = replace(field, terms=(*field.terms[:-1], hollow))
    with pytest.raises(ValueError, match="O1 and H2: nonbonded: nothing keeps"):
        write_force_field(collapsed, species)
