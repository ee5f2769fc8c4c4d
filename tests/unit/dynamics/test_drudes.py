"""Scripts for atoms with Drude particles; that they run is tested with LAMMPS itself."""

import pytest

from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.drudes import motion_of
from aiida_forcefield.dynamics.gas import gas_equilibration_script, gas_production_script
from aiida_forcefield.dynamics.many_body import ManyBody
from aiida_forcefield.dynamics.motion import ATOMS, Motion
from aiida_forcefield.dynamics.script import equilibration_script, production_script

from ...fields import build, polarizable

FORMS = "morse harmonic_angle threefold tang_toennies"
SYSTEM, FIXED = build({"MeOH": "CO"}, FORMS, {"scale_14": (1.0, 1.0)})
MOTION = motion_of(polarizable(FIXED, SYSTEM), SYSTEM)
ROOM = Conditions(300.0, 1.01325, rigid_bonds(SYSTEM))
PULL = "fix motion all tgnpt/drude temp 300 300 100 1 20 iso $(v_target) $(v_target) 1000"


def only(lines: list[str], word: str) -> str:
    (line,) = (line for line in lines if word in line)
    return line


def test_fixed_charges_have_atoms_alone() -> None:
    assert motion_of(FIXED, SYSTEM) is ATOMS


def test_production() -> None:
    lines = production_script(ROOM, 10.0, 2.0, motion=MOTION).split("\n")
    assert lines[: len(MOTION.head())] == MOTION.head()
    assert "read_data system.data extra/special/per/atom 2" in lines
    assert "group atoms type 1:4" in lines
    # Bonds to hydrogen are rigid, those to particles, whose types follow, are not.
    held = " ".join(map(str, rigid_bonds(SYSTEM)))
    assert only(lines, " shake ") == f"fix rigid all shake 1e-6 50 0 b {held}"
    assert max(rigid_bonds(SYSTEM)) <= sum(term.kind == "bond" for term in SYSTEM.terms_of("MeOH"))
    # The particles swing faster than rigid bonds need.
    assert only(lines, "timestep") == "timestep 1.25"
    assert lines[-4:-2] == [PULL, "run 8000"]
    assert only(lines, "dump frames ") == "dump frames atoms custom 1600 frames.dump id xu yu zu"


def test_the_temperature_that_is_read_is_that_of_the_atoms() -> None:
    lines = MOTION.head()
    columns = only(lines, "thermo_style").split()[2:]
    assert "temp" not in columns
    assert (columns[2], columns[-1]) == ("c_drudes[1]", "c_drudes[2]")
    assert only(lines, "colname").endswith("c_drudes[1] Temp colname c_drudes[2] Drudes")


def test_the_course_of_a_liquid_is_that_of_atoms_alone() -> None:
    many_body = ManyBody(energy=0.01, pressure=400.0, volume=70.0), 200

    def course(motion: Motion) -> list[str]:
        script = equilibration_script(ROOM, 20.0, 5, *many_body, motion)
        words = [line.split()[0] for line in script.split("\n") if line]
        return [word for word in words if word in ("run", "velocity", "print", "write_dump")]

    assert course(MOTION) == course(ATOMS)
    lines = equilibration_script(ROOM, 20.0, 5, *many_body, MOTION).split("\n")
    first = lines.index("fix still atoms setforce 0 0 0")
    assert lines[first + 2] == "unfix still"
    assert "fix heat all langevin/drude 420 100 5 1 20 6" in lines
    assert "fix motion all tgnpt/drude temp 420 300 100 1 20 iso 2960.7698 1 1000" in lines
    assert f'run 3200 every 800 "{PULL}"' in lines


def test_gas() -> None:
    first = gas_equilibration_script(ROOM, 20.0, 7, MOTION).split("\n")
    later = gas_production_script(ROOM, 20.0, 7, 1, MOTION).split("\n")
    assert first.count("run 8000") == 2
    assert "run 16000" in later
    for lines in (first, later):
        assert "compute_modify thermo_temp extra/dof 0" in lines
        assert "compute_modify drudes extra/dof 0" in lines
        # SHAKE has to know all other forces.
        heat, motion = only(lines, "fix heat"), "fix motion all nve"
        rigid = only(lines, " shake ")
        assert lines.index(heat) < lines.index(motion) < lines.index(rigid)
    assert only(first, "langevin/drude") != only(later, "langevin/drude")


def test_bonds_that_vibrate_have_the_shorter_time_step() -> None:
    free = Conditions(300.0, 1.0)
    assert "timestep 1" in production_script(free, 1.0, motion=MOTION).split("\n")


@pytest.mark.parametrize("duration", [0.0, -1.0])
def test_bad_input(duration: float) -> None:
    with pytest.raises(ValueError, match="duration"):
        production_script(ROOM, duration, motion=MOTION)
