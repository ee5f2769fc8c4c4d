"""The LAMMPS scripts; that they run is tested with LAMMPS itself."""

import numpy as np
import pytest

from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.log import MEASURED
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.script import equilibration_script, production_script
from aiida_forcefield.topology import System, from_smiles
from aiida_forcefield.topology.species import Species, TermType

ROOM = Conditions(298.15, 1.01325, (2, 3))


def star(centre, leaves):
    """A central atom with its neighbours; bond types in the order of their elements."""
    symbols = [centre, *leaves]
    members = {element: [] for element in leaves}
    for atom, element in enumerate(leaves, start=1):
        members[element].append((0, atom))
    terms = [TermType("bond", (centre, x), tuple(pairs)) for x, pairs in members.items()]
    bonds = tuple((0, atom) for atom in range(1, len(symbols)))
    return Species(
        tuple(symbols), 0, 1, tuple(symbols), bonds, tuple(terms), np.zeros((1, 1, 3)), ""
    )


@pytest.mark.parametrize(
    ("centre", "leaves", "expected"),
    [
        ("C", ["F", "H", "H", "H"], (2,)),
        ("O", ["H", "H"], (1,)),
        ("C", ["F", "F", "F", "F"], ()),
        ("C", ["H", "H", "H", "H"], ()),  # more than SHAKE can hold
        ("Li", [], ()),
    ],
)
def test_bonds_to_hydrogen_are_rigid(centre, leaves, expected):
    assert rigid_bonds(System.pure("it", star(centre, leaves))) == expected


def test_bonds_of_a_mixture_are_numbered_species_by_species():
    smiles = {"CO2": "O=C=O", "methanol": "CO", "Li": "[Li+]", "water": "O"}
    mixture = System(tuple(smiles), tuple(map(from_smiles, smiles.values())), (1.0,) * 4)
    names = [
        term.name
        for name in mixture.names
        for term in mixture.terms_of(name)
        if term.kind == "bond"
    ]
    held = [names[number - 1] for number in rigid_bonds(mixture)]
    assert held == [name for name in names if ":H" in name]
    assert len(held) == 3
    methane = System(("water", "methane"), (from_smiles("O"), from_smiles("C")), (1.0, 1.0))
    assert rigid_bonds(methane) == ()  # or its bonds would vibrate at a long time step


def test_production():
    lines = production_script(ROOM, 10.0, frames_every=2.0).split("\n")
    assert "run 5000" in lines
    assert "timestep 2" in lines
    assert "fix rigid all shake 1e-6 50 0 b 2 3" in lines
    assert "variable target equal 1" in lines  # atm
    assert PULL in lines
    assert "dump frames all custom 1000 frames.dump id xu yu zu" in lines
    assert lines[-2:] == ["write_data final.data nocoeff", ""]


def test_without_shake_the_time_step_is_shorter():
    script = production_script(Conditions(298.15, 0.0), 10.0)
    assert "shake" not in script
    assert "timestep 1\n" in script
    assert "run 10000\n" in script
    assert "dump" not in script


MANY_BODY = ManyBody(energy=0.01, pressure=405.3, volume=70.0)
TARGET = "variable target equal 1-(400)*(14000/vol)^3"
FRAME = "write_dump all custom frames.dump id xu yu zu modify sort id format float %.6f"
PULL = "fix motion all npt temp 298.15 298.15 100 iso $(v_target) $(v_target) 1000"


def test_the_liquid_condenses_hot_and_under_pressure():
    lines = equilibration_script(ROOM, 20.0, 5, MANY_BODY, molecules=200).split("\n")
    assert "velocity all create 417.41 5 dist gaussian" in lines
    at = lines.index(next(line for line in lines if " npt " in line))
    assert lines[at:] == [
        "fix motion all npt temp 417.41 417.41 100 iso 2960.7698 2960.7698 1000",
        "run 4000 every 50 NULL",
        "fix motion all npt temp 417.41 298.15 100 iso 2960.7698 1 1000",
        "run 2000 start 5000 stop 7000 every 50 NULL",
        TARGET,
        PULL,
        f'run 2000 every 500 "{PULL}"',
        f'print "{MEASURED}"',
        FRAME,
        PULL,
        f'run 2000 every 500 "{PULL}"',
        f"{FRAME} append yes",
        "write_data final.data nocoeff",
        "",
    ]


def test_the_barostat_follows_what_three_molecules_push():
    lines = production_script(ROOM, 20.0, None, MANY_BODY, 200).split("\n")
    assert TARGET in lines
    assert lines[-5:-2] == [f'print "{MEASURED}"', PULL, f'run 10000 every 2500 "{PULL}"']


def test_equilibration_has_no_shake_where_steps_are_limited():
    script = equilibration_script(ROOM, 20.0, seed=5)
    assert script.index("unfix motion") < script.index("fix rigid all shake")
    assert "every 500" not in script


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conditions(-1.0, 1.0), "temperature: -1 K"),
        (lambda: Conditions(float("nan"), 1.0), "temperature"),
        (lambda: Conditions(300.0, float("inf")), "pressure: inf bar"),
        (lambda: production_script(ROOM, 0.0), "duration: 0 ps"),
        (lambda: equilibration_script(ROOM, 1.0, 0), "seed: 0"),
        (lambda: production_script(ROOM, 1.0, None, MANY_BODY), "molecules: 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()
