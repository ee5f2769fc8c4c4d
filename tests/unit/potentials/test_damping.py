import numpy as np
import pytest

from aiida_forcefield.fitting.priors.dispersion import c8_over_c6
from aiida_forcefield.potentials.export.damping import write_damping
from aiida_forcefield.potentials.forms import TANG_TOENNIES
from aiida_forcefield.units import KCAL_PER_MOL

from ...fields import FIELDS, build


def test_table_is_what_the_undamped_form_lacks() -> None:
    system, field = build(*FIELDS["water and methanol"])
    sections = write_damping(field, system, cutoff=8.0).split("tang-")[1:]
    assert len(sections) == 21
    rows = [line.split() for line in sections[3].splitlines()[3:] if line]
    r, energy, force = np.array(rows, dtype=float)[:, 1:].T
    assert (r[0], r[-1]) == (0.4, 8.0)
    p = field.pair("water:O1", "MeOH:O1")
    undamped = p["A"] * np.exp(-r / p["rho"]) - p["C6"] / r**6 - p["C8"] / r**8
    form = TANG_TOENNIES.evaluate(r, np.array(list(p.values())))
    lacking = (form.energy - undamped) / KCAL_PER_MOL
    np.testing.assert_allclose(energy, lacking, rtol=1e-7, atol=1e-11)
    outer = r > 2
    slope = np.gradient(energy, r)[outer]
    np.testing.assert_allclose(force[outer][:-1], -slope[:-1], rtol=1e-3, atol=1e-9)


def test_other_forms_need_no_table() -> None:
    system, field = build(*FIELDS["exp6"])
    assert write_damping(field, system) == ""


def test_c8_of_elements_beyond_the_table_is_refused() -> None:
    assert c8_over_c6("C") == pytest.approx(3 * (3.1049 * 0.529177) ** 2, rel=1e-5)
    with pytest.raises(ValueError, match="Fr: C8 is known up to radon"):
        c8_over_c6("Fr")
