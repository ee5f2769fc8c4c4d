"""The page on how to add a residual: its code runs, and the residual is a right one."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aiida_forcefield.fitting import PHYSICAL, Settings
from aiida_forcefield.fitting.case import Case as FitCase
from aiida_forcefield.fitting.case import Models
from aiida_forcefield.potentials import Layout

from ..synthetic_fields import Case
from .test_fit import data, joint

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add_a_residual.md"


def test_the_page_says_what_works(methanol: Case) -> None:
    few = replace(methanol, molecules=methanol.molecules[:10], dimers=methanol.dimers[:30])
    points = joint(few, *data(few, noise=0.5))
    field = methanol.forcefield
    names: dict[str, Any] = {
        "system": methanol.system,
        "electrostatics": field.electrostatics,
        "data": points,
    }
    definition, use = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    exec(definition, names)

    settings = Settings()
    prior = PHYSICAL.prior(methanol.system, points.references, settings, settings.form_of_kind)
    assert [term.name for term in prior.terms] == [term.name for term in field.terms]
    layout = Layout.of(field, methanol.system)
    residual = names["RelativeInteraction"].of(
        FitCase(layout, points, settings, Models.of(layout, points))
    )
    values, jacobian = residual.evaluate(field.vector)
    assert len(residual.rows.points) == len(values) == 30
    for i, parameter in enumerate(field.vector):
        shift = np.zeros(len(field.vector))
        shift[i] = 1e-6 * max(abs(parameter), 0.1)
        up, down = (residual.evaluate(field.vector + s)[0] for s in (shift, -shift))
        expected = (up - down) / (2 * shift[i])
        np.testing.assert_allclose(jacobian[:, i], expected, rtol=1e-4, atol=1e-5)

    exec(use, names)
    error = names["found"].diagnostics.total("relative_interaction")
    assert 0 < error.fitted < error.prior
