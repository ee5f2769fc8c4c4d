"""Pages that are written by scripts say what the sources say."""

import runpy
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from aiida_forcefield.runner.engine import Declaration
from aiida_forcefield.runner.status import ADVICE, Status

DOCS = Path(__file__).parents[2] / "docs"


def test_page_of_outcomes_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "outcomes.py"))["page"]()
    assert page == (DOCS / "reference" / "outcomes.md").read_text()


def test_page_of_forms_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "forms.py"))["page"]()
    assert page == (DOCS / "reference" / "forms.md").read_text()


def test_table_of_engines_is_up_to_date() -> None:
    script = runpy.run_path(str(DOCS / "engines.py"))
    assert script["table"]() in (DOCS / "topics" / "engines.md").read_text()


def test_example_of_an_engine_runs() -> None:
    text = (DOCS / "how-to" / "add_an_engine.md").read_text()
    (example,) = (block for block in text.split("```") if "class Toy(Engine)" in block)
    names: dict[str, Any] = {"__package__": "aiida_forcefield.runner.engines"}
    exec(example.removeprefix("python\n"), names)
    declaration = names["DECLARATION"]
    assert isinstance(declaration, Declaration)
    engine = declaration.molecule(("H", "H"), 0, 1, {})
    assert "gradient" in engine.can
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.1]])
    energy, gradient = engine.evaluate(positions)
    assert energy == pytest.approx(0.005)
    assert gradient == pytest.approx(np.array([[0, 0, -0.1], [0, 0, 0.1]]))


def test_each_failure_has_advice() -> None:
    assert {"ok", *ADVICE} == set(get_args(Status))
