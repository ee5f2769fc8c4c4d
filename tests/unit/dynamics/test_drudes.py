"""Scripts for liquids with Drude particles."""

from aiida_forcefield.dynamics.conditions import Conditions, rigid_bonds
from aiida_forcefield.dynamics.drudes import (
    cold_barostat,
    polarizable_head,
    polarizable_npt_script,
)

from ...fields import build, polarizable

FORMS = "morse harmonic_angle threefold tang_toennies"


def test_a_leg_at_constant_pressure() -> None:
    system, fixed = build({"MeOH": "CO"}, FORMS, {"scale_14": (1.0, 1.0)})
    field = polarizable(fixed, system)
    conditions = Conditions(300.0, 1.01325, rigid_bonds(system))
    lines = polarizable_npt_script(field, system, conditions, 0.5, 7).splitlines()
    assert lines[: len(polarizable_head(field, system))] == polarizable_head(field, system)
    assert "read_data system.data extra/special/per/atom 2" in lines
    assert "group atoms type 1:4" in lines
    assert "comm_modify vel yes" in lines
    # Bonds to hydrogen are rigid, those to particles, whose types follow, are not.
    (shake,) = (line for line in lines if " shake " in line)
    assert shake.endswith(f" b {' '.join(map(str, rigid_bonds(system)))}")
    bonds = [term for term in system.terms_of("MeOH") if term.kind == "bond"]
    assert max(rigid_bonds(system)) <= len(bonds)
    # The last time step counts, as the particles swing faster than rigid bonds need.
    assert [line for line in lines if line.startswith("timestep")][-1] == "timestep 1"
    assert "run 500" in lines


def test_the_barostat_has_a_bath_for_the_particles() -> None:
    assert cold_barostat((400.0, 300.0), ("10", "1")) == (
        "fix motion all tgnpt/drude temp 400 300 100 1 20 iso 10 1 1000"
    )
