"""Pages that are written by scripts say what the sources say."""

import runpy
from pathlib import Path
from typing import get_args

from aiida_forcefield.runner.status import ADVICE, Status

DOCS = Path(__file__).parents[2] / "docs"


def test_page_of_outcomes_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "outcomes.py"))["page"]()
    assert page == (DOCS / "reference" / "outcomes.md").read_text()


def test_page_of_forms_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "forms.py"))["page"]()
    assert page == (DOCS / "reference" / "forms.md").read_text()


def test_each_failure_has_advice() -> None:
    assert {"ok", *ADVICE} == set(get_args(Status))
